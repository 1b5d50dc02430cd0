"""The rows that a run keeps of its files, of which there may be several."""

from collections.abc import Sequence
from dataclasses import replace
from math import isclose
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import alternatives
from iqa_cli.output.resume import places_of, read_kept
from iqa_cli.output.row_formats import ROW_FORMATS
from iqa_cli.output.rows import Columns
from iqa_cli.output.target import Target
from iqa_cli.records import LABELS, Job, Record, Score


def kept_rows(targets: Sequence[Target], columns: Columns, jobs: Sequence[Job] = ()) -> list[Record]:
    """The rows of earlier runs that need no second one, each once, from all files that hold some.

    A kill may leave one file a row ahead of another, so they need not hold the same rows; but what two of them hold
    must be the same. Details come from the files that have them. Each file's rows are under the labels that `jobs`,
    where they are known, have now (`relabelled`): a file that an earlier run left out still has the old ones.

    Raises:
        UsageError: no file takes rows that can be read again; one is no output of this run (see `read_kept`); or two
            of them differ in a score.
    """
    files = [(target.path, target.format) for target in targets if target.path is not None and target.resumable]
    if not files:
        suffixes = alternatives([format.suffix for format in ROW_FORMATS.values() if format.reader])
        raise UsageError(f"--resume needs -o FILE{suffixes}: it reads the rows of an earlier run there")
    kept: list[tuple[Path, Record]] = []
    for path, format in sorted(files, key=lambda file: not ROW_FORMATS[file[1]].details):
        records = relabelled(read_kept(path, format, columns), jobs)
        places = places_of([record.job for record in records], [record.job for _, record in kept])
        for record, place in zip(records, places, strict=True):
            if place is None:
                kept.append((path, record))
            else:
                _check_same(*kept[place], path, record)
    return [record for _, record in kept]


def relabelled(kept: Sequence[Record], jobs: Sequence[Job]) -> Sequence[Record]:
    """The rows, in order; one that no job asks for gets the labels of a job that it differs from in these alone.

    Without that a corrected label would make a second row of its image, beside the wrong one. With another cell in any
    other column, such as an id or a method, it is another row, which stays. Files that several jobs are for, on
    purpose, keep a row for each.
    """
    places = places_of(jobs, [record.job for record in kept])
    lacking = [job for job, place in zip(jobs, places, strict=True) if place is None]
    stale = sorted(set(range(len(kept))).difference(places))
    if not (lacking and stale):
        return kept
    rows = list(kept)
    found = places_of([_unlabelled(job) for job in lacking], [_unlabelled(kept[place].job) for place in stale])
    for job, place in zip(lacking, found, strict=True):
        if place is not None:
            rows[stale[place]] = replace(kept[stale[place]], job=job)
    return rows


def _unlabelled(job: Job) -> Job:
    return replace(job, extra={name: cell for name, cell in job.extra.items() if name not in LABELS})


def _check_same(path: Path, record: Record, other_path: Path, other: Record) -> None:
    for model, score in record.scores.items():
        if not _same(score, other.scores[model]):
            raise UsageError(
                f"{path} and {other_path} differ on {record.job.image}: {model} {score.value} and "
                f"{other.scores[model].value}; name one of them alone, or --overwrite both"
            )


def _same(one: Score, other: Score) -> bool:
    if one.value is None or other.value is None:
        return one.value is other.value and one.status == other.status
    return isclose(one.value, other.value, rel_tol=1e-9)

"""Which rows of an earlier run can be kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.csv_text import as_number
from iqa_cli.ground.wording import alternatives
from iqa_cli.output.left_rows import has_rows
from iqa_cli.output.row_formats import ROW_FORMATS
from iqa_cli.output.rows import Columns, flaws_column
from iqa_cli.output.run_facts import check_columns
from iqa_cli.records import Job, Record, Score


def job_key(job: Job, told: Callable[[str], str] = as_number) -> tuple:
    """What makes two jobs the same to `--resume`: reference, image and manifest columns, as the user gave them.

    Numbers in these columns are equal as numbers: who opens the file in pandas and saves it turns 5 into 5.0.
    """
    return job.reference, job.image, *sorted((name, told(str(cell))) for name, cell in job.extra.items())


_text_key = partial(job_key, told=str)


def places_of(jobs: Sequence[Job], rows: Sequence[Job]) -> list[int | None]:
    """The place among `rows` of each job, None where it has none; of a job that is given twice each row stands for one.

    First each job finds the row of its very text, so that ids 01 and 1 keep apart; what is left goes by `job_key`.
    """
    found: list[int | None] = [None] * len(jobs)
    without, left = list(range(len(jobs))), list(range(len(rows)))
    for key in (_text_key, job_key):
        if not (without and left):
            break
        by_key: dict[tuple, list[int]] = {}
        for place in reversed(left):  # the first of several is taken first
            by_key.setdefault(key(rows[place]), []).append(place)
        for number in without:
            if places := by_key.get(key(jobs[number])):
                found[number] = places.pop()
        without = [number for number in without if found[number] is None]
        left = sorted(place for places in by_key.values() for place in places)
    return found


def remaining(jobs: Iterable[Job], kept: Iterable[Record]) -> Iterator[Job]:
    """The jobs that have no row among `kept`, see `places_of`.

    Where they are no sequence, but arrive one by one, none waits for another: the first takes a row of an equal number.
    """
    rows = [record.job for record in kept]
    if isinstance(jobs, Sequence):
        yield from (job for job, place in zip(jobs, places_of(jobs, rows), strict=True) if place is None)
        return
    done = Counter(map(job_key, rows))
    for job in jobs:
        if done[job_key(job)]:
            done[job_key(job)] -= 1
        else:
            yield job


def by_jobs(records: Sequence[Record], jobs: Sequence[Job]) -> Iterator[Record]:
    """The records in the order of their jobs, as `places_of` finds them."""
    places = places_of(jobs, [record.job for record in records])
    yield from (records[place] for place in places if place is not None)


def read_kept(path: Path, format: str, columns: Columns) -> list[Record]:
    """The rows of `path` that need no second run, as records; none when there is no such file.

    Rows that failed or lack a score, which others may have emptied, and a last row cut short by a kill are left out,
    so that they are scored again.
    Raises UsageError when the format cannot be resumed, when the file is no output of `iqa`, or
    when it was written with other models, manifest columns, luma or crop_border than this run's.
    """
    if not ROW_FORMATS[format].reader:
        readable = [known.name for known in ROW_FORMATS.values() if known.reader]
        raise UsageError(f"a {format} cannot be resumed: use --format {alternatives(readable)}")
    if not has_rows(path, format):
        return []
    try:
        rows = ROW_FORMATS[format].load("reader")(path)
        for row in rows:
            _check_same_run(path, row, columns)
        scored = [record_of(row, columns) for row in rows if row["status"] == "ok"]
        return [record for record in scored if all(record.number(model) is not None for model in columns.models)]
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # no rows, or not as we write them
        raise _foreign(path) from error


def _foreign(path: Path) -> UsageError:
    return UsageError(f"{path}: not an output of iqa that can be resumed; remove it or choose another FILE")


def _check_same_run(path: Path, row: Mapping[str, Any], columns: Columns) -> None:
    if not isinstance(row, dict):
        raise _foreign(path)
    names = tuple(name for name in row if name != "details")
    # Without known manifest columns, whatever stands between the paths and the models is theirs.
    extra = columns.extra if columns.extra is not None else names[len(columns.head) : -len(columns.tail)]
    check_columns(path, names, (*columns.head, *extra, *columns.tail))
    for name, value in columns.constants.items():
        if str(row[name]) != str(value):
            raise UsageError(
                f"{path}: was written with {name} {row[name]}, but this run has {name} {value}; "
                "use the same option, choose another FILE, or --overwrite this one"
            )


def record_of(row: Mapping[str, Any], columns: Columns) -> Record:
    """A row as the record that it was; of a format without details as much of it as its columns tell."""
    *reference, image = (row[name] for name in columns.head)
    fixed = {*columns.head, *columns.tail, "details"}
    notes, error = row["notes"], row["error"] or None
    scores = {model: _score(row[model], _details(row, model, columns)) for model in columns.models}
    if error is not None:  # of what could not be decoded no model says anything
        told = row.get("details", {})
        scores = {model: score for model, score in scores.items() if model in told or row[model] not in (None, "")}
    return Record(
        job=Job(
            image=image,
            reference=(reference[0] or None) if reference else None,
            extra={name: _text(name, cell, columns) for name, cell in row.items() if name not in fixed},
        ),
        scores=scores,
        error=error,
        notes=tuple(notes.split("; ") if isinstance(notes, str) and notes else notes or ()),
    )


def _text(name: str, cell: Any, columns: Columns) -> Any:
    """A cell as a job has it: a number that JSON or Parquet tells is text there, of thousandths."""
    if name not in columns.numbers:
        return cell
    return "" if cell in (None, "") else f"{float(cell):.3f}"


def _details(row: Mapping[str, Any], model: str, columns: Columns) -> Mapping[str, Any]:
    """What a row tells of a score; of flaws a format without details has the words alone."""
    details = row.get("details", {}).get(model, {})
    words = row[flaws_column(model)] if model in columns.explained else None
    return {**details, "explanation": {"words": words}} if words and "explanation" not in details else details


def _score(cell: str | float | None, details: Mapping[str, Any]) -> Score:
    value = None if cell in (None, "") else float(cell)
    infinite = value == float("inf")
    status = details.get("status", "infinite" if infinite else "ok")
    return Score(None if infinite else value, status, {k: v for k, v in details.items() if k != "status"})

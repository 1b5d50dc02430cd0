"""The rows of an earlier run: read from any of its files, and which of them belongs to which image now."""

import math
import os
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath

from iqa_cli.errors import UsageError
from iqa_cli.gate.alike import run_facts
from iqa_cli.ground.filenames import path_parts
from iqa_cli.ground.json_text import json_value
from iqa_cli.ground.picture_formats import IMAGE_SUFFIXES
from iqa_cli.parts.scored_rows import read_scored_rows
from iqa_cli.records import Job

Place = tuple[str, ...]


@dataclass(frozen=True)
class Baseline:
    """Scores of an earlier run.

    Attributes:
        path: its file, or its folder of parts, as it was given.
        jobs: what was scored, one a row.
        scores: by model, one a row; infinite where it was, None where there is none.
        facts: how the models scored, by model and then by fact, as far as the file or one beside it tells.
    """

    path: str
    jobs: Sequence[Job]
    scores: Mapping[str, Sequence[float | None]]
    facts: Mapping[str, Mapping[str, str]]


def read_baseline(name: str | os.PathLike[str], models: Sequence[str]) -> Baseline:
    """The rows that `iqa score` wrote to a file of CSV, JSON, JSONL or Parquet, or to a folder of parts.

    Args:
        name: the file or the folder, which may be a URL.
        models: of this run. One that the file has no scores of is left out.

    Raises:
        UsageError: the file cannot be read, is no output of iqa, or has scores of none of the models.
    """
    path = os.fspath(name)
    try:
        scored = read_scored_rows(path, "baseline")
    except UsageError:
        _check_no_facts(path)
        raise
    rows = scored.rows
    image = next((name for name in ("distorted", "image") if name in scored.columns), None)
    known = [model for model in models if model in scored.columns]
    if image is None or not known:
        _check_no_facts(path)
        lacks = f"no scores of {', '.join(models)}" if image else "no column image or distorted"
        raise UsageError(
            f"--baseline {path}: has {lacks}, but {', '.join(scored.columns)}; give an output of iqa score"
        )
    scores = {model: [_score(row, model, path) for row in rows] for model in known}
    jobs = [Job(row[image], row.get("reference") or None) for row in rows]
    return Baseline(path, jobs, scores, run_facts(scored, known))


def _check_no_facts(path: str) -> None:
    """Raises UsageError for what tells of a run and is not its rows: a report, or the file beside the rows."""
    file = Path(path)
    if not file.is_file():  # a pipe has been read
        return
    try:
        document = json_value(file.read_bytes())
    except (OSError, ValueError):
        return
    if not isinstance(document, dict):
        return
    if "iqa_summary" in document:
        raise UsageError(f"--baseline {path}: is a report, of --report; give the output of iqa score, of -o FILE")
    if document.keys() >= {"format", "facts", "runs"}:
        rows = file.with_name(str(document.get("rows")))
        raise UsageError(f"--baseline {path}: is the file that tells of a run; give its rows, {rows}")


def rows_of(jobs: Sequence[Job], baseline: Baseline) -> list[int | None]:
    """The row of the baseline that each job had, None where it had none.

    Images are the same by their paths or, where no path of the one is among the other's, by their paths below the
    folder that all of each run share: results may lie elsewhere, or be called from elsewhere. Of that folder as much
    belongs to the paths as makes an image the same, for one run may be over a part of the other's folders. Where an
    image is named more than once, its references count, too, and then the order. What is left is the same without the
    suffix (results that are PNG now and were JPEG) where only one image of either run has that name.
    """
    now, before = _alike([job.image for job in jobs], [job.image for job in baseline.jobs])
    if len(set(now)) < len(now) or len(set(before)) < len(before):
        own, theirs = _alike([job.reference or "" for job in jobs], [job.reference or "" for job in baseline.jobs])
        keys = _numbered(list(zip(now, own, strict=True))), _numbered(list(zip(before, theirs, strict=True)))
    else:
        keys = _numbered(now), _numbered(before)
    row = {key: number for number, key in enumerate(keys[1])}
    return _by_stem([row.get(key) for key in keys[0]], now, before)


def check_shared(jobs: Sequence[Job], baseline: Baseline) -> None:
    """Raises UsageError where the earlier run had none of the images, no score of them, or it is open which it had."""
    if _is_open(*([path_parts(job.image) for job in some] for some in (jobs, baseline.jobs))):
        raise UsageError(
            f"--baseline {baseline.path}: has images of these names in several folders, and which are meant is open; "
            "score all that it holds, or give a baseline of this folder alone"
        )
    rows = [row for row in rows_of(jobs, baseline) if row is not None]
    for model, scores in baseline.scores.items():
        if rows and all(scores[row] is None for row in rows):
            raise UsageError(
                f"--baseline {baseline.path}: has no score of {model} for any of these images; "
                "give the scores of a run that had some"
            )
    if jobs and not rows:
        theirs = baseline.jobs[0].image if baseline.jobs else "no image"
        raise UsageError(
            f"--baseline {baseline.path}: has none of these images ({jobs[0].image}, ...), but {theirs}, ...; "
            "give the scores of the same images"
        )


def _score(row: Mapping[str, str], model: str, path: str) -> float | None:
    if not row[model]:
        return None
    try:
        score = float(row[model])
    except ValueError as error:
        raise UsageError(
            f"--baseline {path}: {row[model]!r} under {model} is no score; give an output of iqa score"
        ) from error
    return score if math.isfinite(score) or score == math.inf else None


def _alike(now: Sequence[str], before: Sequence[str]) -> tuple[list[Place], list[Place]]:
    """The paths of two runs in full where they share one, else below the folders that differ; see `rows_of`."""
    places = [path_parts(path) for path in now], [path_parts(path) for path in before]
    cut = next((cut for cut, same in _cuts(*places) if same), None) or tuple(map(_shared_folders, places))
    return _below(places[0], cut[0]), _below(places[1], cut[1])


def _cuts(now: Sequence[Place], before: Sequence[Place]) -> Iterator[tuple[tuple[int, int], int]]:
    """How many folders to leave out of the paths of either run, and how many images are the same then; fewest first."""
    stems = [[_stem(place) for place in some] for some in (now, before)]
    shared = _shared_folders(now), _shared_folders(before)
    cuts = [(0, 0)]
    # A folder that one run is in may be one of those in the other: it tells night/a.png from a.png.
    inner = [{stem[cut] for stem in some} for some, cut in zip(stems, shared, strict=True)]
    for kept in range(max(shared), 0, -1):
        if kept <= shared[0] and stems[0][0][shared[0] - kept] in inner[1]:
            cuts.append((shared[0] - kept, shared[1]))
        if kept <= shared[1] and stems[1][0][shared[1] - kept] in inner[0]:
            cuts.append((shared[0], shared[1] - kept))
    for own, theirs in (*cuts, shared):
        known = {stem[theirs:] for stem in stems[1]}
        yield (own, theirs), sum(stem[own:] in known for stem in stems[0])


def _is_open(now: Sequence[Place], before: Sequence[Place]) -> bool:
    """Whether more images are the same by fewer folders than by as many as make the first the same."""
    ways = ((cut, same) for cut, same in _cuts(now, before) if same)
    cut, taken = next(ways, ((0, 0), 0))
    # Paths in full leave nothing open.
    return any(cut) and any(same > taken for _, same in ways)


def _shared_folders(places: Sequence[Place]) -> int:
    folders = zip(*(place[:-1] for place in places), strict=False)
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, folders))


def _below(places: Sequence[Place], folders: int) -> list[Place]:
    return [place[folders:] for place in places]


def _by_stem(rows: Sequence[int | None], now: Sequence[Place], before: Sequence[Place]) -> list[int | None]:
    """The rows, and for jobs without one that of the same name but for the suffix."""
    own, theirs = ([_stem(place) for place in some] for some in (now, before))
    alone_now, alone_before = ({stem for stem, times in Counter(some).items() if times == 1} for some in (own, theirs))
    taken, alone = set(rows), alone_before & alone_now
    free = {stem: row for row, stem in enumerate(theirs) if row not in taken and stem in alone}
    return [free.get(stem) if row is None else row for row, stem in zip(rows, own, strict=True)]


def _stem(place: Place) -> Place:
    name = PurePosixPath(place[-1])
    return (*place[:-1], name.stem) if name.suffix.lower() in IMAGE_SUFFIXES else place


def _numbered(keys: Sequence[Hashable]) -> list[tuple[Hashable, int]]:
    """Each key with how often it came before."""
    seen: Counter[Hashable] = Counter()
    numbered = []
    for key in keys:
        numbered.append((key, seen[key]))
        seen[key] += 1
    return numbered

"""Rows of a shard that are there already, and which of them still count: of whole files, and of images as they are."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.output import ROW_FORMATS, Columns, job_key
from iqa_cli.output.resume import record_of
from iqa_cli.parts.part_files import read_told
from iqa_cli.parts.part_names import ROWS, Part
from iqa_cli.parts.part_run import ELSEWHERE
from iqa_cli.parts.shards import full_key, names_digest
from iqa_cli.records import Job, Record
from iqa_cli.references.contents import container_of
from iqa_cli.storage.access import named
from iqa_cli.storage.folder import Entry, Folder
from iqa_cli.storage.names import is_url, tar_parts


@dataclass(frozen=True)
class RowsThere:
    """What is there of a shard.

    Attributes:
        kept: a row for each job that has one which counts, in no order.
        changed: how many jobs have a row that counts no more, as their images have changed since.
        remarks: what a person should hear of it.
    """

    kept: Sequence[Record]
    changed: int
    remarks: Sequence[str]


def rows_there(folder: Folder, part: Part, jobs: Sequence[Job], columns: Columns, again: bool) -> RowsThere:
    """The rows of a shard in its part, else in its chunks and then in older parts; of each job once.

    Args:
        folder: of the parts.
        part: what the shard is to have in the end.
        jobs: of the shard.
        columns: of the rows.
        again: leave out rows that failed.

    Raises:
        UsageError: a file cannot be read, or the part has rows of other files, see `stands`.
    """
    wanted, by_key, clock = Counter(map(job_key, jobs)), {job_key(job): job for job in jobs}, Clock()
    kept, changed, remarks = list[Record](), set[tuple](), list[str]()
    for name, entry in _sources(folder, part):
        own = Part.parse(name)
        told = read_told(folder, own) or {} if own is not None else {}
        if not is_whole(told, entry):
            size = f"has {entry.size} bytes of the {told['bytes']} that were written"
            remarks.append(f"{folder.called(name)}: damaged, it {size}; its images are scored anew")
            continue
        if own == part:
            _check_names(folder, part, told, jobs, columns)
        since = _since(told, entry)
        for record in _records(folder, name, columns):
            key = job_key(record.job)
            if not wanted[key] or (again and record.error is not None):
                continue
            if clock.newer(by_key[key], since):
                changed.add(key)
                continue
            wanted[key] -= 1
            kept.append(record)
    return RowsThere(kept, sum(wanted[key] for key in changed), remarks)


def _check_names(folder: Folder, part: Part, told: Mapping[str, Any], jobs: Sequence[Job], columns: Columns) -> None:
    """See to it that the rows of a part are of its jobs, not of files that are called alike below another folder.

    Where nothing is told of names the rows are read. Raises UsageError as `stands`.
    """
    if told.get("names") == names_digest(jobs):
        return
    for record, job in zip(_records(folder, part.name, columns), jobs, strict=False):
        if full_key(record.job) != full_key(job):
            was, now = next(both for both in zip(record.job.files, job.files, strict=False) if both[0] != both[1])
            raise UsageError(
                f"{folder.called(part.name)}: has a row of {was}, now {now}: give the same paths, {ELSEWHERE}"
            )


def stands(
    folder: Folder, part: Part, told: Mapping[str, Any], entry: Entry | None, jobs: Sequence[Job], columns: Columns
) -> bool:
    """Whether a part is as it was written, and none of its images has changed since.

    Args:
        folder: of the parts.
        part: which is there.
        told: what is told of it.
        entry: its file.
        jobs: of the shard.
        columns: of the rows.

    Raises:
        UsageError: its rows are another folder's, or the same folder's under another path.
    """
    _check_names(folder, part, told, jobs, columns)
    clock, since = Clock(), _since(told, entry)
    return is_whole(told, entry) and not any(clock.newer(job, since) for job in jobs)


def is_whole(told: Mapping[str, Any], entry: Entry | None) -> bool:
    """Whether a file has as many bytes as were written; one of which that is not told has."""
    return entry is not None and told.get("bytes", entry.size) == entry.size


class Clock:
    """Tells which images are newer than their rows, with one look at each file."""

    def __init__(self) -> None:
        self._known: dict[str, float | None] = {}

    def newer(self, job: Job, since: float | None) -> bool:
        """Whether a file of a job, or the one that holds it, was modified after a time; at a URL nothing is asked."""
        return since is not None and any((self._modified(name) or since) > since for name in job.files)

    def _modified(self, name: str) -> float | None:
        if is_url(name):
            return None
        parts = tar_parts(name)
        file = parts[0] if parts else container_of(named(name)[0])
        if file not in self._known:
            try:
                self._known[file] = os.stat(file).st_mtime  # noqa: PTH116 (names stay strings)
            except (OSError, ValueError):
                self._known[file] = None
        return self._known[file]


def _since(told: Mapping[str, Any], entry: Entry | None) -> float | None:
    """When the run began that has looked at the images of a file of rows; else when that was written."""
    try:
        return datetime.fromisoformat(told["started"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None if entry is None else entry.modified


def _sources(folder: Folder, part: Part) -> Iterator[tuple[str, Entry]]:
    there = folder.entries()
    older = [name for name in there if part.replaces(Part.parse(name))]
    chunks = {name: entry for name, entry in folder.entries(ROWS).items() if part.has_chunk(name)}
    own = [part.name] if part.name in there else []
    yield from [(name, there[name]) for name in own]
    yield from chunks.items()
    yield from [(name, there[name]) for name in older]


def _records(folder: Folder, name: str, columns: Columns) -> list[Record]:
    data = folder.read(name)
    if data is None:  # another process has made a part of it, or a newer one
        return []
    format = "jsonl" if name.endswith(ROW_FORMATS["jsonl"].suffix) else "parquet"
    try:
        return [record_of(row, columns) for row in ROW_FORMATS[format].load("decoder")(data, name)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{folder.called(name)}: no rows of ours; remove it and run again") from error

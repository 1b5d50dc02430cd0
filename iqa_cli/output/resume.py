"""Which rows of an earlier run can be kept."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.output.rows import Columns
from iqa_cli.records import Job, Record, Score


def job_key(job: Job) -> tuple:
    """What makes two jobs the same to `--resume`: reference, image and manifest columns, as the user gave them."""
    return job.reference, job.image, *sorted((name, str(cell)) for name, cell in job.extra.items())


def remaining(jobs: Iterable[Job], kept: Iterable[Record]) -> Iterator[Job]:
    """The jobs that have no row among `kept`; of a job given twice, each row stands for one."""
    done = Counter(job_key(record.job) for record in kept)
    for job in jobs:
        if done[job_key(job)]:
            done[job_key(job)] -= 1
        else:
            yield job


def read_kept(path: Path, format: str, columns: Columns) -> list[Record]:
    """The rows of `path` that need no second run, as records; none when there is no such file.

    Rows that failed and a last row cut short by a kill are left out, so that they are scored again.
    Raises UsageError when the format cannot be resumed, when the file is no output of `iqa`, or
    when it was written with other models, manifest columns, luma or crop_border than this run's.
    """
    if format == "table":
        raise UsageError("a table cannot be resumed: use --format csv, json, jsonl or parquet")
    if not path.is_file() or path.stat().st_size == 0:
        return []
    rows = _read_rows(path, format)
    for row in rows:
        _check_same_run(path, row, columns)
    try:
        return [_record(row, columns) for row in rows if row["status"] == "ok"]
    except ValueError as error:  # a cell that is no number
        raise _foreign(path) from error


def _read_rows(path: Path, format: str) -> list[dict[str, Any]]:
    if format == "parquet":
        from iqa_cli.output.parquet import read_rows

        return read_rows(path)
    return {"csv": _csv_rows, "json": _json_rows, "jsonl": _jsonl_rows}[format](path)


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
        lines = stream.readlines()
    reader = csv.reader(line for line in lines if line.endswith("\n"))  # only the last can lack its end
    header = next(reader, [])
    return [dict(zip(header, row, strict=True)) for row in reader if len(row) == len(header)]


def _jsonl_rows(path: Path) -> list[dict[str, Any]]:
    *lines, _cut_short = path.read_text(encoding="utf-8", errors="replace").split("\n")
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise _foreign(path) from error


def _json_rows(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8", errors="replace")
    # A kill leaves the brackets open, after a whole row or in the middle of one; a row is a line.
    without_last_line = text.rpartition("\n")[0].rstrip(",")
    for candidate in (text, text + "]}", without_last_line + "]}"):
        try:
            return list(json.loads(candidate)["rows"])
        except (ValueError, KeyError, TypeError):
            continue
    raise _foreign(path)


def _foreign(path: Path) -> UsageError:
    return UsageError(f"{path}: not an output of iqa that can be resumed; remove it or choose another FILE")


def _check_same_run(path: Path, row: Mapping[str, Any], columns: Columns) -> None:
    if not isinstance(row, dict):
        raise _foreign(path)
    names = tuple(name for name in row if name != "details")
    # Without known manifest columns, whatever stands between the paths and the models is theirs.
    extra = columns.extra if columns.extra is not None else names[len(columns.head) : -len(columns.tail)]
    expected = (*columns.head, *extra, *columns.tail)
    if names != expected:
        raise UsageError(
            f"{path}: has the columns {', '.join(names)}, but this run writes {', '.join(expected)}; "
            "ask for the same models and manifest columns, or choose another FILE"
        )
    for name, value in columns.constants.items():
        if str(row[name]) != str(value):
            raise UsageError(
                f"{path}: was written with {name} {row[name]}, but this run has {name} {value}; "
                "use the same option, or choose another FILE"
            )


def _record(row: Mapping[str, Any], columns: Columns) -> Record:
    *reference, image = (row[name] for name in columns.head)
    fixed = {*columns.head, *columns.tail, "details"}
    notes = row["notes"]
    return Record(
        job=Job(
            image=image,
            reference=(reference[0] or None) if reference else None,
            extra={name: cell for name, cell in row.items() if name not in fixed},
        ),
        scores={model: _score(row[model], row.get("details", {}).get(model, {})) for model in columns.models},
        notes=tuple(notes.split("; ") if isinstance(notes, str) and notes else notes),
    )


def _score(cell: str | float | None, details: Mapping[str, Any]) -> Score:
    value = None if cell in (None, "") else float(cell)
    infinite = value == float("inf")
    status = details.get("status", "infinite" if infinite else "ok")
    return Score(None if infinite else value, status, {k: v for k, v in details.items() if k != "status"})

"""Rows of scores that are there already, by the method whose images they are of."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf, isnan
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.box import Box
from iqa_cli.ground.json_text import json_value
from iqa_cli.ground.wording import first_few
from iqa_cli.parts.scored_rows import ScoredRows, read_scored_rows
from iqa_cli.plan.areas import BOX, MASK
from iqa_cli.plan.methods import IMAGE, METHOD
from iqa_cli.records import Job, Record, Score
from iqa_cli.storage.names import is_url


@dataclass(frozen=True)
class MethodRows:
    """The rows of one method, of a file or a folder that may have those of others, too."""

    name: str
    scored: ScoredRows
    rows: Sequence[Mapping[str, str]]

    @property
    def named(self) -> bool:
        """Whether the rows themselves say which image each is of, as those of a comparison do."""
        return has_methods(self.scored)


def read_methods(values: Sequence[str]) -> list[MethodRows]:
    """The methods of all files.

    Args:
        values: each a file of rows or a folder of parts, `PATH` or `NAME=PATH` to say what its method is called; else
            that is called as the file or the folder. Rows of `iqa compare` bring the names of several methods.

    Raises:
        UsageError: one cannot be read, is no output of iqa, or two methods have one name.
        MissingExtraError: an extra would read it.
    """
    found = [method for value in values for method in _methods_of(*_parted(value))]
    twice = [name for name, count in Counter(method.name for method in found).items() if count > 1 or not name]
    if twice:
        raise UsageError(f"two methods called {twice[0]!r}, or without a name: give each its own, --scores NAME=FILE")
    return found


def has_methods(scored: ScoredRows) -> bool:
    """Whether rows say of which method and of which image they are."""
    return METHOD in scored.columns and IMAGE in scored.columns


def record_of(row: Mapping[str, str], job: Job, models: Sequence[str], name: str) -> Record:
    """A row of text as the record that it was. Raises UsageError, naming its file, for a score that is no number."""
    details = _parsed(row.get("details")) or {}
    notes = row.get("notes", "")
    told = _parsed(notes) if notes.startswith("[") else notes.split("; ")
    scores = {model: _score(row[model], details.get(model) or {}, f"{name}: {job.image}: {model}") for model in models}
    return Record(job, scores, row.get("error") or None, tuple(note for note in told or () if note))


def job_of(row: Mapping[str, str], method: str, image: str) -> Job:
    """The job whose row it was; a mask and a box are in its columns."""
    areas = {name: row[name] for name in (MASK, BOX) if row.get(name)}
    file = row.get("distorted") or row.get("image", "")
    box = Box.parse(areas[BOX]) if BOX in areas else None
    return Job(file, row.get("reference") or None, {METHOD: method, IMAGE: image, **areas}, areas.get(MASK), box)


def _methods_of(name: str | None, path: str) -> Iterator[MethodRows]:
    scored = read_scored_rows(path)
    if not {"image", "distorted"} & set(scored.columns):
        has = first_few(scored.columns, limit=12)
        raise UsageError(f"{path}: no column image or distorted, only {has}; give rows of iqa score or iqa compare")
    if not scored.rows:
        raise UsageError(f"{path}: has no rows of scores; leave it out, or score its images first")
    if not has_methods(scored):
        yield MethodRows(name or _called(path), scored, scored.rows)
        return
    methods = list(dict.fromkeys(row[METHOD] for row in scored.rows))
    if name is not None and len(methods) > 1:
        raise UsageError(f"{path}: has rows of several methods, {first_few(methods)}: leave out {name}=")
    for method in methods:
        yield MethodRows(name or method, scored, [row for row in scored.rows if row[METHOD] == method])


def _parted(value: str) -> tuple[str | None, str]:
    """The name that is given to a method, None where none is, and the path."""
    name, equals, path = value.partition("=")
    if not equals or is_url(value) or Path(value).exists():
        return None, value
    if not (name.strip() and path):
        raise UsageError(f"--scores {value}: write NAME=FILE, for example --scores ours=ours.csv")
    return name.strip(), path


def _called(path: str) -> str:
    last = path.rstrip("/").replace("\\", "/").rpartition("/")[2]
    return last if path.endswith("/") or Path(path).is_dir() else last.rpartition(".")[0] or last


def _score(cell: str, details: Mapping[str, Any], where: str) -> Score:
    told = {name: value for name, value in details.items() if name != "status"}
    try:
        value = float(cell) if cell.strip() else None
    except ValueError as error:
        raise UsageError(f"{where}: {cell!r} is no score; give rows of iqa score or iqa compare") from error
    if value is None or isnan(value):
        return Score(None, details.get("status", "error"), told)
    return Score(None, "infinite", told) if isinf(value) else Score(value, details.get("status", "ok"), told)


def _parsed(text: str | None) -> Any:
    try:
        return json_value(text) if text else None
    except ValueError:
        return None

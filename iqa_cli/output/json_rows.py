"""Rows as JSON and JSON Lines: each is on its way as soon as it is written.

`stream` may be exchanged between two rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from iqa_cli.ground.json_text import json_value
from iqa_cli.ground.reading import decoded
from iqa_cli.output.row_formats import ODD_NAMES
from iqa_cli.output.rows import Columns, nested_row, strict
from iqa_cli.records import ModelInfo, Record


class JsonlWriter:
    """One JSON object a line, all of the same shape: there is no line of metadata."""

    def __init__(self, stream: TextIO, columns: Columns, meta: Mapping[str, Any], models: Sequence[ModelInfo]):
        self.stream = stream
        self._columns = columns

    def write(self, record: Record) -> None:
        """Write one line."""
        self.stream.write(_dumps(nested_row(record, self._columns)) + "\n")
        self.stream.flush()

    def finish(self) -> None:
        """A stream of lines is complete at any time."""


class JsonWriter:
    """One object, `{"meta": {...}, "rows": [...]}`, with a row a line; `finish` makes it whole.

    `conclusion` has further members of the object, known only after the rows.
    """

    def __init__(self, stream: TextIO, columns: Columns, meta: Mapping[str, Any], models: Sequence[ModelInfo]):
        self.stream = stream
        self._columns = columns
        self._separator = "\n"
        self.conclusion: dict[str, Any] = {}
        self._put(f'{{"meta": {_dumps(strict(meta))}, "rows": [')

    def write(self, record: Record) -> None:
        """Write one element of `rows`."""
        self._put(self._separator + _dumps(nested_row(record, self._columns)))
        self._separator = ",\n"

    def cut_short(self) -> None:
        """A member says that rows are missing."""
        self.conclusion["interrupted"] = True

    def finish(self) -> None:
        """Close the brackets."""
        # On a line of its own, which `--resume` can drop when a kill has cut it short.
        members = [f"{_dumps(name)}: {_dumps(strict(value))}" for name, value in self.conclusion.items()]
        self._put("\n]" + "".join(f", {member}" for member in members) + "}\n")

    def _put(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _dumps(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def encode_lines(records: Iterable[Record], columns: Columns, meta: Mapping[str, Any]) -> bytes:
    """The bytes of a whole file of JSON Lines; `meta` has no place there."""
    lines = (_dumps(nested_row(record, columns)) + "\n" for record in records)
    return "".join(lines).encode("utf-8", ODD_NAMES)


def decode_lines(data: bytes, name: str) -> list[Any]:
    """The values of the lines that are whole; a kill may have cut the last one short. Raises ValueError."""
    *lines, _cut_short = decoded(data, name).removeprefix("\ufeff").split("\n")
    return [json_value(line) for line in lines if line.strip()]


def read_lines(path: Path) -> list[Any]:
    """As `decode_lines`, of a file."""
    return decode_lines(path.read_bytes(), str(path))


def read_document(path: Path) -> list[Any]:
    """The rows, also of a document that a kill has left open. Raises ValueError when it is none of ours."""
    text = decoded(path.read_bytes(), str(path)).removeprefix("\ufeff")
    # The brackets are open after a whole row or in the middle of one; a row is a line.
    without_last_line = text.rpartition("\n")[0].rstrip(",")
    for candidate in (text, text + "]}", without_last_line + "]}"):
        try:
            return list(json_value(candidate)["rows"])
        except (ValueError, KeyError, TypeError):
            continue
    raise ValueError("no rows")

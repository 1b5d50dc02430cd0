"""CSV, JSON and JSONL: each row is on its way as soon as it is written.

`stream` may be exchanged between two rows.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from iqa_cli.output.rows import Columns, flat_row, nested_row, strict
from iqa_cli.records import Record


class CsvWriter:
    """One row an input, one column a model. A missing value is an empty cell, an infinite one `inf`."""

    def __init__(self, stream: TextIO, columns: Columns):
        self.stream = stream
        self._columns = columns
        self._has_header = False

    def write(self, record: Record) -> None:
        """Write one row, after the header if it is the first."""
        self._columns = self._columns.for_job(record.job)
        self._write_header()
        self._put(flat_row(record, self._columns).values())

    def finish(self) -> None:
        """A run without rows still has its header."""
        self._write_header()

    def _write_header(self) -> None:
        if not self._has_header:
            self._put(self._columns.names)
            self._has_header = True

    def _put(self, cells: Iterable[Any]) -> None:
        # Written with the csv module's own line end, without which it would not quote a "\r" in a file name.
        row = io.StringIO()
        csv.writer(row).writerow(cells)
        self.stream.write(row.getvalue().removesuffix("\r\n") + "\n")
        self.stream.flush()


class JsonlWriter:
    """One JSON object a line, all of the same shape: there is no line of metadata."""

    def __init__(self, stream: TextIO, columns: Columns):
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

    def __init__(self, stream: TextIO, columns: Columns, meta: Mapping[str, Any]):
        self.stream = stream
        self._columns = columns
        self._separator = "\n"
        self.conclusion: dict[str, Any] = {}
        self._put(f'{{"meta": {_dumps(strict(meta))}, "rows": [')

    def write(self, record: Record) -> None:
        """Write one element of `rows`."""
        self._put(self._separator + _dumps(nested_row(record, self._columns)))
        self._separator = ",\n"

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

"""Rows as CSV: each is on its way as soon as it is written."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from iqa_cli.ground.csv_text import csv_line
from iqa_cli.ground.reading import decoded, stream_table
from iqa_cli.output.rows import Columns, flat_row
from iqa_cli.records import ModelInfo, Record


class CsvWriter:
    """One row an input, one column a model. A missing value is an empty cell, an infinite one `inf`.

    `stream` may be exchanged between two rows.
    """

    def __init__(self, stream: TextIO, columns: Columns, meta: Mapping[str, Any], models: Sequence[ModelInfo]):
        self.stream = stream
        self._columns = columns
        self._has_header = False

    def write(self, record: Record) -> None:
        """Write one row, after the header if it is the first."""
        self._columns = self._columns.for_job(record.job)
        self._write_header()
        self._put(csv_line(flat_row(record, self._columns).values()))

    def finish(self) -> None:
        """A run without rows still has its header."""
        self._write_header()

    def _write_header(self) -> None:
        if not self._has_header:
            self._put(csv_line(self._columns.names))
            self._has_header = True

    def _put(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows that are whole; a kill may have cut the last one short. Raises UsageError when it is no table."""
    text = decoded(path.read_bytes(), str(path))
    whole = text[: text.rfind("\n") + 1]
    if not whole.strip():
        return []
    table = stream_table(io.StringIO(whole, newline=""), str(path))
    return [cells for _, cells in table.rows if isinstance(cells, dict)]

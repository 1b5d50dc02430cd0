"""Parquet, with the columns of the CSV. Imported only when asked for: pyarrow is an extra."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from iqa_cli.errors import UsageError
from iqa_cli.output.rows import Columns, flat_row, strict
from iqa_cli.records import Record

ROWS_PER_GROUP = 4096


class ParquetWriter:
    """Writes row groups to `FILE.part`, which `finish` completes and moves to FILE.

    A Parquet file is unreadable before its footer is written: an interrupted run keeps its rows
    (`finish` still runs), a killed one leaves FILE as it was. `meta` goes into the file's own
    metadata as JSON, under the key "iqa". Raises UsageError when the file cannot be written.
    """

    def __init__(self, path: Path, columns: Columns, meta: Mapping[str, Any]):
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: Parquet can only be written to a regular file")
        self._path = path.resolve()  # the target of a link is replaced, not the link
        self._part = self._path.with_name(self._path.name + ".part")
        self._sink = self._part.open("wb")
        self._columns = columns
        self._meta = meta
        self._writer: pq.ParquetWriter | None = None
        self._rows: list[dict[str, Any]] = []

    def write(self, record: Record) -> None:
        """Add one row, and write the row group it fills."""
        self._columns = self._columns.for_job(record.job)
        self._rows.append({name: _utf8(cell) for name, cell in flat_row(record, self._columns).items()})
        if len(self._rows) == ROWS_PER_GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write the rows left and the footer, then put the file in its place."""
        self._write_group()
        self._writer.close()
        self._sink.close()
        self._part.replace(self._path)

    def _write_group(self) -> None:
        schema = _schema(self._columns, self._meta)
        self._writer = self._writer or pq.ParquetWriter(self._sink, schema)
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=schema))
        self._rows = []


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file as dicts. Raises UsageError when it is none, or has lost its footer."""
    try:
        return pq.read_table(path).to_pylist()
    except pa.ArrowInvalid as error:
        raise UsageError(f"{path}: not a complete Parquet file; remove it or choose another") from error


def _schema(columns: Columns, meta: Mapping[str, Any]) -> pa.Schema:
    types = dict.fromkeys(columns.names, pa.string())
    types |= dict.fromkeys(columns.models, pa.float64())
    types |= {name: pa.int64() for name, value in columns.constants.items() if isinstance(value, int)}
    return pa.schema(list(types.items()), metadata={"iqa": json.dumps(strict(meta), allow_nan=False)})


def _utf8(cell: Any) -> Any:
    # A file name that is not UTF-8 has no place in Parquet: its odd bytes are written as escapes.
    return cell.encode(errors="backslashreplace").decode() if isinstance(cell, str) else cell

"""Rows as Parquet, with the columns of the CSV. Imported only when asked for: pyarrow is an extra."""

import io
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.filenames import escaped, restored
from iqa_cli.output.left_rows import parts_folder, parts_of, remove_parts
from iqa_cli.output.rows import Columns, strict, typed_row
from iqa_cli.output.writer import moved
from iqa_cli.records import ModelInfo, Record

ROWS_PER_GROUP = 4096
SECONDS_PER_PART = 30.0
FORMAT = "parquet"
RUN = b"iqa.run"  # in the metadata of a part, and of the file of kept rows that it continues: the same token


class ParquetWriter:
    """Writes parts to a folder `FILE.parts`, which `finish` joins to FILE.

    A Parquet file is unreadable before its footer is written. So every row group, and whatever half a minute
    brought, is a whole file of its own: an interrupted run keeps its rows (`finish` still runs), a killed one all but
    those since the last part, for `read_rows`. `kept` rows are in FILE before anything that held them goes. `meta`
    goes into the file's own metadata as JSON, under the key "iqa". Raises UsageError when FILE is no regular file.
    """

    def __init__(
        self,
        path: Path,
        columns: Columns,
        meta: Mapping[str, Any],
        models: Sequence[ModelInfo],
        kept: Sequence[Record] = (),
    ):
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: Parquet can only be written to a regular file")
        self._path = path.resolve()  # the target of a link is replaced, not the link
        self._columns = columns
        self._meta = meta
        self._rows: list[dict[str, Any]] = []
        self._kept = len(kept)
        self._parts = 0
        self._token = secrets.token_bytes(8)
        self._since = monotonic()
        for record in kept:
            self._add(record)
        if kept:
            self._put_unfinished(self._path)
        else:
            _check_writable(self._path)
        self._folder = self._path.parent.stat()
        remove_parts(self._path, FORMAT)

    def write(self, record: Record) -> None:
        """Add one row, and write the part it fills. Raises IqaError where the folder is not there any more."""
        self._check_there()
        self._add(record)
        if len(self._rows) >= ROWS_PER_GROUP or monotonic() - self._since >= SECONDS_PER_PART:
            self._write_part()

    def finish(self) -> None:
        """Join what there is and put the file in its place. Raises IqaError where that is not there any more."""
        self._check_there()
        files = [self._path] if self._kept else []
        files += [_part(self._path, number) for number in range(1, self._parts + 1)]
        schema = self._schema()
        tables = [pq.ParquetFile(file).read().replace_schema_metadata(schema.metadata) for file in files]
        self._put(self._path, pa.concat_tables([*tables, self._table()]), schema)
        remove_parts(self._path, FORMAT)

    def _check_there(self) -> None:
        """A folder that was moved or removed is not made again: what is written there later would lack the parts."""
        try:
            there = os.path.samestat(self._path.parent.stat(), self._folder)
        except (FileNotFoundError, NotADirectoryError):
            there = False
        if not there:
            raise moved(self._path)

    def _add(self, record: Record) -> None:
        self._columns = self._columns.for_job(record.job)
        self._rows.append(_row(record, self._columns))

    def _write_part(self) -> None:
        if not self._parts and not self._kept:  # of an earlier run, which this one replaces
            self._path.unlink(missing_ok=True)
        self._parts += 1
        self._put_unfinished(_part(self._path, self._parts))

    def _put_unfinished(self, path: Path) -> None:
        schema = self._schema()
        self._put(path, self._table(), schema.with_metadata({**schema.metadata, RUN: self._token}))
        self._rows, self._since = [], monotonic()

    def _table(self) -> pa.Table:
        return pa.Table.from_pylist(self._rows, schema=self._schema())

    def _schema(self) -> pa.Schema:
        return _schema(self._columns, self._meta)

    @staticmethod
    def _put(path: Path, table: pa.Table, schema: pa.Schema) -> None:
        whole = table.combine_chunks().replace_schema_metadata(schema.metadata)
        with atomically(path) as partial, partial.open("wb") as sink:
            pq.write_table(whole, sink, row_group_size=ROWS_PER_GROUP)


def encode_rows(records: Iterable[Record], columns: Columns, meta: Mapping[str, Any]) -> bytes:
    """The bytes of a whole file; `meta` goes into its metadata as of `ParquetWriter`."""
    sink = io.BytesIO()
    table = pa.Table.from_pylist([_row(record, columns) for record in records], schema=_schema(columns, meta))
    pq.write_table(table, sink, row_group_size=ROWS_PER_GROUP)
    return sink.getvalue()


def decode_rows(data: bytes, name: str) -> list[dict[str, Any]]:
    """The rows of a whole file, as dicts. Raises UsageError where it is none."""
    return _read(io.BytesIO(data), name)[0]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file and of the parts that a killed run left beside it, as dicts.

    Raises UsageError when one is no Parquet file, or has lost its footer.
    """
    rows: list[dict[str, Any]] = []
    run = None
    if path.is_file() and path.stat().st_size:
        rows, metadata = _read(path, path)
        run = metadata.get(RUN, b"finished")
    for part in parts_of(path, FORMAT):
        more, metadata = _read(part, part)
        if run in (None, metadata[RUN]):  # else a kill came between joining and removing it
            rows += more
    return rows


def _read(source: Path | io.BytesIO, name: object) -> tuple[list[dict[str, Any]], Mapping[bytes, bytes]]:
    try:
        table = pq.ParquetFile(source).read()
    except pa.ArrowInvalid as error:
        raise UsageError(f"{name}: not a complete Parquet file; remove it or choose another") from error
    rows = [{name: restored(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
            for row in table.to_pylist()]  # fmt: skip
    return rows, table.schema.metadata or {}


def _check_writable(path: Path) -> None:
    """Raises OSError now that would be raised after hours."""
    there = path.exists()
    path.open("ab").close()
    if not there:
        path.unlink()


def _part(path: Path, number: int) -> Path:
    folder = parts_folder(path, FORMAT)
    assert folder is not None
    return folder / f"{number:06}.parquet"


def _row(record: Record, columns: Columns) -> dict[str, Any]:
    return {name: _utf8(cell) for name, cell in typed_row(record, columns).items()}


def _schema(columns: Columns, meta: Mapping[str, Any]) -> pa.Schema:
    types = dict.fromkeys(columns.names, pa.string())
    types |= dict.fromkeys((*columns.numbers, *columns.models), pa.float64())
    types |= {name: pa.int64() for name, value in columns.constants.items() if isinstance(value, int)}
    return pa.schema(list(types.items()), metadata={"iqa": json.dumps(strict(meta), allow_nan=False)})


def _utf8(cell: Any) -> Any:
    # A file name that is not UTF-8 has no place in Parquet: its odd bytes are written as escapes.
    return escaped(cell) if isinstance(cell, str) else cell

"""Parquet as a table of text: every type of column by one rule, some rows at a time."""

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.ground.filenames import restored
from iqa_cli.ground.wording import first_few

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
SUFFIX = ".parquet"
INDEX = re.compile(r"__index_level_\d+__")  # what pandas calls the row numbers of a filtered frame
ROWS_AT_ONCE = 16_384


def is_parquet(data: bytes, name: str) -> bool:
    """Whether a file is Parquet, by its first bytes, or says by its name that it is."""
    return data.startswith((MAGIC, ENCRYPTED)) or name.lower().endswith(SUFFIX)


def parquet_columns(data: bytes, name: str) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
    """The names of the columns, and the rows as text, still to be read.

    Integers come without a point, floats as Python writes them at their own width, truth values as `true` and
    `false`, times as ISO 8601 with a blank; what is null or not a number is an empty cell. Names with escaped bytes
    come as `restored`, and bytes are text in UTF-8. Row numbers of pandas are no column.

    Raises:
        UsageError: it is damaged, cut short, encrypted or empty, two columns have one name, or one is no text: lists,
            structures, bytes of images. While the rows are read, for what the beginning does not tell.
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(f"{name}: reading Parquet", "parquet", error) from error
    if data.startswith(ENCRYPTED):
        raise UsageError(f"{name}: encrypted Parquet; write it without encryption")
    if not data.startswith(MAGIC):
        raise UsageError(f"{name}: not a Parquet file, though it is called one; rename it, or make it anew")
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        schema = file.schema_arrow
    except Exception as error:  # damage shows in any way
        raise _damaged(name, error) from error
    columns = tuple(column for column in schema.names if not INDEX.fullmatch(column))
    if len(set(columns)) < len(columns):
        raise UsageError(f"{name}: every column needs a name of its own; found {','.join(columns)}")
    nested = [f"{column} ({schema.field(column).type})" for column in columns if _nested(schema.field(column).type)]
    if nested:
        raise UsageError(f"{name}: a cell holds one value, so leave out or unfold {first_few(nested, limit=3)}")
    if not file.metadata.num_rows:
        raise UsageError(f"{name}: empty; it has no rows")
    return columns, _rows(file, columns, name)


def parquet_metadata(data: bytes) -> dict[str, str]:
    """The metadata of a Parquet file by name; empty where there is none, or no pyarrow."""
    try:
        import pyarrow.parquet

        metadata = pyarrow.parquet.read_schema(io.BytesIO(data)).metadata or {}
    except (ImportError, OSError, ValueError):  # pyarrow's errors are ValueErrors
        return {}
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in metadata.items()}


def _damaged(name: str, error: Exception) -> UsageError:
    reason = " ".join(str(error).split())[:160]
    return UsageError(f"{name}: not a complete Parquet file; make it anew ({reason or type(error).__name__})")


def _rows(file: "pyarrow.parquet.ParquetFile", columns: tuple[str, ...], name: str) -> Iterator[tuple[str, ...]]:
    batches = file.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(columns))
    while True:
        try:
            batch = next(batches, None)
            texts = [] if batch is None else [_texts(batch.column(column), column, name) for column in columns]
        except UsageError:
            raise
        except Exception as error:  # of pages that are damaged
            raise _damaged(name, error) from error
        if batch is None:
            return
        yield from zip(*texts, strict=True)


def _nested(type: "pyarrow.DataType") -> bool:
    """Whether a cell, decoded, holds several values."""
    import pyarrow

    if isinstance(type, pyarrow.BaseExtensionType):
        return _nested(type.storage_type)
    return _nested(type.value_type) if pyarrow.types.is_dictionary(type) else pyarrow.types.is_nested(type)


def _texts(column: "pyarrow.Array", called: str, name: str) -> list[str]:
    """The cells of one column, by what its type is."""
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_floating(column.type):
        # As NumPy values, which know their width: 0.1 in 32 bits is not 0.10000000149011612.
        return ["" if value != value else str(value) for value in column.to_numpy(zero_copy_only=False)]
    try:
        cells = column.to_pylist()
    except UnicodeDecodeError:  # of text that nobody checked when it was written
        cells = column.cast("large_binary").to_pylist()
    if any(isinstance(cell, bytes) and b"\0" in cell for cell in cells):
        raise UsageError(f"{name}: column {called} holds bytes that are no text; leave it out")
    return [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    """A cell of any type but floats; times and decimal numbers are what Python writes."""
    if isinstance(cell, str):
        return restored(cell)
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "surrogateescape")
    return str(cell).lower() if isinstance(cell, bool) else str(cell)

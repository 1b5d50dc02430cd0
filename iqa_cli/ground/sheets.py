"""Tables that are no text: spreadsheets and Parquet, each with the extra that reads it."""

import io
from collections.abc import Iterator
from typing import Any

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.ground.filenames import restored


def sheet_cells(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet of a workbook that are not empty, as text, with their numbers.

    Raises:
        UsageError: it is damaged, empty, or of an older kind.
        MissingExtraError: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError(f"{name}: reading a spreadsheet", "datasets", error) from error
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    except Exception as error:  # a damaged workbook fails in any way
        raise UsageError(f"{name}: not a readable .xlsx workbook; save it anew as .xlsx or CSV") from error
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not filled:
        raise UsageError(f"{name}: empty; give a header and rows in the first sheet")
    yield from filled


def parquet_objects(data: bytes, name: str) -> list[dict[str, Any]]:
    """The rows of a Parquet file. Raises UsageError when it is damaged, MissingExtraError without pyarrow."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(f"{name}: reading Parquet", "parquet", error) from error
    try:
        rows = pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()
    except pyarrow.ArrowInvalid as error:
        raise UsageError(f"{name}: not a complete Parquet file; make it anew") from error
    if not rows:
        raise UsageError(f"{name}: empty; it has no rows")
    return [{key: restored(cell) if isinstance(cell, str) else cell for key, cell in row.items()} for row in rows]


def parquet_metadata(data: bytes) -> dict[str, str]:
    """The metadata of a Parquet file by name; empty where there is none, or no pyarrow."""
    try:
        import pyarrow.parquet

        metadata = pyarrow.parquet.read_schema(io.BytesIO(data)).metadata or {}
    except (ImportError, OSError, ValueError):  # pyarrow's errors are ValueErrors
        return {}
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in metadata.items()}


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)

"""Tables in workbooks of Excel, with the extra that reads them."""

import io
from collections.abc import Iterator
from typing import Any

from iqa_cli.errors import MissingExtraError, UsageError


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


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)

"""The one reader of tables: manifests, score files, earlier outputs, test lists and labels.

Tables come as people's programs write them: CSV parted by commas, tabs or semicolons, JSON Lines, a JSON array or
the JSON of `iqa score`, spreadsheets and Parquet; with a byte order mark, Windows line ends, blanks after commas,
pandas' index, and the empty columns and rows of Excel.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.csv_text import Cells, csv_cells
from iqa_cli.ground.json_text import halved, json_value
from iqa_cli.ground.parquet import is_parquet, parquet_columns
from iqa_cli.ground.wording import counted, first_few, shortened

# A line number with the cells by column, or with what is wrong on that line.
Row = tuple[int, dict[str, str] | str]

INDEX = re.compile(r"(Unnamed: [\d.]+)?")  # what pandas calls the column of row numbers
BROKEN = "not a table: it holds bytes that are no text; save it as CSV in UTF-8"


@dataclass(frozen=True)
class Table:
    """The columns, and the rows still to be read. Every good row has exactly these columns."""

    line: int  # where the columns are named: a CSV header, the first object of JSON
    columns: tuple[str, ...]
    rows: Iterator[Row]


def table_in(data: bytes, name: str) -> Table:
    """The table that a file holds; `name` is what messages call it.

    JSON is known by its first character, spreadsheets by their first bytes, Parquet by these or its name; all else is
    CSV. JSON values that are not strings become their JSON text, null an empty cell. Bytes that are not UTF-8 survive
    as Python keeps those of file names. Rows of Parquet are read as they are asked for, and may raise as this does.

    Raises:
        UsageError: it is empty or no table, or has two columns of one name.
        MissingExtraError: a spreadsheet without openpyxl, Parquet without pyarrow.
    """
    if is_parquet(data, name):
        columns, rows = parquet_columns(data, name)
        return Table(1, columns, ((number, dict(zip(columns, row, strict=True))) for number, row in enumerate(rows, 1)))
    if _is_sheet(data):
        from iqa_cli.ground.sheets import sheet_cells

        return _cell_table(iter(sheet_cells(data, name)), name)
    return _text_table(io.StringIO(decoded(data, name), newline=""), name)


def stream_table(lines: Iterable[str], name: str) -> Table:
    """A table of text as it arrives: read no further than the columns, the rows follow as they are asked for.

    JSON has to come as JSON Lines. `name` is what messages call the stream.

    Raises UsageError as `table_in` does.
    """
    return _text_table(lines, name, whole=False)


def renamed(table: Table, theirs: Mapping[str, str]) -> Table:
    """The table under our names of its columns; `theirs` has its own by ours.

    A column that has one of our names, but is not the one meant, is dropped.
    """
    ours = {name: name for name in table.columns if name not in theirs} | {name: our for our, name in theirs.items()}
    kept = tuple(name for name in table.columns if name in ours)
    rows = (
        (line, cells if isinstance(cells, str) else {ours[name]: cells[name] for name in kept})
        for line, cells in table.rows
    )
    return Table(table.line, tuple(ours[name] for name in kept), rows)


def cells_in(data: bytes, name: str) -> list[list[str]]:
    """The rows of a table without header, such as a list of names. Raises like `table_in`."""
    if is_parquet(data, name):
        return [list(row) for row in parquet_columns(data, name)[1]]
    if _is_sheet(data):
        from iqa_cli.ground.sheets import sheet_cells

        return [cells for _, cells in sheet_cells(data, name) if isinstance(cells, list)]
    read = csv_cells(_checked(io.StringIO(decoded(data, name), newline=""), name))
    return [_whole(line, cells, name) for line, cells in read]


def good_rows(table: Table, name: str) -> list[dict[str, str]]:
    """All rows. Raises UsageError that tells the broken lines."""
    rows = list(table.rows)
    broken = [f"line {line}: {cells}" for line, cells in rows if isinstance(cells, str)]
    if broken:
        raise UsageError(f"{name}: {first_few(broken, '; ')}")
    return [cells for _, cells in rows if isinstance(cells, dict)]


def _is_sheet(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def decoded(data: bytes, name: str) -> str:
    """UTF-8, or the UTF-16 that Excel and PowerShell write. Raises UsageError that names what is neither."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: {BROKEN}") from error
    if b"\0" in data:
        raise UsageError(f"{name}: {BROKEN}")
    return data.decode("utf-8", "surrogateescape")


def _text_table(lines: Iterable[str], name: str, whole: bool = True) -> Table:
    lines = _checked(lines, name)
    start = []
    for line in lines:
        start.append(line)
        if line.strip():
            break
    else:
        raise UsageError(f"{name}: empty; give a header and rows, or one JSON object per line")
    first, lines = start[-1].lstrip(), chain(start, lines)
    # "[" cannot begin a useful CSV header either, and as JSON it gets the apter message.
    if not first.startswith(("{", "[")):
        return _cell_table(csv_cells(lines), name)
    start_value = _parsed(first)
    if whole and not (isinstance(start_value, dict) and not isinstance(start_value.get("rows"), list)):
        read = list(lines)
        if (values := _document("".join(read))) is not None:
            return _object_table(((number, _object(value)) for number, value in enumerate(values, start=1)), name)
        lines = iter(read)
    return _object_table(
        ((number, _object_in(line)) for number, line in enumerate(lines, start=1) if line.strip()), name
    )


def _checked(lines: Iterable[str], name: str) -> Iterator[str]:
    """The lines without a byte order mark."""
    for number, line in enumerate(lines):
        if "\0" in line:
            raise UsageError(f"{name}: {BROKEN}")
        yield line if number else line.removeprefix("\ufeff")


def _whole(line: int, cells: list[str] | str, name: str) -> list[str]:
    if isinstance(cells, str):
        raise UsageError(f"{name}: line {line}: {cells}")
    return cells


def _cell_table(read: Iterator[Cells], name: str) -> Table:
    line, cells = next(read, (1, [""]))
    header = [cell.strip() for cell in _whole(line, cells, name)]
    named = next((place for place, cell in enumerate(header) if not INDEX.fullmatch(cell)), len(header))
    header[:named] = [""] * named
    columns = tuple(cell for cell in header if cell)
    if len(set(columns)) < len(columns):
        raise UsageError(f"{name}: line {line}: every column needs a name of its own; found {','.join(columns)}")
    return Table(line, columns, _cell_rows(read, header, named))


def _cell_rows(read: Iterator[Cells], header: list[str], index: int) -> Iterator[Row]:
    """Cells by column; what stands under no name must be blank, but for the `index` of pandas at the start."""
    for line, cells in read:
        if isinstance(cells, str):
            yield line, cells
            continue
        beyond = cells[len(header) :] + [
            cell for name, cell in zip(header[index:], cells[index:], strict=False) if not name
        ]
        if len(cells) < len(header) or any(cell.strip() for cell in beyond):
            counts = f"{counted(len(cells), 'cell')} under {counted(len(header), 'column')}"
            yield line, f"{counts} (quote cells that have a comma)"
        else:
            yield line, {name: cell for name, cell in zip(header, cells, strict=False) if name}


def _parsed(text: str) -> Any:
    """The value of JSON text, None where it is none."""
    try:
        return json_value(text)
    except ValueError:
        return None


def _document(text: str) -> list[Any] | None:
    """The rows of a JSON array, or of the JSON that `iqa score` writes."""
    value = _parsed(text)
    value = value.get("rows") if isinstance(value, dict) else value
    return value if isinstance(value, list) and value else None


def _object_in(line: str) -> dict[str, str] | str:
    try:
        return _object(json_value(line))
    except json.JSONDecodeError as error:
        return f"broken JSON, {error.msg} at character {error.colno} (write one whole object per line)"
    except ValueError as error:
        return f"broken JSON: {error}"


def _object(value: Any) -> dict[str, str] | str:
    if not isinstance(value, dict):
        return "not a JSON object (write one object per line)"
    cells = as_cells(value)
    half = halved(chain.from_iterable(cells.items()))
    return cells if half is None else f"half of a character stands alone in {shortened(ascii(half))}"


def as_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """A row of JSON values as text, as those of tables are read."""
    return {key: _as_text(cell) for key, cell in row.items()}


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _object_table(objects: Iterable[Row], name: str) -> Table:
    objects = iter(objects)
    line, first = next(objects)
    if isinstance(first, str):
        raise UsageError(f"{name}: line {line}: {first}")
    columns = tuple(first)
    return Table(line, columns, _object_rows(chain([(line, first)], objects), columns))


def _object_rows(objects: Iterator[Row], columns: tuple[str, ...]) -> Iterator[Row]:
    for line, cells in objects:
        if isinstance(cells, dict) and cells.keys() != set(columns):
            odd = ", ".join(sorted(cells.keys() ^ set(columns)))
            yield line, f"keys differ from those of the first object: {odd} (write null where there is no value)"
        else:
            yield line, cells

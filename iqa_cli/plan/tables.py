"""Rows of text cells from CSV or JSON Lines, read line by line with their line numbers."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import counted

# A line number with the cells by column, or with what is wrong on that line.
Row = tuple[int, dict[str, str] | str]


@dataclass(frozen=True)
class Table:
    """The columns, and the rows still to be read. Every good row has exactly these columns."""

    line: int  # where the columns are named: a CSV header, the first object of JSON Lines
    columns: tuple[str, ...]
    rows: Iterator[Row]


def read_table(lines: Iterable[str], name: str) -> Table:
    """Read no further than the columns; the rows follow as they are asked for.

    JSON Lines are known by their first character that is not blank, `{`; all else is CSV. Blank
    lines are passed over. JSON values that are not strings become their JSON text, null an empty
    cell.

    Args:
        lines: UTF-8 text with any line ends, with or without a byte order mark.
        name: what messages call the source.

    Raises:
        UsageError: the text is empty, not UTF-8, or its first line cannot be read.
    """
    lines = _decoded(lines, name)
    start = []
    for line in lines:
        start.append(line)
        if line.strip():
            break
    else:
        raise UsageError(f"{name}: empty; give a CSV header and rows, or one JSON object per line")
    # "[" cannot begin a useful CSV header either, and as JSON it gets the apter message.
    table = _json_table if start[-1].lstrip().startswith(("{", "[")) else _csv_table
    return table(chain(start, lines), name)


def _decoded(lines: Iterable[str], name: str) -> Iterator[str]:
    """The lines without a byte order mark."""
    try:
        for number, line in enumerate(lines):
            yield line if number else line.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text ({error.reason}); save it as UTF-8") from error


def _csv_table(lines: Iterator[str], name: str) -> Table:
    cells = _csv_cells(lines)
    line, header = next(cells, (1, [""]))
    if isinstance(header, str):
        raise UsageError(f"{name}: line {line}: {header}")
    columns = tuple(column.strip() for column in header)
    return Table(line, columns, _csv_rows(cells, columns))


def _csv_cells(lines: Iterator[str]) -> Iterator[tuple[int, list[str] | str]]:
    reader = csv.reader(lines, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if cells not in ([], [""]):
                yield reader.line_num, cells
    except csv.Error as error:
        # After a broken quote nobody knows where the next row begins, so the reading ends here.
        yield reader.line_num, f"broken CSV, {error} (check the quotes)"


def _csv_rows(lines: Iterator[tuple[int, list[str] | str]], columns: tuple[str, ...]) -> Iterator[Row]:
    for line, cells in lines:
        if isinstance(cells, str):
            yield line, cells
        elif len(cells) != len(columns):
            counts = f"{counted(len(cells), 'cell')} under {counted(len(columns), 'column')}"
            yield line, f"{counts} (quote cells that have a comma)"
        else:
            yield line, dict(zip(columns, cells, strict=True))


def _json_table(lines: Iterator[str], name: str) -> Table:
    objects = ((number, _json_cells(line)) for number, line in enumerate(lines, start=1) if line.strip())
    line, first = next(objects)
    if isinstance(first, str):
        raise UsageError(f"{name}: line {line}: {first}")
    columns = tuple(first)
    return Table(line, columns, _json_rows(chain([(line, first)], objects), columns))


def _json_cells(line: str) -> dict[str, str] | str:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return f"broken JSON, {error.msg} at character {error.colno} (write one whole object per line)"
    if not isinstance(value, dict):
        return "not a JSON object (write one object per line)"
    return {key: _as_text(cell) for key, cell in value.items()}


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _json_rows(objects: Iterator[Row], columns: tuple[str, ...]) -> Iterator[Row]:
    for line, cells in objects:
        if isinstance(cells, dict) and cells.keys() != set(columns):
            odd = ", ".join(sorted(cells.keys() ^ set(columns)))
            advice = "write null where there is no value"
            yield line, f"keys differ from those of the first object: {odd} ({advice})"
        else:
            yield line, cells

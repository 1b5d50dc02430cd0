"""CSV as text: the rows that are not empty, whatever parts their cells, and lines that are read back as they were."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

# The number of a line, and the cells on it or what is wrong with it.
Cells = tuple[int, list[str] | str]

DELIMITERS = ",\t;"
COMMA_DECIMAL = re.compile(r"\s*[+-]?\d*,\d+\s*")  # where semicolons part the cells
QUOTED = re.compile(r'[,"\r\n]|^\s|\s$')  # blanks around a cell mean nothing unless they are quoted


def csv_cells(lines: Iterable[str]) -> Iterator[Cells]:
    """Rows parted by whichever of comma, tab and semicolon the first line has most of, or says in Excel's `sep=;`."""
    lines = iter(lines)
    start = list(_until_text(lines))
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", start[-1]).count) if start else ","  # of equals the first
    if start and (told := re.fullmatch(r"sep=(.)\s*", start[-1])):
        delimiter, start[-1] = told[1], "\n"
    reader = csv.reader(chain(start, lines), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _with_points(cells) if delimiter == ";" else cells
    except csv.Error as error:
        # After a broken quote nobody knows where the next row begins, so the reading ends here.
        yield reader.line_num, f"broken CSV, {error} (check the quotes)"


def csv_line(cells: Iterable[Any]) -> str:
    """One line with its end; nothing for None, text in quotes where it would be read otherwise."""
    texts = ["" if cell is None else str(cell) for cell in cells]
    line = ",".join(f'"{text.replace(chr(34), chr(34) * 2)}"' if QUOTED.search(text) else text for text in texts)
    return (line or '""') + "\n"  # a single empty cell is no empty line


def as_number(cell: str) -> str:
    """A cell's text, which equal numbers have alike: 4.50 is 4.5; what is no number stays."""
    try:
        return repr(float(cell))
    except ValueError:
        return cell


def _until_text(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.strip():
            return


def _with_points(cells: list[str]) -> list[str]:
    return [cell.replace(",", ".") if COMMA_DECIMAL.fullmatch(cell) else cell for cell in cells]

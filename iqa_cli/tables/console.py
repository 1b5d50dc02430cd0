"""A table on a terminal, or as plain text where stdout is none."""

from collections.abc import Sequence
from dataclasses import replace

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from iqa_cli.tables.grid import ARROWS, Cell, Column, Grid, one_line
from iqa_cli.tables.shown_names import cut_in_the_middle
from iqa_cli.terminal import UNLIMITED

LEAST, ENOUGH = 12, 24  # characters that are left of a long name where room is short, and where there is some
STYLES = {"best": "bold", "second": "underline", "bad": "red", "": ""}


def print_grid(grid: Grid, console: Console) -> None:
    """Title, table, caption and an empty line."""
    console.print(Text(one_line(grid.title), style="bold"))
    print_rows(grid, console)
    if grid.caption:
        console.print(Text(one_line(grid.caption), style="dim"))
    console.print()


def print_rows(grid: Grid, console: Console) -> None:
    """The table alone.

    Where it is too wide, names are cut in the middle; where that is not enough, small print goes below
    its number, and at last columns follow below. No number is ever cut, and no name is broken.
    """
    for table in _fitting(grid, console):
        console.print(table)


def _fitting(grid: Grid, console: Console) -> list[Table]:
    names = [place for place, column in enumerate(grid.columns) if not column.numeric]
    widths = [_width(grid, place) for place in names]
    for narrow, least in ((False, ENOUGH), (True, LEAST)):
        bare = _table(grid, narrow, [0] * len(names))
        room = console.width - Measurement.get(console, console.options.update(width=UNLIMITED), bare).maximum
        if sum(min(width, least) for width in widths) <= room:
            return [_table(grid, narrow, _shares(widths, room))]
    numeric = len(grid.columns) - len(names)
    if numeric < 2:
        return [_table(grid, True, [min(width, LEAST) for width in widths])]
    numbers = [place for place in range(len(grid.columns)) if place not in names]
    halves = numbers[: (numeric + 1) // 2], numbers[(numeric + 1) // 2 :]
    return [table for half in halves for table in _fitting(_pick(grid, sorted([*names, *half])), console)]


def _width(grid: Grid, place: int) -> int:
    """Cells that a column of names takes when none is cut."""
    texts = [one_line(row[place].text) for row in grid.rows]
    return max(map(cell_len, [*_heading(grid.columns[place]).plain.splitlines(), *texts]), default=0)


def _shares(widths: Sequence[int], room: int) -> list[int]:
    """What each column of names gets of the room: short ones what they need, the others equal parts of the rest."""
    shares = dict.fromkeys(range(len(widths)), 0)
    for left, place in enumerate(sorted(shares, key=lambda place: widths[place])):
        shares[place] = min(widths[place], (room - sum(shares.values())) // (len(widths) - left))
    return list(shares.values())


def _pick(grid: Grid, places: Sequence[int]) -> Grid:
    """Some columns; below a line that parts sections, a row that has no number in them, as of a mean, is left out."""
    numbers = [place for place in places if grid.columns[place].numeric]
    rows = tuple(
        tuple(row[place] for place in places)
        for number, row in enumerate(grid.rows)
        if number < min(grid.sections, default=len(grid.rows)) or any(row[place].text for place in numbers)
    )
    return replace(grid, columns=tuple(grid.columns[place] for place in places), rows=rows)


def _table(grid: Grid, narrow: bool, widths: Sequence[int]) -> Table:
    """The table with its columns of names as wide as said; of width 0 they are empty, to measure the others."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0 if narrow else 1, 0, 0))
    rows = [list(row) for row in grid.rows]
    left = iter(widths)
    for place, column in enumerate(grid.columns):
        if column.numeric:
            table.add_column(_heading(column), justify="right", no_wrap=True)
            continue
        width = next(left)
        heading = cut_in_the_middle(_heading(column).plain.splitlines(), width) if width else []
        table.add_column(Text("\n".join(heading)), no_wrap=True)
        names = cut_in_the_middle([one_line(row[place].text) for row in rows], width) if width else [""] * len(rows)
        for row, name in zip(rows, names, strict=True):
            row[place] = replace(row[place], text=name)
    for number, row in enumerate(rows):
        if number in grid.sections:
            table.add_section()
        table.add_row(*(_text(cell, "\n" if narrow else " ") for cell in row))
    return table


def _heading(column: Column) -> Text:
    """Its words below each other: numbers are shorter than what they are called."""
    heading = Text("\n".join(one_line(column.name).split()) + ARROWS[column.higher_is_better])
    return heading.append(f"\n{column.below}", style="dim") if column.below else heading


def _text(cell: Cell, before_aside: str) -> Text:
    text = Text(one_line(cell.text), style=STYLES[cell.mark])
    return Text.assemble(text, before_aside + cell.aside) if cell.aside else text

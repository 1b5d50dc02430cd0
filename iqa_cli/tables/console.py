"""A table on a terminal, or as plain text where stdout is none."""

from dataclasses import replace

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from iqa_cli.tables.grid import ARROWS, Cell, Column, Grid, one_line
from iqa_cli.terminal import UNLIMITED

NARROW_NAME = 12  # characters of a name on one line where room is short
STYLES = {"best": "bold", "second": "underline", "": ""}


def print_grid(grid: Grid, console: Console) -> None:
    """Title, table, caption and an empty line.

    Where the table is too wide, small print goes below its number and long names are folded; where
    that is not enough, columns follow below. No number is ever cut.
    """
    console.print(Text(one_line(grid.title), style="bold"))
    for table in _fitting(grid, console):
        console.print(table)
    console.print(Text(one_line(grid.caption), style="dim"))
    console.print()


def _fitting(grid: Grid, console: Console) -> list[Table]:
    for table in (_table(grid, narrow=False), _table(grid, narrow=True)):
        unlimited = console.options.update(width=UNLIMITED)
        if Measurement.get(console, unlimited, table).maximum <= console.width:
            return [table]
    names = sum(not column.numeric for column in grid.columns)
    numeric = len(grid.columns) - names
    if numeric < 2:
        return [table]
    cut = names + (numeric + 1) // 2
    left = [*range(cut)]
    right = [*range(names), *range(cut, len(grid.columns))]
    return [table for places in (left, right) for table in _fitting(_pick(grid, places), console)]


def _pick(grid: Grid, places: list[int]) -> Grid:
    rows = tuple(tuple(row[place] for place in places) for row in grid.rows)
    return replace(grid, columns=tuple(grid.columns[place] for place in places), rows=rows)


def _table(grid: Grid, narrow: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0 if narrow else 1, 0, 0))
    for column in grid.columns:
        if column.numeric:
            table.add_column(_heading(column), justify="right", no_wrap=True)
        else:
            table.add_column(_heading(column), overflow="fold", max_width=NARROW_NAME if narrow else None)
    for place, row in enumerate(grid.rows):
        if place in grid.sections:
            table.add_section()
        table.add_row(*(_text(cell, "\n" if narrow else " ") for cell in row))
    return table


def _heading(column: Column) -> Text:
    """Its words below each other: numbers are shorter than what they are called."""
    return Text("\n".join(one_line(column.name).split()) + ARROWS[column.higher_is_better])


def _text(cell: Cell, before_aside: str) -> Text:
    text = Text(one_line(cell.text), style=STYLES[cell.mark])
    return Text.assemble(text, before_aside + cell.aside) if cell.aside else text

"""A table in GitHub's Markdown."""

import re
from collections.abc import Sequence

from iqa_cli.tables.grid import Cell, Grid, one_line

SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$])")
LIST = re.compile(r"^(\d*)(?=[.)+-](\s|$))")  # at the start of a line
MARKS = {"best": "**{}**", "second": "<ins>{}</ins>", "": "{}"}


def markdown_text(text: str) -> str:
    """Text as Markdown that shows just this."""
    return LIST.sub(r"\1\\", SPECIAL.sub(r"\\\1", one_line(text)))


def markdown_table(grid: Grid) -> str:
    """A heading, the table (GitHub's dialect), the caption; the second is underlined by `<ins>`."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    def write(cell: Cell) -> str:
        marked = MARKS[cell.mark].format(markdown_text(cell.text))
        return f"{marked} {cell.aside}" if cell.aside else marked

    head = line([markdown_text(column.heading) for column in grid.columns])
    rule = line(["---:" if column.numeric else ":---" for column in grid.columns])
    rows = [line([write(cell) for cell in row]) for row in grid.rows]
    return "\n".join([f"### {markdown_text(grid.title)}", "", head, rule, *rows, "", markdown_text(grid.caption), ""])

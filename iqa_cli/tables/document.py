"""Several tables and the notes below them, as one text."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from iqa_cli.tables.grid import Grid, one_line
from iqa_cli.tables.latex import latex_table
from iqa_cli.tables.markdown import markdown_table, markdown_text
from iqa_cli.terminal import open_console


def print_tables(grids: Iterable[Grid], notes: Sequence[str], stream: TextIO) -> None:
    """As wide as the terminal, or without limit where the stream is none."""
    from rich.text import Text

    from iqa_cli.tables.console import print_grid

    console = open_console(stream)
    for grid in grids:
        print_grid(grid, console)
    for note in notes:
        console.print(Text(f"note: {one_line(note)}", style="yellow"), soft_wrap=True)
    stream.flush()


def markdown_tables(grids: Iterable[Grid], notes: Sequence[str]) -> str:
    """In GitHub's Markdown, each under a heading, and the notes as a list."""
    listed = "".join(f"- {markdown_text(note)}\n" for note in notes)
    return "\n".join([*map(markdown_table, grids), listed]).rstrip("\n") + "\n"


def latex_tables(grids: Iterable[Grid], notes: Sequence[str]) -> str:
    r"""As LaTeX `table` environments that need `booktabs`, and the notes as comments."""
    listed = "".join(f"% {one_line(note)}\n" for note in notes)
    return "\n".join(["% \\usepackage{booktabs}\n" + listed, *map(latex_table, grids)])

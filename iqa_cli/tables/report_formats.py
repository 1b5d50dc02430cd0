"""The one table of the formats that reports of tables are written in. A new one is a module beside this, and a line."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from iqa_cli.ground.formats import Format
from iqa_cli.tables.grid import Grid, one_line, said_once
from iqa_cli.tables.latex import latex_table
from iqa_cli.tables.markdown import markdown_table, markdown_text
from iqa_cli.terminal import open_console


def print_tables(grids: Iterable[Grid], notes: Sequence[str], stream: TextIO, answer: Sequence[str] = ()) -> None:
    """As wide as the terminal, or without limit where the stream is none; the answer last, where the eye is."""
    from rich.text import Text

    from iqa_cli.tables.console import print_grid

    console = open_console(stream)
    for grid in said_once(grids):
        print_grid(grid, console)
    for note in notes:
        console.print(Text(f"note: {one_line(note)}", style="yellow"), soft_wrap=True)
    for sentence in answer:
        console.print(Text(one_line(sentence), style="bold"), soft_wrap=not stream.isatty())
    stream.flush()


def markdown_tables(grids: Iterable[Grid], notes: Sequence[str], stream: TextIO, answer: Sequence[str] = ()) -> None:
    """In GitHub's Markdown, each under a heading, then the notes and the answer as lists."""
    lists = ("".join(f"- {markdown_text(line)}\n" for line in lines) for lines in (notes, answer))
    stream.write("\n".join([*map(markdown_table, grids), *filter(None, lists)]).rstrip("\n") + "\n")


def latex_tables(grids: Iterable[Grid], notes: Sequence[str], stream: TextIO, answer: Sequence[str] = ()) -> None:
    r"""As LaTeX `table` environments that need `booktabs`; notes and answer as comments."""
    listed = "".join(f"% {one_line(note)}\n" for note in (*notes, *answer))
    stream.write("\n".join(["% \\usepackage{booktabs}\n" + listed, *map(latex_table, grids)]))


@dataclass(frozen=True)
class ReportFormat(Format):
    """A format of tables; `write` takes grids, notes, a text stream and the sentences of an answer."""

    write: Callable[[Iterable[Grid], Sequence[str], TextIO, Sequence[str]], None] = print_tables


REPORT_FORMATS = {
    format.name: format
    for format in (
        ReportFormat("table", ".txt"),
        ReportFormat("markdown", ".md", write=markdown_tables),
        ReportFormat("latex", ".tex", write=latex_tables),
    )
}

DATA_FORMATS = {format.name: format for format in (Format("csv", ".csv"), Format("json", ".json"))}
"""A report for programs: whoever reports writes these itself."""

REPORTS = {"table": REPORT_FORMATS["table"], **DATA_FORMATS, **REPORT_FORMATS}
"""All formats of a report, by name."""

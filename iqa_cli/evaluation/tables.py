"""A report as tables: on a terminal, in Markdown, in LaTeX. For programs, see `files.py`."""

from collections.abc import Iterator

from iqa_cli.evaluation import grids
from iqa_cli.evaluation.markup import Grid, latex_table, markdown_table, markdown_text, one_line
from iqa_cli.evaluation.report import Report
from iqa_cli.terminal import Terminal, open_console


def print_report(report: Report, terminal: Terminal, details: bool) -> None:
    """Print on stdout; `details` adds what was computed by type and by group, and each of several datasets."""
    from rich.text import Text

    from iqa_cli.evaluation.console import print_grid

    console = open_console(terminal.stdout)
    for grid in _grids(report, details):
        print_grid(grid, console)
    for note in _notes(report):
        console.print(Text(f"note: {one_line(note)}", style="yellow"), soft_wrap=True)
    terminal.stdout.flush()


def to_markdown(report: Report) -> str:
    """All tables in GitHub's Markdown, each under a heading, and the notes as a list."""
    notes = "".join(f"- {markdown_text(note)}\n" for note in _notes(report))
    return "\n".join([*map(markdown_table, _grids(report, details=True)), notes]).rstrip("\n") + "\n"


def to_latex(report: Report) -> str:
    r"""All tables as LaTeX `table` environments that need `booktabs`, and the notes as comments."""
    notes = "".join(f"% {one_line(note)}\n" for note in _notes(report))
    return "\n".join(["% \\usepackage{booktabs}\n" + notes, *map(latex_table, _grids(report, details=True))])


def _grids(report: Report, details: bool) -> Iterator[Grid]:
    """What a reader wants first comes first."""
    several = len(report.datasets) > 1
    if several:
        yield grids.benchmark_grid(report)
    for dataset in report.datasets if details or not several else ():
        if dataset.splits:
            yield grids.splits_grid(dataset, report.meta)
        yield grids.overall_grid(dataset, report.meta)
        parts = [grids.part_grid(dataset, part) for part in grids.PARTS] if details else []
        yield from filter(None, [*parts, grids.differences_grid(dataset)])


def _notes(report: Report) -> list[str]:
    several = len(report.datasets) > 1
    return [f"{dataset.name}: {note}" if several else note for dataset in report.datasets for note in dataset.notes]

"""A report as tables: on a terminal, in Markdown, in LaTeX. For programs, see `files.py`."""

from collections.abc import Iterator

from iqa_cli.evaluation import grids
from iqa_cli.evaluation.report import Report
from iqa_cli.tables.document import latex_tables, markdown_tables, print_tables
from iqa_cli.tables.grid import Grid
from iqa_cli.terminal import Terminal


def print_report(report: Report, terminal: Terminal, details: bool) -> None:
    """Print on stdout; `details` adds what was computed by type and by group, and each of several datasets."""
    print_tables(_grids(report, details), _notes(report), terminal.stdout)


def to_markdown(report: Report) -> str:
    """All tables in GitHub's Markdown, each under a heading, and the notes as a list."""
    return markdown_tables(_grids(report, details=True), _notes(report))


def to_latex(report: Report) -> str:
    r"""All tables as LaTeX `table` environments that need `booktabs`, and the notes as comments."""
    return latex_tables(_grids(report, details=True), _notes(report))


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

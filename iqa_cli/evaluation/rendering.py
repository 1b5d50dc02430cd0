"""A report in the format asked for, to standard output or a file."""

from importlib.util import find_spec
from pathlib import Path

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.evaluation.report import Report
from iqa_cli.output import check_writable
from iqa_cli.terminal import Terminal

FORMATS = ("table", "csv", "json", "markdown", "latex")
PLOTS = (".png", ".svg", ".pdf")


def check_targets(plot: Path | None, *files: Path | None) -> None:
    """Whatever would be found too late, after hours of scoring.

    Raises UsageError for a folder that is not there or a suffix that no plot can have, MissingExtraError
    for a plot without matplotlib.
    """
    check_writable(*(path for path in (plot, *files) if path is not None))
    if plot is not None and plot.suffix.lower() not in PLOTS:
        raise UsageError(f"--plot {plot}: unknown suffix; use one of {', '.join(PLOTS)}")
    if plot is not None and find_spec("matplotlib") is None:
        raise MissingExtraError("a plot", "plot")


def write_report(report: Report, format: str, output: Path | None, terminal: Terminal, details: bool) -> None:
    """Write to `output`, or to the terminal's stdout when it is None.

    Args:
        report: what was found.
        format: one of FORMATS.
        output: a file, replaced.
        terminal: where a table learns its width, unless there is a file.
        details: whether a table shows more than one row a model: types, groups, differences.
    """
    from iqa_cli.evaluation import files, tables

    if format == "table":
        if output is None:
            tables.print_report(report, terminal, details)
            return
        with output.open("w", encoding="utf-8") as file:
            tables.print_report(report, Terminal(terminal.quiet, stdout=file, stderr=terminal.stderr), details)
        return
    render = {"csv": files.to_csv, "json": files.to_json, "markdown": tables.to_markdown, "latex": tables.to_latex}
    text = render[format](report)
    if format == "csv":  # which has no place for notes
        for dataset in report.datasets:
            for note in dataset.notes:
                terminal.info(f"{dataset.name}: {note}")
    if output is None:
        terminal.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        output.write_text(text, encoding="utf-8")

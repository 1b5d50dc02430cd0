"""A report as files: its tables, tidy CSV, strict JSON with everything, and plots.

matplotlib is an extra, and is used without pyplot: no state, no window.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.evaluation.choice_writing import choice_document, choice_rows
from iqa_cli.evaluation.krasula_grids import krasula_document, krasula_rows
from iqa_cli.evaluation.report import DatasetReport, Report, measures_document
from iqa_cli.ground.atomic import write_whole
from iqa_cli.ground.csv_text import csv_line
from iqa_cli.ground.filenames import escaped
from iqa_cli.output.rows import strict
from iqa_cli.tables.latex import LatexStyle
from iqa_cli.tables.report_formats import REPORT_FORMATS
from iqa_cli.terminal import Terminal

if TYPE_CHECKING:  # SciPy
    from iqa_cli.statistics.agreement import Agreement, Summary
    from iqa_cli.statistics.repeated_splits import SplitSummary

HEADER = ("dataset", "model", "part", "name", "n", "statistic", "value", "low", "high")
PLOTS = (".png", ".svg", ".pdf")
RESOLUTION = 150  # pixels an inch: of a PNG, and of the points of a large dataset in SVG and PDF
# Names are shown as they are, "$" included, and stay text in an SVG.
STYLE: Any = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "iqa", "font.size": 9.0}


def check_plot(plot: Path | None) -> None:
    """Raises UsageError for a suffix that no plot can have, MissingExtraError for a plot without matplotlib."""
    if plot is not None and plot.suffix.lower() not in PLOTS:
        raise UsageError(f"--plot {plot}: unknown suffix; use one of {', '.join(PLOTS)}")
    if plot is not None:
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("a plot", "plot", error) from error


def write_report(
    report: Report,
    format: str,
    output: Path | None,
    terminal: Terminal,
    details: bool,
    latex: LatexStyle = LatexStyle(),
) -> None:
    """Write to `output`, or to the terminal's stdout when it is None.

    Args:
        report: what was found.
        format: one of REPORTS.
        output: a file, replaced.
        terminal: where a table learns its width, unless there is a file.
        latex: what LaTeX tables show.
        details: whether a table shows more than one row a model: types, groups, differences.
    """
    from iqa_cli.evaluation.report_grids import write_tables  # SciPy

    text = io.StringIO()
    if format in REPORT_FORMATS:
        # A table learns its width from the terminal it goes to.
        write_tables(report, format, text if output else terminal.stdout, details, latex)
    else:
        text.write({"csv": to_csv, "json": to_json}[format](report))
    if format == "csv":  # which has no place for notes
        for dataset in report.all:
            for note in dataset.notes:
                terminal.info(f"{dataset.name}: {note}")
    if output is None:
        terminal.stdout.write(text.getvalue())
    else:
        write_whole(output, text.getvalue())


def draw(report: Report, path: Path) -> list[Path]:
    """Draw all plots to `path`, or to `path` with numbers when there are several; returns the files written.

    The suffix chooses PNG, SVG or PDF. One file holds what stays readable in it, further ones get numbers.

    Raises MissingExtraError when matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context

        from iqa_cli.evaluation.choice_figures import choice_figures
        from iqa_cli.evaluation.figures import figures
    except ImportError as error:
        raise MissingExtraError("--plot", "plot", error) from None
    with rc_context(STYLE):
        drawn = [figure for dataset in report.datasets for figure in figures(dataset)]
        drawn += [figure for choices in report.choices for figure in choice_figures(choices)]
        paths = [path]
        if len(drawn) > 1:
            paths = [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(drawn) + 1)]
        # Without dates the same report gives the same file.
        undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
        for figure, target in zip(drawn, paths, strict=True):
            figure.savefig(target, dpi=RESOLUTION, metadata=undated)
    return paths


def to_csv(report: Report) -> str:
    """One statistic a row: dataset, model, part, name, n, statistic, value, low, high.

    `part` is "overall", "type", "group", "splits" or "krasula". Of the first three, `n` counts images, or pairs of
    choices, and `low` and `high` bound the 95 % interval. Of splits, `n` counts splits, `name` is "median" or
    "deviation". Of krasula, `n` counts pairs of images.
    What is not defined is an empty cell.
    """
    return "".join(csv_line(map(strict, cells)) for cells in (HEADER, *tidy_rows(report)))


def to_json(report: Report) -> str:
    """Everything but the single images and pairs: `{"meta", "models", "datasets", "choices"}`; NaN is null.

    The keys are always the same.
    """
    document = {
        "meta": report.meta,
        "models": report.models,
        "datasets": [_dataset(dataset) for dataset in report.datasets],
        "choices": [choice_document(choices) for choices in report.choices],
    }
    return escaped(json.dumps(strict(document), allow_nan=False, ensure_ascii=False, indent=2)) + "\n"


def tidy_rows(report: Report) -> Iterator[tuple]:
    """One statistic a row, as HEADER names its cells."""
    for dataset in report.datasets:
        for model, summary in dataset.summaries.items():
            for part, agreements in _parts(summary).items():
                for agreement in agreements:
                    head = (dataset.name, model, part, agreement.name, agreement.images)
                    for statistic, value in vars(agreement.value).items():
                        yield (*head, statistic, value, *getattr(agreement.interval, statistic))
        for model, splits in dataset.splits.items():
            for name in ("median", "deviation"):
                for statistic, value in vars(getattr(splits, name)).items():
                    yield (dataset.name, model, "splits", name, splits.splits, statistic, value, None, None)
        yield from krasula_rows(dataset)
    for choices in report.choices:
        yield from choice_rows(choices)


def _parts(summary: "Summary") -> "dict[str, tuple[Agreement, ...]]":
    return {"overall": (summary.overall,), "type": summary.by_type, "group": summary.by_group}


def _dataset(dataset: DatasetReport) -> dict[str, Any]:
    models = {}
    for model, summary in dataset.summaries.items():
        parts = _parts(summary)
        models[model] = {
            "higher_is_better": dataset.higher_is_better[model],
            "overall": _agreement(summary.overall),
            "by_type": [_agreement(agreement) for agreement in parts["type"]],
            "by_group": [_agreement(agreement) for agreement in parts["group"]],
            "splits": _splits(dataset.splits[model]) if model in dataset.splits else None,
        }
    return {
        "name": dataset.name,
        "title": dataset.title,
        "images": len(dataset.mos),
        "models": models,
        "differences": [vars(pair) for matrix in dataset.differences for pair in matrix.pairs],
        "krasula": krasula_document(dataset),
        "notes": dataset.notes,
    }


def _agreement(agreement: "Agreement") -> dict[str, Any]:
    return {
        "name": agreement.name,
        "images": agreement.images,
        "references": agreement.references,
        "measures": measures_document(agreement.value, agreement.interval),
        "fit": vars(agreement.fit),
    }


def _splits(splits: "SplitSummary") -> dict[str, Any]:
    medians, deviations = vars(splits.median), vars(splits.deviation)
    measures = {name: {"median": medians[name], "deviation": deviations[name]} for name in medians}
    return {"splits": splits.splits, "fits_failed": splits.fits_failed, "measures": measures}

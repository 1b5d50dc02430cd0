"""A report as pictures: opinions against scores with the fitted curve, and which model is better.

One file holds what stays readable in it, further ones get numbers. matplotlib is an extra, and is
used without pyplot: no state, no window.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from iqa_cli.errors import MissingExtraError
from iqa_cli.evaluation.report import DatasetReport, Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = 4  # models whose scatter plots share a figure
RESOLUTION = 150  # pixels an inch: of a PNG, and of the points of a large dataset in SVG and PDF
# Names are shown as they are, "$" included, and stay text in an SVG.
STYLE = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "iqa", "font.size": 9.0}


def draw(report: Report, path: Path) -> list[Path]:
    """Draw all plots to `path`, or to `path` with numbers when there are several; returns the files written.

    The suffix chooses PNG, SVG or PDF. Of each dataset there are scatter plots, four models a figure,
    and with several models a figure of their differences.

    Raises MissingExtraError when matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
    except ImportError:
        raise MissingExtraError("--plot", "plot") from None
    with rc_context(STYLE):
        figures = [figure for dataset in report.datasets for figure in _figures(dataset)]
        paths = [path]
        if len(figures) > 1:
            paths = [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(figures) + 1)]
        # Without dates the same report gives the same file.
        undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
        for figure, target in zip(figures, paths, strict=True):
            figure.savefig(target, dpi=RESOLUTION, metadata=undated)
    return paths


def _figures(dataset: DatasetReport) -> "Iterator[Figure]":
    from iqa_cli.evaluation.difference_plot import difference_figure
    from iqa_cli.evaluation.scatter import scatter_figure

    models = list(dataset.summaries)
    for start in range(0, len(models), PANELS):
        yield scatter_figure(dataset, models[start : start + PANELS])
    if dataset.differences:
        yield difference_figure(dataset)

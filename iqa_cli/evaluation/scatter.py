"""Opinions against the scores of some models, each with its fitted curve. Imports matplotlib."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from iqa_cli.datasets.catalogue import DATASETS
from iqa_cli.evaluation.captions import CURVES
from iqa_cli.evaluation.report import DatasetReport
from iqa_cli.tables.grid import MISSING, interval_text, number, one_line

MARKERS = "o^sD"
MOST_TYPES = 10 * len(MARKERS)  # that ten colours tell apart
UNITS = {"psnr": " in dB"}  # other scores have none
LINES = {True: "-", False: "--"}  # whether the fit converged
MANY_IMAGES = 5000  # points that an SVG or PDF holds as one picture
CURVE_POINTS = 400
PANEL = (5.4, 5.0)  # inches
LINE_OF_TITLE, LINE_OF_LEGEND = 44, 24  # characters
LEGEND_LINE = 0.175  # inches


def scatter_figure(dataset: DatasetReport, models: Sequence[str]) -> Figure:
    """A panel for each of a few models, two a row, and one legend to the right of them all."""
    columns = min(2, len(models))
    rows = -(-len(models) // columns)
    width, height = columns * PANEL[0], rows * PANEL[1]
    keys = _curve_keys(dataset, models) + _type_keys(dataset)
    lines = sum(label.count("\n") + 1 for _, label in keys)
    legend_columns = -(-lines // int(height / LEGEND_LINE - 1))
    longest = max(len(line) for _, label in keys for line in label.split("\n"))
    legend_width = legend_columns * (0.6 + 0.07 * longest)

    figure = Figure(figsize=(width + legend_width, height), layout="constrained")
    figure.suptitle(fill(one_line(dataset.title), int(10 * width)), x=0.01, ha="left", fontweight="bold")
    for place, model in enumerate(models, 1):
        _draw_panel(figure.add_subplot(rows, columns, place), dataset, model)
    handles = [handle for handle, _ in keys]
    legend = figure.legend(
        handles, [" "] * len(keys), loc="outside right upper", ncols=legend_columns, fontsize=8, frameon=False
    )
    for text, (_, label) in zip(legend.get_texts(), keys, strict=True):
        text.set_text(label)  # as a label matplotlib would leave out a name that begins with "_"
    return figure


def _draw_panel(axes: Axes, dataset: DatasetReport, model: str) -> None:
    """Points by distortion type and the curve, over the images that every model could score."""
    usable = np.isfinite(list(dataset.scores.values())).all(axis=0)
    x, y, types = dataset.scores[model][usable], dataset.mos[usable], np.array(dataset.type)[usable]
    size = float(np.clip(4000 / x.size, 5, 26))
    for name, colour, marker in _looks(dataset):
        some = slice(None) if name is None else types == name
        axes.scatter(
            x[some], y[some], size, [colour], marker=marker, alpha=0.6, linewidths=0, rasterized=x.size > MANY_IMAGES
        )

    overall, higher = dataset.summaries[model].overall, dataset.higher_is_better[model]
    ends = (x.min(), x.max()) if np.ptp(x) else axes.get_xlim()
    grid = np.linspace(*ends, CURVE_POINTS)
    # The curve was fitted to scores turned so that higher is better.
    axes.plot(grid, overall.fit(grid if higher else -grid), color="black", linestyle=LINES[overall.fit.converged])

    srocc = number(overall.value.srocc)
    told = f"SROCC {srocc} {interval_text(*overall.interval.srocc)}".rstrip()
    told = "SROCC not defined" if srocc == MISSING else told
    axes.set_title(f"{fill(one_line(model), LINE_OF_TITLE)}\n{told}, n = {overall.images}", fontsize=9)
    axes.set_xlabel(f"score{UNITS.get(model, '')}, {'higher' if higher else 'lower'} is better")
    axes.set_ylabel(f"MOS{_scale(dataset)}, higher is better")
    axes.grid(alpha=0.25)


def _scale(dataset: DatasetReport) -> str:
    """The ends of the scale of opinions, where the dataset is a known one."""
    known = DATASETS.get(dataset.name)
    return f" ({known.low:g} to {known.high:g})" if known and known.low is not None else ""


def _looks(dataset: DatasetReport) -> list[tuple[str | None, object, str]]:
    """Type, colour and marker; a single look for all images, under None, without types or with too many."""
    names, colours = sorted(set(dataset.type), key=str.casefold), colormaps["tab10"].colors
    if names == [""] or len(names) > MOST_TYPES:
        return [(None, colours[0], MARKERS[0])]
    return [(name, colours[k % 10], MARKERS[k // 10]) for k, name in enumerate(names)]


def _type_keys(dataset: DatasetReport) -> list[tuple[Line2D, str]]:
    several = [
        (Line2D([], [], linestyle="", marker=marker, color=colour), fill(one_line(name) or "(none)", LINE_OF_LEGEND))
        for name, colour, marker in _looks(dataset)
        if name is not None
    ]
    if several or not any(dataset.type):
        return several
    return [(Line2D([], [], linestyle=""), f"{len(set(dataset.type))} distortion types,\ntoo many to tell apart")]


def _curve_keys(dataset: DatasetReport, models: Sequence[str]) -> list[tuple[Line2D, str]]:
    fits = {fit.function: fit for fit in (dataset.summaries[model].overall.fit for model in models)}
    return [
        (
            Line2D([], [], color="black", linestyle=LINES[fit.converged]),
            CURVES[fit.function] + ("" if fit.converged else "\n(the logistic failed)"),
        )
        for fit in fits.values()
    ]

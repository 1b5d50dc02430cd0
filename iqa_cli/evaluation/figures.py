"""The figures of a report: opinions against scores with the fitted curve, and which model is better.

Imports matplotlib.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from iqa_cli.evaluation.captions import CURVE_NAMES
from iqa_cli.evaluation.report import ChoiceReport, DatasetReport
from iqa_cli.statistics.differences import DifferenceMatrix
from iqa_cli.tables.grid import MISSING, SIGNIFICANT, interval_text, number, one_line, p_text, percent

PANELS = 4  # models whose scatter plots share a figure
MARKERS = "o^sD"
MOST_TYPES = 10 * len(MARKERS)  # that ten colours tell apart
STATISTICS = {"twoafc": "2AFC"}  # others are their name in capitals
UNITS = {"psnr": " in dB"}  # other scores have none
LINES: dict[bool, Any] = {True: "-", False: "--"}  # whether the fit converged
MANY_IMAGES = 5000  # points that an SVG or PDF holds as one picture
CURVE_POINTS = 400
PANEL = (5.4, 5.0)  # inches
LINE_OF_TITLE, LINE_OF_LEGEND = 44, 24  # characters
LEGEND_LINE = 0.175  # inches
CELL, ROOM_FOR_NAMES = 0.85, 2.2  # inches
LINE_OF_NAME = 22  # characters
COLOURS = "RdBu"  # red: the row is worse, blue: better
PALEST, DARKEST = 0.25, 0.8  # of the colour scale: a small difference that is sure must not look like none
UNSURE = "0.93"  # grey


def figures(dataset: DatasetReport) -> Iterator[Figure]:
    """Scatter plots, four models a figure, and with several models one of their differences."""
    models = list(dataset.summaries)
    for start in range(0, len(models), PANELS):
        yield scatter_figure(dataset, models[start : start + PANELS])
    if dataset.differences:
        yield difference_figure(dataset)


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


def difference_figure(dataset: DatasetReport | ChoiceReport) -> Figure:
    """A matrix for each statistic."""
    side = CELL * len(dataset.higher_is_better) + ROOM_FOR_NAMES
    count = len(dataset.differences)
    figure = Figure(figsize=(max(7.5, side * count), side + 0.6), layout="constrained")
    figure.suptitle(
        fill(f"{one_line(dataset.title)}: row − column", int(8 * side * count)),
        x=0.01,
        ha="left",
        fontweight="bold",
    )
    for place, matrix in enumerate(dataset.differences, 1):
        _draw_matrix(figure.add_subplot(1, count, place), matrix)
    figure.supxlabel(
        f"blue: row better, red: row worse; grey: no difference at {percent(SIGNIFICANT)}\n"
        "small print: p of the paired bootstrap, after Holm's correction",
        fontsize=8,
    )
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
    low, high = (x.min(), x.max()) if np.ptp(x) else axes.get_xlim()
    grid = np.linspace(low, high, CURVE_POINTS)
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
    """The ends of the scale of opinions, where they are known."""
    return " ({:g} to {:g})".format(*dataset.scale) if dataset.scale else ""


def _looks(dataset: DatasetReport) -> list[tuple[str | None, Any, str]]:
    """Type, colour and marker; a single look for all images, under None, without types or with too many."""
    names, colours = sorted(set(dataset.type), key=str.casefold), [colormaps["tab10"](k) for k in range(10)]
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
            CURVE_NAMES[fit.function] + ("" if fit.converged else "\n(the logistic failed)"),
        )
        for fit in fits.values()
    ]


def _draw_matrix(axes: Axes, matrix: DifferenceMatrix) -> None:
    size = len(matrix.models)
    sure = matrix.p_holm < SIGNIFICANT
    largest = np.abs(matrix.difference[sure]).max(initial=0.0) or 1.0
    for row, column in permutations(range(size), 2):
        share = matrix.difference[row, column] / largest
        shade = np.sign(share) * (PALEST + (DARKEST - PALEST) * abs(share)) if sure[row, column] else 0.0
        colour = colormaps[COLOURS]((1 + shade) / 2) if sure[row, column] else UNSURE
        ink = "white" if abs(shade) > 0.6 else "black" if sure[row, column] else "0.4"
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white"))
        centred: dict[str, Any] = {"ha": "center", "va": "center", "color": ink}
        axes.text(column, row - 0.1, number(matrix.difference[row, column], sign="+"), **centred)
        if np.isfinite(matrix.p_holm[row, column]):
            axes.text(column, row + 0.2, f"p {p_text(matrix.p_holm[row, column])}", **centred, fontsize=6.5)
    names = [fill(one_line(model), LINE_OF_NAME) for model in matrix.models]
    axes.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(size), names, fontsize=8)
    axes.set(
        xlim=(-0.5, size - 0.5),
        ylim=(size - 0.5, -0.5),
        aspect="equal",
        title=STATISTICS.get(matrix.statistic, matrix.statistic.upper()),
    )
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)

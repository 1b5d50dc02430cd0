"""Which model is better, and by how much: the matrices of differences. Imports matplotlib."""

from itertools import permutations
from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iqa_cli.evaluation.report import DatasetReport
from iqa_cli.statistics.differences import DifferenceMatrix
from iqa_cli.tables.grid import SIGNIFICANT, number, one_line, p_text, percent

CELL, ROOM_FOR_NAMES = 0.85, 2.2  # inches
LINE_OF_NAME = 22  # characters
COLOURS = "RdBu"  # red: the row is worse, blue: better
PALEST, DARKEST = 0.25, 0.8  # of the colour scale: a small difference that is sure must not look like none
UNSURE = "0.93"  # grey


def difference_figure(dataset: DatasetReport) -> Figure:
    """A matrix for each statistic."""
    side = CELL * len(dataset.summaries) + ROOM_FOR_NAMES
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
        centred = {"ha": "center", "va": "center", "color": ink}
        axes.text(column, row - 0.1, number(matrix.difference[row, column], sign="+"), **centred)
        if np.isfinite(matrix.p_holm[row, column]):
            axes.text(column, row + 0.2, f"p {p_text(matrix.p_holm[row, column])}", **centred, fontsize=6.5)
    names = [fill(one_line(model), LINE_OF_NAME) for model in matrix.models]
    axes.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(size), names, fontsize=8)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal", title=matrix.statistic.upper())
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)

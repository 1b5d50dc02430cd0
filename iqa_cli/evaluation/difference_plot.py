"""Which model is better, and by how much: the matrices of differences. Imports matplotlib."""

from textwrap import fill

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iqa_cli.evaluation.captions import SIGNIFICANT, p_text, percent
from iqa_cli.evaluation.markup import number, one_line
from iqa_cli.evaluation.report import DatasetReport
from iqa_cli.statistics.differences import DifferenceMatrix

CELL, ROOM_FOR_NAMES = 0.85, 2.2  # inches
LINE_OF_NAME = 16  # characters
COLOURS = "RdBu"  # red: the row is worse, blue: better
PALEST = 0.25  # of the colour scale to either side: a small difference that is sure must not look like none
UNSURE = "0.93"  # grey


def difference_figure(dataset: DatasetReport) -> Figure:
    """A matrix for each statistic."""
    side = CELL * len(dataset.summaries) + ROOM_FOR_NAMES
    count = len(dataset.differences)
    figure = Figure(figsize=(max(7.5, side * count), side + 0.6), layout="constrained")
    figure.suptitle(fill(f"{one_line(dataset.title)}: row less column", int(5 * side * count)), fontweight="bold")
    for place, matrix in enumerate(dataset.differences, 1):
        _draw_matrix(figure.add_subplot(1, count, place), matrix)
    figure.supxlabel(
        f"blue: row better, red: row worse; grey: no difference at {percent(SIGNIFICANT)}\n"
        "small: p of the paired bootstrap, after Holm's correction",
        fontsize=8,
    )
    return figure


def _draw_matrix(axes: Axes, matrix: DifferenceMatrix) -> None:
    size = len(matrix.models)
    sure = matrix.p_holm < SIGNIFICANT
    largest = np.abs(matrix.difference[sure]).max(initial=0.0) or 1.0
    scale, colours = Normalize(-1, 1), colormaps[COLOURS]
    for row in range(size):
        for column in range(size):
            if row == column:
                continue
            share = matrix.difference[row, column] / largest
            fair = np.sign(share) * (PALEST + (0.8 - PALEST) * abs(share))
            look = dict(facecolor=colours(scale(fair))) if sure[row, column] else dict(facecolor=UNSURE)
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, edgecolor="white", **look))
            dark = sure[row, column] and abs(fair) > 0.6
            ink = "white" if dark else "black" if sure[row, column] else "0.4"
            value = number(matrix.difference[row, column], sign="+")
            axes.text(column, row - 0.1, value, ha="center", va="center", color=ink)
            p = p_text(matrix.p_holm[row, column])
            axes.text(column, row + 0.22, p, ha="center", va="center", color=ink, fontsize=6.5)
    names = [fill(one_line(model), LINE_OF_NAME) for model in matrix.models]
    axes.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), names)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal", title=matrix.statistic.upper())
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)

"""The figure of choices: the 2AFC score of each model with its interval, between chance and what people reach.

Imports matplotlib.
"""

from collections.abc import Iterator
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from iqa_cli.evaluation.figures import LINE_OF_NAME, difference_figure
from iqa_cli.evaluation.report import ChoiceReport
from iqa_cli.tables.grid import one_line

WIDTH, ROW, ROOM = 7.5, 0.35, 0.9  # inches


def choice_figures(choices: ChoiceReport) -> Iterator[Figure]:
    """A panel of all pairs and of each type; with several models one of their differences."""
    yield _agreement_figure(choices)
    if choices.differences:
        yield difference_figure(choices)


def _agreement_figure(choices: ChoiceReport) -> Figure:
    models = list(choices.higher_is_better)
    panels = [("overall", 0)] + [("type", place) for place in range(len(choices.people["type"]))]
    figure = Figure(figsize=(WIDTH, len(panels) * (ROW * len(models) + ROOM)), layout="constrained")
    figure.suptitle(fill(one_line(choices.title), int(10 * WIDTH)), x=0.01, ha="left", fontweight="bold")
    names = [fill(one_line(model), LINE_OF_NAME) for model in models]
    axes_of = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (part, place) in zip(axes_of, panels, strict=True):
        rows = [choices.rows[part][model][place] for model in models]
        people = choices.people[part][place]
        values = np.array([row.value.twoafc for row in rows])
        low, high = np.array([row.interval.twoafc for row in rows]).T
        heights = np.arange(len(models))
        axes.hlines(heights, low, high, color="tab:blue", alpha=0.5, linewidth=4)
        axes.plot(values, heights, "o", color="tab:blue")
        axes.axvline(0.5, color="0.6", linestyle=":", label="a coin")
        axes.axvline(people.person, color="tab:green", linestyle="--", label="one person")
        axes.axvline(people.ceiling, color="black", linestyle="-", label="best possible")
        axes.set_yticks(heights, names)
        axes.set_ylim(len(models) - 0.5, -0.5)
        told = "all pairs" if part == "overall" else one_line(rows[0].name or "(none)")
        axes.set_title(f"{told}, n = {people.pairs}", fontsize=9, loc="left")
        axes.grid(axis="x", alpha=0.25)
    axes_of[0].legend(loc="lower left", bbox_to_anchor=(0, 1.12), ncols=3, frameon=False, fontsize=8)
    axes_of[-1].set_xlabel("2AFC score, with 95 % intervals: share of people a model sides with")
    return figure

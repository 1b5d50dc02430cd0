"""Which of several models is better on the same images: a matrix of paired-bootstrap differences.

Not the F-test of residual variances: it takes the models' errors for independent, but they come from
the same images and rise and fall together. Here every draw scores all models, so what they share cancels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.errors import UsageError
from iqa_cli.statistics.arrays import Labels, columns
from iqa_cli.statistics.bootstrap import draw_resamples, holm, interval, p_value
from iqa_cli.statistics.correlation import plcc, srocc
from iqa_cli.statistics.resampled import resampled_plcc, resampled_srocc

FEWEST_REFERENCES = 6  # of k references all lean one way with a chance of 2 ** (1 - k): 0.03 for 6
STATISTICS = {"srocc": (srocc, resampled_srocc), "plcc": (plcc, resampled_plcc)}


@dataclass(frozen=True)
class Difference:
    """First model minus second model: with a 95 % interval, a two-sided p value, and p after Holm."""

    statistic: str
    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float


@dataclass(frozen=True, eq=False)
class DifferenceMatrix:
    """All pairs of models in one statistic; arrays (models, models), row minus column.

    `difference` is antisymmetric, `low` and `high` bound it, `p` and `p_holm` are symmetric with 1 on
    the diagonal. Holm counts all pairs of this statistic. `pairs` holds each pair once, ready as rows.
    """

    statistic: str
    models: tuple[str, ...]
    values: NDArray[np.float64]
    pairs: tuple[Difference, ...]
    difference: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]
    p_holm: NDArray[np.float64]


def compare_models(
    predictions: Mapping[str, ArrayLike],
    mos: ArrayLike,
    group: Labels | None = None,
    *,
    resamples: int | None = None,
    seed: int = 0,
) -> dict[str, DifferenceMatrix]:
    """The matrices of SROCC and PLCC, under "srocc" and "plcc".

    Args:
        predictions: scores (images,) of two or more models by name, all turned so that higher is better.
            For PLCC after a fit pass the fitted predictions; SROCC stays as it is under a rising curve.
        mos: opinions (images,), higher is better.
        group: the reference of each image, None when there is none.
        resamples: draws; None takes `enough_resamples` for the number of pairs.
        seed: of the draws.

    Raises UsageError for fewer than two models, unequal lengths, or values that are not finite.
    """
    if len(predictions) < 2:
        raise UsageError(f"differences need two models or more, there are {len(predictions)}")
    scores = columns({**predictions, "mos": mos})
    models, labels = scores[:-1], scores[-1]
    pairs = len(models) * (len(models) - 1) // 2
    drawn = draw_resamples(group, labels.size, resamples or enough_resamples(pairs), seed)
    names, clusters = tuple(predictions), drawn.counts.shape[1]
    matrices = {}
    for statistic, (once, over_draws) in STATISTICS.items():
        values = np.array([once(model, labels) for model in models])
        draws = np.stack([over_draws(model, labels, drawn) for model in models])
        matrices[statistic] = difference_matrix(statistic, names, values, draws, clusters)
    return matrices


def enough_resamples(pairs: int) -> int:
    """Draws so that the smallest p value, 2 / (draws + 1), survives Holm over `pairs` with room: 1000 or more.

    With 1000 draws and 45 pairs (ten models) not even a model better in every draw would be significant.
    """
    return max(1000, 200 * pairs)


def difference_matrix(
    statistic: str, names: tuple[str, ...], values: NDArray, draws: NDArray, clusters: int
) -> DifferenceMatrix:
    """All pairs of models in a statistic.

    Args:
        statistic: what it is called.
        names: of the models.
        values: (models,) on all images.
        draws: (models, draws) of the same bootstrap.
        clusters: how many references it draws.
    """
    places = list(combinations(range(len(names)), 2))
    gaps = [draws[i] - draws[j] for i, j in places]
    bounds = [interval(gap, clusters) for gap in gaps]
    # So few references make few different draws, and all of them may agree by chance: no evidence, not certainty.
    p = np.array([p_value(gap) if clusters >= FEWEST_REFERENCES else np.nan for gap in gaps])
    return assembled(statistic, names, values, bounds, p)


def assembled(
    statistic: str, names: tuple[str, ...], values: NDArray, bounds: Sequence[tuple[float, float]], p: NDArray
) -> DifferenceMatrix:
    """A matrix from the interval and the p value of each pair of models, in the order of `combinations`."""
    places = list(combinations(range(len(names)), 2))
    pairs = tuple(
        Difference(statistic, names[i], names[j], float(values[i] - values[j]), low, high, float(raw), float(corrected))
        for (i, j), (low, high), raw, corrected in zip(places, bounds, p, holm(p), strict=True)
    )
    size = len(names)
    difference, low, high = (np.zeros((size, size)) for _ in range(3))
    p_raw, p_holm = np.ones((size, size)), np.ones((size, size))
    for (i, j), pair in zip(places, pairs, strict=True):
        difference[i, j], low[i, j], high[i, j] = pair.difference, pair.low, pair.high
        difference[j, i], low[j, i], high[j, i] = -pair.difference, -pair.high, -pair.low
        p_raw[i, j] = p_raw[j, i] = pair.p
        p_holm[i, j] = p_holm[j, i] = pair.p_holm
    return DifferenceMatrix(statistic, names, values, pairs, difference, low, high, p_raw, p_holm)

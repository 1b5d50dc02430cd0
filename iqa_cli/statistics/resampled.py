"""Each statistic over all draws of a bootstrap at once: arrays of shape (draws,).

Exactly what `correlation` gives on each resampled data set (tested), NaN where it is not defined.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.statistics.arrays import finite, paired
from iqa_cli.statistics.bootstrap import CHUNK, Resamples

ROWS = 256  # images whose pairs with all others are held at once for Kendall's tau


class Ties(NamedTuple):
    """Images sorted by value: `order`, where each distinct value starts in it, each image's value's place."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> "Ties":
        """Sorted once; every draw reuses it, so no draw needs a sort."""
        order = np.argsort(values, kind="stable")
        _, starts, place = np.unique(values, return_index=True, return_inverse=True)
        counts = np.bincount(place, minlength=len(starts))
        return cls(order, np.cumsum(counts) - counts, place)

    def total(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weight of each distinct value: (draws, images) → (draws, values)."""
        return np.add.reduceat(weights[:, self.order], self.starts, axis=1)


def resampled_plcc(predicted: ArrayLike, mos: ArrayLike, resamples: Resamples) -> NDArray[np.float64]:
    """Pearson's correlation of each draw, from each cluster's sums of x, y, x², y² and xy."""
    x, y = paired(predicted, mos)
    x, y = ((v - v.mean()) / (v.std() or 1.0) for v in (x, y))  # keeps the moments below well conditioned
    n, sx, sy, sxx, syy, sxy = _sums(resamples, np.ones_like(x), x, y, x * x, y * y, x * y)
    return _ratio(sxy / n - sx * sy / n**2, sxx / n - (sx / n) ** 2, syy / n - (sy / n) ** 2, least=1e-12)


def resampled_srocc(predicted: ArrayLike, mos: ArrayLike, resamples: Resamples) -> NDArray[np.float64]:
    """Spearman's correlation of each draw: the average rank of a value is the weight below it plus half its own."""
    sides = [Ties.of(v) for v in paired(predicted, mos)]
    found = np.empty(len(resamples.counts))
    for some, weights in resamples.weights():
        middle = weights.sum(axis=1, keepdims=True) / 2  # the mean rank, exactly
        x, y = (_midranks(ties, weights, middle) for ties in sides)
        xy, xx, yy = (np.einsum("ri,ri,ri->r", weights, a, b) for a, b in ((x, y), (x, x), (y, y)))
        found[some] = _ratio(xy, xx, yy)
    return found


def resampled_krocc(predicted: ArrayLike, mos: ArrayLike, resamples: Resamples) -> NDArray[np.float64]:
    """Kendall's tau-b of each draw: sum over pairs of images of weight · weight · concordance (1, 0 or −1).

    Time grows with the square of the images, and with draws × clusters × images.
    """
    by_cluster = np.argsort(resamples.member, kind="stable")
    x, y = (v[by_cluster] for v in paired(predicted, mos))
    member = resamples.member[by_cluster]
    first = np.flatnonzero(np.diff(member, prepend=-1))  # of each cluster
    counts = resamples.counts.astype(np.float32)  # sums of whole numbers below 2²⁴: exact
    concordant = np.zeros(len(counts))
    for start in range(0, x.size, ROWS):
        rows = slice(start, start + ROWS)
        pairs = _sign(x[rows], x) * _sign(y[rows], y)
        with_clusters = np.add.reduceat(pairs, first, axis=1, dtype=np.float32)
        each = counts @ with_clusters.T
        concordant += np.einsum("ri,ri->r", each, counts[:, member[rows]], dtype=np.float64)
    untied_x, untied_y = (_untied_pairs(Ties.of(v), resamples) for v in paired(predicted, mos))
    return _ratio(concordant, untied_x, untied_y)


def resampled_mean(values: ArrayLike, resamples: Resamples) -> NDArray[np.float64]:
    """Mean over the images of each draw."""
    vector = finite(values, "values")
    n, total = _sums(resamples, np.ones_like(vector), vector)
    return total / n


def resampled_ratio(above: ArrayLike, below: ArrayLike, resamples: Resamples) -> NDArray[np.float64]:
    """Sum by sum over the images of each draw; NaN where the second is not above 0."""
    one, other = _sums(resamples, finite(above, "above"), finite(below, "below"))
    defined = other > 0
    return np.where(defined, one / np.where(defined, other, 1.0), np.nan)


def _sums(resamples: Resamples, *columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of each column over the images of each draw: (columns, draws)."""
    clusters = resamples.counts.shape[1]
    by_cluster = [np.bincount(resamples.member, weights=column, minlength=clusters) for column in columns]
    parts = np.array_split(resamples.counts, 1 + resamples.counts.size // CHUNK)
    return np.concatenate([np.stack(by_cluster) @ part.T for part in parts], axis=1)


def _midranks(ties: Ties, weights: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average rank of each image in each draw, less the mean rank."""
    own = ties.total(weights)
    return (np.cumsum(own, axis=1) - own / 2 - middle)[:, ties.place]


def _untied_pairs(ties: Ties, resamples: Resamples) -> NDArray[np.float64]:
    """Ordered pairs of each draw that differ in value; two copies of one image do not."""
    found = np.empty(len(resamples.counts))
    for some, weights in resamples.weights():
        found[some] = weights.sum(axis=1) ** 2 - (ties.total(weights) ** 2).sum(axis=1)
    return found


def _sign(rows: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int8]:
    """1, 0 or −1 as each of `rows` is above, equal to or below each of `values`."""
    return (rows[:, None] > values).astype(np.int8) - (rows[:, None] < values).astype(np.int8)


def _ratio(both: NDArray, one: NDArray, other: NDArray, least: float = 0.0) -> NDArray[np.float64]:
    """both / sqrt(one · other), NaN where either is not above `least`: nothing varies there."""
    defined = (one > least) & (other > least)
    scale = np.sqrt(np.where(defined, one, 1.0)) * np.sqrt(np.where(defined, other, 1.0))
    return np.where(defined, both / scale, np.nan)

"""The area under the ROC curve with the covariance of several models on the same cases.

DeLong, DeLong and Clarke-Pearson, Biometrics 44(3), 1988; by midranks, as Sun and Xu, IEEE Signal Processing Letters
21(11), 2014. The area is the chance that a positive case scores higher than a negative one, ties counting half.
"""

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054  # of a two-sided 95 % interval


def roc_areas(
    positive: NDArray[np.float64], negative: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas (models,) and their covariance (models, models).

    Args:
        positive: scores (models, m) of the cases that should score high.
        negative: scores (models, n) of the others.
    """
    above, below = placements(positive, negative)
    return above.mean(axis=1), _covariance(above) + _covariance(below)


def mirrored_areas(right: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas and covariance where the negative cases are the positive ones with their sign turned.

    Each case then stands on both sides, with the same placement: what it adds to the area varies twice as much, so the
    covariance is four times that of one side, not the two times of independent sides.

    Args:
        right: scores (models, m) of the positive cases.
    """
    above, _ = placements(right, -right)
    return above.mean(axis=1), 4 * _covariance(above)


def placements(
    positive: NDArray[np.float64], negative: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of negative cases below each positive one (models, m), and of positive cases above each negative one."""
    from scipy.stats import rankdata

    m, n = positive.shape[1], negative.shape[1]
    together = rankdata(np.concatenate([positive, negative], axis=1), axis=1)
    above = (together[:, :m] - rankdata(positive, axis=1)) / n
    below = 1 - (together[:, m:] - rankdata(negative, axis=1)) / m
    return above, below


def area_interval(area: float, variance: float) -> tuple[float, float]:
    """The 95 % interval of an area, cut at 0 and 1; NaN where the variance is."""
    if np.isnan(variance):
        return float("nan"), float("nan")
    reach = Z95 * float(np.sqrt(max(variance, 0.0)))
    return max(0.0, area - reach), min(1.0, area + reach)


def _covariance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the means of several rows, NaN with fewer than two cases."""
    if values.shape[1] < 2:
        return np.full((len(values), len(values)), np.nan)
    return np.atleast_2d(np.cov(values)) / values.shape[1]

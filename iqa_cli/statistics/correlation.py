"""Agreement of predictions with mean opinion scores (MOS), as papers report it.

Nothing here takes an absolute value: a model that runs against the opinions shows a negative number.
Each correlation is NaN where it is not defined: fewer than three images, or one side constant.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from iqa_cli.statistics.arrays import FEWEST, paired


def srocc(predicted: ArrayLike, mos: ArrayLike) -> float:
    """Spearman's rank correlation, −1 to 1: Pearson's correlation of the average ranks, so ties are right."""
    return _defined(stats.spearmanr, predicted, mos)


def krocc(predicted: ArrayLike, mos: ArrayLike) -> float:
    """Kendall's rank correlation tau-b, −1 to 1: corrected for ties on either side."""
    return _defined(stats.kendalltau, predicted, mos)


def plcc(predicted: ArrayLike, mos: ArrayLike) -> float:
    """Pearson's linear correlation, −1 to 1, of the values as given: pass `fit(predicted)` for it after a fit."""
    x, y = paired(predicted, mos)
    # Spread below the rounding of the values themselves is noise; SciPy warns there, we say "not defined".
    if any(np.linalg.norm(v - v.mean()) <= 1e-13 * abs(v.mean()) for v in (x, y) if v.size):
        return float("nan")
    return _defined(stats.pearsonr, x, y)


def rmse(fitted: ArrayLike, mos: ArrayLike) -> float:
    """Root mean square error in MOS units, 0 or more, of predictions already mapped to the MOS scale by a fit.

    Of raw predictions it means nothing: a model's scale (decibels, 0 to 1, ...) is not the scale of the opinions.
    """
    return _mean_error(fitted, mos, lambda error: np.sqrt(np.mean(error**2)))


def mae(fitted: ArrayLike, mos: ArrayLike) -> float:
    """Mean absolute error in MOS units, 0 or more; as `rmse`, only of predictions mapped by a fit."""
    return _mean_error(fitted, mos, lambda error: np.mean(np.abs(error)))


def _defined(correlation: Callable, predicted: ArrayLike, mos: ArrayLike) -> float:
    """SciPy's `correlation`, or NaN where SciPy would warn that there is none."""
    x, y = paired(predicted, mos)
    if x.size < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(correlation(x, y).statistic)


def _mean_error(fitted: ArrayLike, mos: ArrayLike, mean: Callable[[NDArray], np.float64]) -> float:
    x, y = paired(fitted, mos)
    return float(mean(x - y)) if x.size >= FEWEST else float("nan")

"""The seven numbers of a results table, once or over all draws of a bootstrap."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.statistics.arrays import FEWEST, paired
from iqa_cli.statistics.bootstrap import Resamples
from iqa_cli.statistics.correlation import krocc, mae, plcc, rmse, srocc
from iqa_cli.statistics.logistic import Fit
from iqa_cli.statistics.resampled import resampled_krocc, resampled_mean, resampled_plcc, resampled_srocc

T = TypeVar("T")


@dataclass(frozen=True)
class Measures(Generic[T]):
    """Agreement with the opinions: one number each, or one array each over draws or splits.

    `srocc`, `krocc` (tau-b) and `plcc` are of raw predictions; `main` is SROCC + PLCC, the main score
    of NTIRE 2021; `plcc_fitted`, `rmse` and `mae` are after the fit, the last two in MOS units.
    `plcc_fitted` keeps the sign of the model: a falling curve would turn an inverted model round and
    hide it, so there it is negative.
    """

    srocc: T
    krocc: T
    plcc: T
    plcc_fitted: T
    main: T
    rmse: T
    mae: T


def measure(predicted: ArrayLike, mos: ArrayLike, fit: Fit) -> Measures[float]:
    """All measures of one set of images, shapes (images,); NaN where one is not defined."""
    fitted = fit(predicted)
    rank, line = srocc(predicted, mos), plcc(predicted, mos)
    return Measures(
        srocc=rank,
        krocc=krocc(predicted, mos),
        plcc=line,
        plcc_fitted=_sign(fit) * plcc(fitted, mos),
        main=rank + line,
        rmse=rmse(fitted, mos),
        mae=mae(fitted, mos),
    )


def resampled_measures(
    predicted: ArrayLike, mos: ArrayLike, fit: Fit, resamples: Resamples
) -> Measures[NDArray[np.float64]]:
    """All measures of every draw, shapes (draws,).

    The curve is held as it was fitted to all images: with four or five parameters against hundreds of
    images its own uncertainty is small, and a thousand fits would take minutes.
    """
    x, y = paired(predicted, mos)
    fitted = fit(x)
    rank, line = resampled_srocc(x, y, resamples), resampled_plcc(x, y, resamples)
    error = fitted - y if x.size >= FEWEST else np.full(x.size, np.nan)
    return Measures(
        srocc=rank,
        krocc=resampled_krocc(x, y, resamples),
        plcc=line,
        plcc_fitted=_sign(fit) * resampled_plcc(fitted, y, resamples),
        main=rank + line,
        rmse=np.sqrt(resampled_mean(error**2, resamples)),
        mae=resampled_mean(np.abs(error), resamples),
    )


def _sign(fit: Fit) -> int:
    return -1 if fit.decreasing else 1

"""What one model is worth on one dataset: overall, by distortion type and by group, with intervals."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.statistics.arrays import FEWEST, Labels, codes, paired
from iqa_cli.statistics.bootstrap import Resamples, draw_resamples, interval
from iqa_cli.statistics.correlation import krocc, mae, plcc, rmse, srocc
from iqa_cli.statistics.logistic import Fit, fit_logistic
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


NO_INTERVAL = Measures(*[(float("nan"), float("nan"))] * 7)


@dataclass(frozen=True)
class Agreement:
    """One row: a set of images, the measures on it, and their 95 % intervals (low, high).

    `subset` is "all", "type" or "group", and `name` the type or group. `references` counts the
    clusters the interval rests on; with one there is no interval (NaN). `fit` was made on these images.
    """

    subset: str
    name: str
    images: int
    references: int
    value: Measures[float]
    interval: Measures[tuple[float, float]]
    fit: Fit


@dataclass(frozen=True)
class Summary:
    """The rows of one model on one dataset; types and groups sorted by name, empty where none were given."""

    overall: Agreement
    by_type: tuple[Agreement, ...]
    by_group: tuple[Agreement, ...]


def summarise(
    predicted: ArrayLike,
    mos: ArrayLike,
    group: Labels | None = None,
    type: Labels | None = None,
    *,
    parameters: int = 4,
    resamples: int = 1000,
    seed: int = 0,
) -> Summary:
    """All rows of one model on one dataset.

    Args:
        predicted: the model's scores (images,), any scale. Turn a lower-is-better model round before
            (negate), or it shows negative.
        mos: opinions (images,), higher is better.
        group: the reference of each image, None when there is none; intervals draw whole references.
        type: the distortion type of each image, None when there is none.
        parameters: 4 or 5, of the logistic; each row has a fit of its own.
        resamples: draws of the bootstrap; 0 gives no intervals (NaN).
        seed: of the draws.

    Raises UsageError for unequal lengths, no images, or values that are not finite.
    """
    x, y = paired(predicted, mos)

    def agreement(subset: str, name: str, images: NDArray) -> Agreement:
        labels = None if group is None else groups[images]
        return _agreement(subset, name, x[images], y[images], labels, parameters, resamples, seed)

    group_names, groups = codes(group, x.size, "group")
    type_names, types = codes(type, x.size, "type")
    return Summary(
        agreement("all", "all", np.arange(x.size)),
        tuple(agreement("type", str(name), np.flatnonzero(types == k)) for k, name in enumerate(type_names))
        if type is not None
        else (),
        tuple(agreement("group", str(name), np.flatnonzero(groups == k)) for k, name in enumerate(group_names))
        if group is not None
        else (),
    )


def _agreement(
    subset: str,
    name: str,
    x: NDArray,
    y: NDArray,
    group: Labels | None,
    parameters: int,
    resamples: int,
    seed: int,
) -> Agreement:
    fit = fit_logistic(x, y, parameters)
    references = x.size if group is None else np.unique(group).size
    between = NO_INTERVAL
    if resamples and references > 1 and x.size >= FEWEST:
        drawn = resampled_measures(x, y, fit, draw_resamples(group, x.size, resamples, seed))
        between = Measures(**{name: interval(values, references) for name, values in vars(drawn).items()})
    return Agreement(subset, name, x.size, references, measure(x, y, fit), between, fit)


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

"""What one model is worth on one dataset: overall, by distortion type and by reference, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.statistics.arrays import FEWEST, codes, paired
from iqa_cli.statistics.bootstrap import draw_resamples, interval
from iqa_cli.statistics.logistic import Fit, fit_logistic
from iqa_cli.statistics.measures import Measures, measure, resampled_measures

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

    def row(self) -> dict[str, str | int | float]:
        """Flat, for a table: `srocc`, `srocc_low`, `srocc_high`, ..., then the fit and what went wrong with it."""
        row = {"subset": self.subset, "name": self.name, "images": self.images, "references": self.references}
        for name, value in vars(self.value).items():
            low, high = getattr(self.interval, name)
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        return row | {"fit": self.fit.function, "fit_message": self.fit.message}


@dataclass(frozen=True)
class Summary:
    """The rows of one model on one dataset; types and groups sorted by name, empty where none were given."""

    overall: Agreement
    by_type: tuple[Agreement, ...]
    by_group: tuple[Agreement, ...]

    def rows(self) -> list[dict[str, str | int | float]]:
        """All rows, overall first."""
        return [agreement.row() for agreement in (self.overall, *self.by_type, *self.by_group)]


def summarise(
    predicted: ArrayLike,
    mos: ArrayLike,
    group: Sequence | None = None,
    type: Sequence | None = None,
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
    group: NDArray | None,
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

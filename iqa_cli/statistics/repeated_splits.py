"""Repeated splits by reference, and the medians papers report over them.

Never by image: versions of one reference on both sides let a model recognise the content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.errors import UsageError
from iqa_cli.statistics.agreement import Measures, measure
from iqa_cli.statistics.arrays import Labels, codes, paired
from iqa_cli.statistics.logistic import fit_logistic


class Sides(NamedTuple):
    """Places of the images to train on and to test on, each in ascending order."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


@dataclass(frozen=True)
class SplitSummary:
    """Measures on the test sides: median and standard deviation over the splits.

    The deviation shows how much the choice of test references matters. It is no confidence interval:
    the splits share their images. `fits_failed` counts the splits where a straight line stood in.
    """

    splits: int
    median: Measures[float]
    deviation: Measures[float]
    fits_failed: int


def repeated_splits(group: Labels, share: float = 0.2, repeats: int = 10, seed: int = 0) -> tuple[Sides, ...]:
    """`repeats` random splits in which every reference is wholly on one side.

    Args:
        group: the reference of each image; for a no-reference set, the images' own names.
        share: of the references that are tested, between 0 and 1; at least one is on either side.
        repeats: how many splits, 1 or more. Split k uses seed + k, so more repeats leave the first as they were.
        seed: of the first split.

    Raises UsageError for a share or repeats out of range, or fewer than two references.
    """
    if not 0 < share < 1 or repeats < 1:
        raise UsageError(f"splits need a test share between 0 and 1 and a repeat, not {share} and {repeats}")
    names, groups = codes(group, len(group), "group")
    if len(names) < 2:
        raise UsageError(f"a split by reference needs two references or more, there are {len(names)}")
    tested = min(max(1, round(share * len(names))), len(names) - 1)
    splits = []
    for k in range(repeats):
        chosen = np.random.default_rng(seed + k).permutation(len(names))[:tested]
        in_test = np.isin(groups, chosen)
        splits.append(Sides(np.flatnonzero(~in_test), np.flatnonzero(in_test)))
    return tuple(splits)


def summarise_splits(
    predicted: ArrayLike, mos: ArrayLike, splits: Sequence[Sides], parameters: int = 4
) -> SplitSummary:
    """Median and standard deviation of each measure over the test sides; NaN where any split has none.

    The logistic (of 4 or 5 `parameters`) is fitted on each test side, as papers do. Raises UsageError
    for no splits, unequal lengths, or values that are not finite.
    """
    if not splits:
        raise UsageError("medians over splits need at least one split")
    x, y = paired(predicted, mos)
    sides = [(x[split.test], y[split.test]) for split in splits]
    fits = [fit_logistic(*side, parameters) for side in sides]
    found = [vars(measure(*side, fit)) for side, fit in zip(sides, fits, strict=True)]
    over = {name: np.array([values[name] for values in found]) for name in found[0]}
    return SplitSummary(
        splits=len(splits),
        median=Measures(**{name: float(np.median(values)) for name, values in over.items()}),
        deviation=Measures(**{name: float(np.std(values)) for name, values in over.items()}),
        fits_failed=sum(not fit.converged for fit in fits),
    )

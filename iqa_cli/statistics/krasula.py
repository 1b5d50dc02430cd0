"""How well a model tells different pairs of images from similar ones, and the better image from the worse.

Krasula, Fliegel, Le Callet and Klima, "On the accuracy of objective image and video quality models", QoMEX 2016. Which
pairs differ for people is tested as the authors' program does, by the z test of ITU-T J.149.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from iqa_cli.statistics.delong import Z95, area_interval, mirrored_areas, roc_areas
from iqa_cli.statistics.differences import DifferenceMatrix, assembled

SURE = 1.6448536269514722  # z at which a normal variable is surpassed with a chance of 5 %
MOST_PAIRS = 500_000  # of more than these a random part is taken
STATISTICS = ("auc_different", "auc_better", "c0")


@dataclass(frozen=True)
class KrasulaRow:
    """One model: values and 95 % intervals by statistic.

    `auc_different`: area under the curve that tells different pairs from similar ones by the size of the difference of
    scores. `auc_better`: that which tells, of different pairs, the better image from the worse by the difference. `c0`:
    share of different pairs in which the better image has the higher score.
    """

    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Krasula:
    """All models on the same pairs.

    `pairs` were tested, of `all_pairs` that there are; `different` of them differ for people. `rows` are by model,
    `differences` one matrix a statistic, empty for a single model.
    """

    pairs: int
    all_pairs: int
    different: int
    rows: Mapping[str, KrasulaRow]
    differences: tuple[DifferenceMatrix, ...]


def krasula(
    predictions: Mapping[str, NDArray[np.float64]],
    mos: NDArray[np.float64],
    std: NDArray[np.float64],
    raters: NDArray[np.float64],
    seed: int = 0,
) -> Krasula | None:
    """The analysis over all pairs of images; None when no two images differ for people, or none are similar.

    Args:
        predictions: scores (images,) by model, turned so that higher is better.
        mos: opinions (images,), higher is better.
        std: standard deviations of single ratings (images,), in the units of `mos`.
        raters: how many rated each image (images,).
        seed: of the part that is taken of many pairs.
    """
    first, second, everything = some_pairs(mos.size, seed)
    signs = significance(mos, std, raters, first, second)
    differing = signs != 0
    if not differing.any() or differing.all():
        return None
    scores = np.stack(list(predictions.values()))
    gaps = scores[:, first] - scores[:, second]
    different, of_different = roc_areas(np.abs(gaps[:, differing]), np.abs(gaps[:, ~differing]))
    right = gaps[:, differing] * signs[differing]
    better, of_better = mirrored_areas(right)
    hits = right > 0
    found = {"auc_different": different, "auc_better": better, "c0": hits.mean(axis=1)}
    covariances = {"auc_different": of_different, "auc_better": of_better}
    rows = {
        model: KrasulaRow(
            {statistic: float(values[place]) for statistic, values in found.items()},
            {
                statistic: area_interval(float(found[statistic][place]), float(covariance[place, place]))
                for statistic, covariance in covariances.items()
            }
            | {"c0": _wilson(int(hits[place].sum()), hits.shape[1])},
        )
        for place, model in enumerate(predictions)
    }
    names = tuple(predictions)
    differences = [_areas_differ(name, names, found[name], covariances[name]) for name in covariances]
    differences.append(_hits_differ(names, hits))
    several = len(names) > 1
    return Krasula(signs.size, everything, int(differing.sum()), rows, tuple(differences) if several else ())


def some_pairs(images: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Places of first and second image of all pairs, or of MOST_PAIRS random ones; and how many there are."""
    everything = images * (images - 1) // 2
    if everything <= MOST_PAIRS:
        first, second = np.triu_indices(images, 1)
        return first, second, everything
    number = np.random.default_rng(seed).choice(everything, MOST_PAIRS, replace=False)
    # Pair k has the second image j with j(j − 1)/2 ≤ k < j(j + 1)/2.
    second = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) / 2).astype(np.intp)
    second -= second * (second - 1) // 2 > number
    second += second * (second + 1) // 2 <= number
    return number - second * (second - 1) // 2, second, everything


def significance(
    mos: NDArray[np.float64],
    std: NDArray[np.float64],
    raters: NDArray[np.float64],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
) -> NDArray[np.int8]:
    """1 where the first image of a pair is significantly better, −1 where it is worse, else 0.

    z is the difference of the MOS by its standard error, √(s₁²/n₁ + s₂²/n₂); significant where |z| is 1.645 or more, a
    one-sided chance of 5 %.
    """
    error = std**2 / raters
    scale = np.sqrt(error[first] + error[second])
    gap = mos[first] - mos[second]
    z = gap / np.where(scale > 0, scale, 1e-6)
    return (np.sign(gap) * (np.abs(z) >= SURE)).astype(np.int8)


def _areas_differ(statistic: str, names: tuple[str, ...], areas: NDArray, covariance: NDArray) -> DifferenceMatrix:
    """DeLong's test of each pair of models; of areas that differ without a variance nothing is known: NaN."""
    from scipy.stats import norm

    bounds, p = [], []
    for i, j in combinations(range(len(names)), 2):
        gap = float(areas[i] - areas[j])
        variance = float(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j])
        error = np.sqrt(variance) if variance > 0 else 0.0 if gap == 0 else np.nan
        bounds.append((gap - Z95 * error, gap + Z95 * error))
        p.append(1.0 if gap == 0 else 2 * norm.sf(abs(gap) / error))
    return assembled(statistic, names, areas, bounds, np.array(p))


def _hits_differ(names: tuple[str, ...], hits: NDArray[np.bool_]) -> DifferenceMatrix:
    """McNemar's exact test of each pair of models: the pairs of images that one gets right alone."""
    from scipy.stats import binomtest

    bounds, p, n = [], [], hits.shape[1]
    for i, j in combinations(range(len(names)), 2):
        one, other = int((hits[i] & ~hits[j]).sum()), int((hits[j] & ~hits[i]).sum())
        gap = (one - other) / n
        error = np.sqrt(max((one + other) / n - gap**2, 0.0) / n) if abs(gap) < 1 else np.nan  # one alone is right
        bounds.append((gap - Z95 * error, gap + Z95 * error))
        p.append(binomtest(one, one + other).pvalue if one + other else 1.0)
    return assembled("c0", names, hits.mean(axis=1), bounds, np.array(p))


def _wilson(hits: int, cases: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    low, high = binomtest(hits, cases).proportion_ci(method="wilson")
    return float(low), float(high)

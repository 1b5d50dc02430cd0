"""Which of several restoration methods scores best on the same images (`iqa compare`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iqa_cli.errors import UsageError
from iqa_cli.statistics.arrays import columns
from iqa_cli.statistics.bootstrap import DRAWS, draw_resamples, holm, interval
from iqa_cli.statistics.correlation import krocc, srocc
from iqa_cli.statistics.resampled import resampled_mean

PATTERNS = 9999  # random sign patterns; all 2ⁿ are taken when they are no more than that
SIGNS = 2**20  # held at once


@dataclass(frozen=True)
class MethodSummary:
    """One row: a method's mean score with its 95 % interval over images, and how it stands to the best.

    `wins` counts the images it scores best on, a tie shared in equal parts. `rank` is 1 for the best
    mean; equal means share a rank. `difference` is its mean less the best method's, with a 95 % interval;
    `p` tests that it is 0, `p_holm` corrects for all methods tested. Of the best itself: 0, 0, 0, NaN, NaN.
    """

    method: str
    images: int
    mean: float
    low: float
    high: float
    wins: float
    rank: int
    difference: float
    difference_low: float
    difference_high: float
    p: float
    p_holm: float


@dataclass(frozen=True, eq=False)
class RankAgreement:
    """Rank correlations between metrics over the same candidates, arrays (metrics, metrics), NaN below 3."""

    metrics: tuple[str, ...]
    srocc: NDArray[np.float64]
    krocc: NDArray[np.float64]


def rank_agreement(scores: Mapping[str, ArrayLike]) -> RankAgreement:
    """How alike metrics rank the same candidates.

    `scores` holds each metric's scores (candidates,), all turned so that higher is better, or metrics of
    opposite direction show negative. Raises UsageError for unequal lengths or values that are not finite.
    """
    metrics = columns(scores)
    tables = [np.array([[correlate(a, b) for b in metrics] for a in metrics]) for correlate in (srocc, krocc)]
    return RankAgreement(tuple(scores), *tables)


def wins(scores: Mapping[str, ArrayLike], higher_is_better: bool = True) -> dict[str, float]:
    """Images each method scores best on; methods equal on an image share it in equal parts.

    The wins add up to the number of images. Raises UsageError for unequal lengths or values that are not finite.
    """
    table = _oriented(scores, higher_is_better)
    best = table == table.max(axis=0)
    return dict(zip(scores, (best / best.sum(axis=0)).sum(axis=1).tolist(), strict=True))


def same_best(scores: Mapping[str, NDArray[np.float64]]) -> dict[tuple[str, str], float]:
    """The share of images on which two metrics find the same method best, or one of those tied for it.

    `scores` holds each metric's scores (methods, images), all turned so that higher is better; the result
    has each pair of metrics once, in their order.
    """
    best = {name: table == table.max(axis=0) for name, table in scores.items()}
    return {(a, b): float((best[a] & best[b]).any(axis=0).mean()) for a, b in combinations(scores, 2)}


def summarise_methods(
    scores: Mapping[str, ArrayLike], higher_is_better: bool = True, *, resamples: int = DRAWS, seed: int = 0
) -> tuple[MethodSummary, ...]:
    """One row a method, in the order given.

    Intervals are by bootstrap over images. The p value is of a paired sign-flip permutation test of the
    mean difference: exact up to 13 images, where a bootstrap would find everything significant. (The
    best is chosen on the same images, which flatters it a little.)

    Args:
        scores: each method's scores (images,) by one metric, on the same images in the same order.
        higher_is_better: direction of the metric; means are in its own units either way.
        resamples: draws of the bootstrap.
        seed: of draws and sign patterns.

    Raises UsageError for no method, no image, unequal lengths, or values that are not finite.
    """
    table = columns(scores)
    images = table.shape[1]
    drawn = draw_resamples(None, images, resamples, seed)
    means, towards_best = table.mean(axis=1), _oriented(scores, higher_is_better).mean(axis=1)
    best = int(np.argmax(towards_best))
    gaps = table - table[best]
    p = sign_flip_p(gaps, seed)
    p[best] = np.nan  # not a comparison
    corrected, won = holm(p), wins(scores, higher_is_better)
    return tuple(
        MethodSummary(
            name,
            images,
            float(means[k]),
            *interval(resampled_mean(table[k], drawn), images),
            won[name],
            1 + int(np.count_nonzero(towards_best > towards_best[k])),
            float(gaps[k].mean()),
            *((0.0, 0.0) if k == best else interval(resampled_mean(gaps[k], drawn), images)),
            float(p[k]),
            float(corrected[k]),
        )
        for k, name in enumerate(scores)
    )


def sign_flip_p(differences: ArrayLike, seed: int = 0) -> NDArray[np.float64]:
    """Two-sided p value of "the mean is 0" for each row of (methods, images): shape (methods,).

    The paired sign-flip permutation test (Fisher 1935): if two methods are equal, each image's difference
    could as well have had the other sign. SciPy's `permutation_test` does one column; this does many at
    once and far faster. Exact up to 13 images, so that few images cannot pass for evidence: three give
    0.25 at best. Above, random patterns, the observed one counted among them: never below 1 / 10,000.
    """
    rows = np.asarray(differences, dtype=np.float64)
    images = rows.shape[1]
    observed = np.abs(rows.sum(axis=1)) * (1 - 1e-12)  # equal sums must stay equal in any order of adding
    every = 2**images <= PATTERNS
    patterns = 2**images if every else PATTERNS
    rng = np.random.default_rng(seed)
    as_extreme = np.zeros(len(rows))
    step = max(1, SIGNS // max(1, images))
    for start in range(0, patterns, step):
        some = np.arange(start, min(start + step, patterns))
        bits = (some[:, None] >> np.arange(images)) & 1 if every else rng.integers(2, size=(some.size, images))
        as_extreme += np.count_nonzero(np.abs((2.0 * bits - 1.0) @ rows.T) >= observed, axis=0)
    return as_extreme / patterns if every else (as_extreme + 1) / (patterns + 1)


def _oriented(scores: Mapping[str, ArrayLike], higher_is_better: bool) -> NDArray[np.float64]:
    table = columns(scores)
    if table.shape[1] == 0:
        raise UsageError("methods cannot be compared on no images at all")
    return table if higher_is_better else -table

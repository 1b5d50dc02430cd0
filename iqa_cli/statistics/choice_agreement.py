"""How well a model agrees with choices that people made between two images.

Every measure is a sum over pairs by another one, so that a bootstrap over whole references costs two sums a draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from iqa_cli.statistics.bootstrap import Resamples, draw_resamples, interval
from iqa_cli.statistics.bradley_terry import (
    FEWEST_LINKED,
    best_likelihood,
    image_scores,
    linked,
    log_likelihood,
    slope_of,
)
from iqa_cli.statistics.correlation import srocc
from iqa_cli.statistics.resampled import resampled_ratio

T = TypeVar("T")


@dataclass(frozen=True)
class ChoiceMeasures(Generic[T]):
    """Agreement with choices.

    `twoafc`: the share of people that the model sides with, mean over pairs, half where its scores are equal: the 2AFC
    score of BAPPS. `accuracy`: pairs in which it sides with most people; half where its scores are equal, without
    the pairs in which people were evenly parted. `of_ceiling`: 2AFC less one half, by what the best possible predictor
    reaches. `bt_srocc`: SROCC with the Bradley-Terry scores of the images, within linked images and weighted by their
    number. `bt_fit`: how far the model's scores, in one Bradley-Terry scale, explain the choices: 0 as a coin, 1 as
    the shares themselves.
    """

    twoafc: T
    accuracy: T
    of_ceiling: T
    bt_srocc: T
    bt_fit: T


class Choices(NamedTuple):
    """Pairs as arrays: places (pairs,) of images a and b, the share who preferred b, and how many were asked."""

    a: NDArray[np.intp]
    b: NDArray[np.intp]
    share: NDArray[np.float64]
    asked: NDArray[np.float64]

    def of(self, some: NDArray) -> "Choices":
        """The pairs at some places."""
        return Choices(*(column[some] for column in self))


@dataclass(frozen=True)
class People:
    """What can be had of the choices, whatever the model.

    `ceiling`: 2AFC of a predictor that always sides with most people. `person`: that of one person drawn from them,
    share² + (1 − share)². `scale`: how far Bradley-Terry scores of linked images explain the choices between them, the
    most that any scores can; few people leave it below 1 by chance alone, and it is NaN where no three images are
    linked. `undecided`: pairs in which people were evenly parted.
    """

    pairs: int
    undecided: int
    ceiling: float
    person: float
    scale: float


@dataclass(frozen=True)
class ChoiceAgreement:
    """A set of pairs, "all" or a type or group by `name`, a model's measures on it, and their 95 % intervals."""

    name: str
    pairs: int
    references: int
    value: ChoiceMeasures[float]
    interval: ChoiceMeasures[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """Bradley-Terry scores (images,) of linked images, NaN for others, and the component of each image."""

    scores: NDArray[np.float64]
    component: NDArray[np.intp]

    @classmethod
    def of(cls, choices: Choices, images: int) -> "Scale":
        """Fitted to the pairs of components of three images or more."""
        component = linked(choices.a, choices.b, images)
        large = np.bincount(component)[component] >= FEWEST_LINKED
        scores = np.full(images, np.nan)
        some = choices.of(large[choices.a])
        if some.share.size:
            fitted = image_scores(*some, images)
            scores[large] = fitted[large]
        return cls(scores, component)


def people(choices: Choices, scale: Scale) -> People:
    """What a model can reach at best."""
    share = choices.share
    there = np.isfinite(scale.scores[choices.a])
    explained = _explained(choices.of(there), scale.scores[choices.b[there]] - scale.scores[choices.a[there]])
    return People(
        pairs=share.size,
        undecided=int((share == 0.5).sum()),
        ceiling=float(np.maximum(share, 1 - share).mean()),
        person=float((share**2 + (1 - share) ** 2).mean()),
        scale=_ratio(*explained) if there.any() else float("nan"),
    )


def agree(
    scores: NDArray[np.float64],
    choices: Choices,
    scale: Scale,
    group: NDArray | None,
    *,
    name: str = "all",
    resamples: int = 1000,
    seed: int = 0,
) -> ChoiceAgreement:
    """One row.

    Args:
        scores: of the images, turned so that higher is better.
        choices: the pairs.
        scale: of the images, by these pairs.
        group: the reference of each pair, None where each pair stands for itself.
        name: what the row is called.
        resamples: draws of the bootstrap over references; 0 gives no intervals (NaN).
        seed: of the draws.
    """
    terms = {**choice_terms(scores, choices), "bt_srocc": _ranks(scores, choices, scale)}
    pairs = choices.share.size
    references = pairs if group is None else np.unique(group).size
    between = {measure: (float("nan"), float("nan")) for measure in terms}
    if resamples and references > 1:
        drawn = draw_resamples(group, pairs, resamples, seed)
        between = {m: interval(resampled_ratio(*parts, drawn), references) for m, parts in terms.items()}
        if not _inside(scale, choices, drawn):
            between["bt_srocc"] = (float("nan"), float("nan"))
    values = {measure: _ratio(*parts) for measure, parts in terms.items()}
    return ChoiceAgreement(name, pairs, references, ChoiceMeasures(**values), ChoiceMeasures(**between))


def choice_terms(
    scores: NDArray[np.float64], choices: Choices
) -> Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Numerator and denominator (pairs,) of each measure that needs no scale."""
    share = choices.share
    difference = scores[choices.b] - scores[choices.a]
    sided = (np.sign(difference) + 1) / 2
    twoafc = sided * share + (1 - sided) * (1 - share)
    decided = (share != 0.5).astype(np.float64)
    right = decided * (1 - np.abs(sided - (share > 0.5)))
    return {
        "twoafc": (twoafc, np.ones_like(share)),
        "accuracy": (right, decided),
        "of_ceiling": (twoafc - 0.5, np.maximum(share, 1 - share) - 0.5),
        "bt_fit": _explained(choices, slope_of(difference, share, choices.asked) * difference),
    }


def _explained(choices: Choices, gap: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What scores that are `gap` apart gain over a coin, and what the shares themselves would: both (pairs,)."""
    coin = log_likelihood(np.zeros_like(gap), choices.share)
    gained = log_likelihood(gap, choices.share) - coin
    return choices.asked * gained, choices.asked * (best_likelihood(choices.share) - coin)


def _ranks(scores: NDArray[np.float64], choices: Choices, scale: Scale) -> tuple[NDArray, NDArray]:
    """SROCC times images, and images, of each component, both at its first pair.

    Where a model scores a component alike, SROCC counts as 0 there; a model that scores all images alike has none.
    """
    above, below = np.zeros(choices.share.size), np.zeros(choices.share.size)
    of_pairs = scale.component[choices.a]
    if not np.ptp(scores[np.isfinite(scores)]):
        return above, below
    there = np.isfinite(scale.scores)
    order = np.argsort(scale.component, kind="stable")
    places = np.split(order, np.flatnonzero(np.diff(scale.component[order])) + 1)
    components, first = np.unique(of_pairs, return_index=True)
    at = dict(zip(components.tolist(), first.tolist(), strict=True))
    for images in places:
        component = int(scale.component[images[0]])
        if component not in at or not there[images].all() or not np.ptp(scale.scores[images]):
            continue
        found = srocc(scores[images], scale.scores[images])
        above[at[component]], below[at[component]] = np.nan_to_num(found) * images.size, images.size
    return above, below


def _inside(scale: Scale, choices: Choices, drawn: Resamples) -> bool:
    """Whether no linked images reach over the border of what the bootstrap draws together."""
    of_pairs = scale.component[choices.a]
    both = np.unique(np.stack([of_pairs, drawn.member]), axis=1)
    return both.shape[1] == np.unique(of_pairs).size


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> float:
    total = float(below.sum())
    return float(above.sum()) / total if total > 0 else float("nan")

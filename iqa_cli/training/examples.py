"""Rated images as examples to learn from, or held out: scores in 1..5 and the label distributions that go with them."""

import math
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from iqa_cli.datasets import Item
from iqa_cli.datasets.splits import by_group, by_names, spatial_information_of, stratified, test_names
from iqa_cli.errors import UsageError
from iqa_cli.registry import find_model
from iqa_cli.training.picture_files import Picture, is_held_out
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Rated

LEVELS = torch.arange(1.0, 6.0)


@dataclass(frozen=True)
class Ratings:
    """Rated images as a data set gives them, and the ends of its scale, which become 1 and 5."""

    items: list[Item]
    low: float
    high: float

    @property
    def unit(self) -> float:
        """Levels of 1..5 to one unit of the data set's own scale."""
        return 4 / (self.high - self.low)

    def score(self, item: Item) -> float:
        """The MOS mapped to 1..5, cut off at the ends."""
        return min(max(1 + self.unit * (item.mos - self.low), 1.0), 5.0)


@dataclass(frozen=True)
class Example:
    """A rated image: its score in 1..5, the distribution (5,) over the levels that stands for it, its type.

    `source` names those whose scores were given together, so that they can be put in order.
    """

    image: Picture
    reference: Picture | None
    score: float
    distribution: Tensor
    type: str = ""
    source: str = ""


def parted(
    recipe: Recipe,
    rated: Mapping[Rated, Ratings],
    probed: Mapping[Picture, Picture],
    test_lists: Mapping[str, Path],
) -> tuple[list[Example], list[Example]]:
    """Those to learn from, and those held out.

    Args:
        probed: every picture with its size.
        test_lists: by data, a file that names the held-out images, instead of the recipe's split.

    Raises:
        UsageError: a source has no image left, or follows one that the recipe does not name before it.
    """
    learnt: list[Example] = []
    held_out: list[Example] = []
    tested: dict[str, set[Path]] = {}
    for source, ratings in rated.items():
        if not ratings.items:
            raise UsageError(f"{source.data}: no image is left to learn from")
        test = tested[source.data] = _held_out(recipe, source, ratings.items, tested, test_lists)
        for item in ratings.items:
            example = _example(item, ratings, source, probed, find_model(recipe.model).full_reference)
            (held_out if item.image in test else learnt).append(example)
    return learnt, held_out


def _example(item: Item, ratings: Ratings, source: Rated, probed: Mapping[Picture, Picture], paired: bool) -> Example:
    score = ratings.score(item)
    if item.votes and sum(item.votes) > 0:
        distribution = from_votes(item.votes)
    else:
        std = item.std
        spread = std * ratings.unit if std is not None and math.isfinite(std) and std > 0 else source.spread
        distribution = level_distribution(torch.tensor([score]), spread)[0]
    reference = probed[Picture(cast(Path, item.reference))] if paired else None
    found = re.search(source.source, item.image.name)
    name = f"{source.data} {found[0] if found else ''}".rstrip()
    return Example(probed[Picture(item.image)], reference, score, distribution, item.type, name)


def _held_out(
    recipe: Recipe, source: Rated, items: Sequence[Item], tested: Mapping[str, set[Path]], lists: Mapping[str, Path]
) -> set[Path]:
    """The images of one source that are held out."""
    share = recipe.holdout if source.holdout is None else source.holdout
    if source.data in lists:
        split = by_names(items, test_names(lists[source.data]))
    elif source.follows:
        if source.follows not in tested:
            raise UsageError(f"{source.data} follows {source.follows}, which the recipe must name before it")
        split = by_names(items, {str(image) for image in tested[source.follows]})
    elif source.split == "reference":
        split = by_group(items, share, recipe.seed)
    elif source.split == "stratified":
        if len({item.group or item.image for item in items}) < len(items):
            raise UsageError(
                f'{source.data}: split = "stratified" parts single images, but some of these share a reference or a '
                'group: take split = "reference"'
            )
        with ThreadPoolExecutor() as pool:
            information = list(pool.map(spatial_information_of, [item.image for item in items]))
        split = stratified(items, information, share, recipe.seed)
    else:
        return {item.image for item in items if is_held_out(_named_by(item), share)}
    return {item.image for item in split.test}


def _named_by(item: Item) -> Path | str:
    """What tells an image's side: the reference or the image that its group is called by, or a group of its own."""
    file = item.reference or item.image
    return file if item.group in ("", file.name) or Path(item.group) == file else item.group


def from_votes(votes: Sequence[float]) -> Tensor:
    """Label distribution (5,) from the counts, or shares, of the votes for the levels 1 to 5."""
    counts = torch.tensor([float(v) for v in votes])
    return counts / counts.sum()


def level_distribution(scores: Tensor, spread: Tensor | float) -> Tensor:
    """Label distributions (N, 5): a Gaussian at the levels 1..5, renormalised, whose mean is the score.

    A Gaussian cut off at the ends of the scale has its mean drawn towards the middle (for a spread of 0.7:
    1.29 where it is centred on 1), so its centre is moved out until the mean fits. Scores nearer than 0.1 to
    an end are taken as that far from it. (TRIQ's code takes the Gaussian without renormalising.)

    Args:
        scores: (N,) in 1..5.
        spread: standard deviation in levels, one for all or (N,); at least 0.3 is taken.
    """
    levels = LEVELS.to(scores.device)
    spread = torch.as_tensor(spread, device=scores.device).clamp_min(0.3).expand(len(scores))[:, None]
    wanted = scores.clamp(1.1, 4.9)
    centre = wanted.clone()
    for _ in range(20):  # Newton: the mean grows with the centre by variance / spread squared
        p = _gaussian(centre, levels, spread)
        mean = p @ levels
        variance = (p @ levels**2 - mean**2).clamp_min(0.02)
        centre = centre + ((wanted - mean) * spread[:, 0] ** 2 / variance).clamp(-1, 1)
    return _gaussian(centre, levels, spread)


def _gaussian(centre: Tensor, levels: Tensor, spread: Tensor) -> Tensor:
    return torch.softmax(-0.5 * ((levels - centre[:, None]) / spread) ** 2, dim=-1)

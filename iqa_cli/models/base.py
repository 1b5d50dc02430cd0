"""What every model is: a function of images in [0, 1] that gives one score per image.

A model says three things of itself. What it makes of one piece of an image (`outputs`), be it a crop or the
whole; how the pieces of an image become its score (`pool`) and what else they tell (`details`); and what
training asks of it (`predict`, `scores`, `loss`). Each kind of model answers for all of its models.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Encoding = Tensor | tuple[Tensor, ...]  # of B images: one tensor, or several (a feature pyramid), each B x ...


class Model(nn.Module, ABC):
    """A model whose pieces have one score each; the score of an image is their plain mean."""

    # What a border of an image that is never looked at measures, in px a side.
    border = 0
    # What a mask must hold at least, in words; said where it holds less.
    mask_holds = "it must hold a pixel inside the border that is cut"

    @abstractmethod
    def outputs(self, *inputs: Any) -> Tensor:
        """What is pooled, (B, ...), of B pieces."""

    def pool(self, outputs: Tensor, shares: Tensor | None = None) -> Tensor:
        """Scores (...) of images from the outputs of their pieces, (M, ...), pieces first.

        Each piece counts by its share (M,) of a mask, where there are any.
        """
        return averaged(outputs, shares)

    def details(self, outputs: Tensor, cropped: bool, shares: Tensor | None = None) -> dict[str, Any]:
        """What else the outputs (M, ...) of one image's pieces tell, JSON-ready: of crops their spread."""
        return spread(outputs) if cropped else {}

    @abstractmethod
    def predict(self, distorted: Tensor, reference: Tensor | None) -> Tensor:
        """What `loss` compares with labels, (N, ...), for N x 3 x H x W RGB in [0, 1].

        `reference` holds N / versions images, one for each run of `versions` distorted ones.
        """

    def scores(self, predicted: Tensor) -> Tensor:
        """Scores (N,) of what `predict` gives."""
        return predicted

    def loss(self, predicted: Tensor, score: Tensor, distribution: Tensor | None) -> Tensor:
        """By image (N,): the squared error of (score - 1) / 4; labels `score` (N,) in 1..5."""
        return ((predicted.float() - score) / 4) ** 2


class Telling(ABC):
    """A model that judges by features of cells of a piece, in which more can be found than its score."""

    @abstractmethod
    def outputs_and_cells(self, *inputs: Any) -> tuple[Tensor, Tensor]:
        """What `outputs` gives of B pieces, and the features of their cells, B x channels x h x w: one forward pass."""


class Hinting(ABC):
    """A model of five levels that others can be distilled from: what they are to see in its maps."""

    HINTS: tuple[int, ...]  # channels of the hints

    @abstractmethod
    def hints_and_logits(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """Hints of stride 4, 8, 16 and 32, or coarser, and level logits (B, 5), of B x 3 x H x W RGB in [0, 1]."""


class Student(ABC):
    """A model of five levels that can be distilled from another, map by map."""

    MAPS: tuple[int, ...]  # channels of the maps

    @abstractmethod
    def maps_and_logits(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """Maps of stride 4, 8, 16 and 32, and level logits (B, 5), of B x 3 x H x W RGB in [0, 1]."""


class FullReference(Model):
    """A model that compares a distorted image with its reference.

    The work is split in two so that a reference seen by many distorted images is encoded once.
    """

    @abstractmethod
    def encode(self, images: Tensor) -> Encoding:
        """Whatever of one image does not depend on the other; `images` is B x 3 x H x W RGB in [0, 1]."""

    @abstractmethod
    def compare(self, reference: Any, distorted: Any) -> Tensor:
        """Scores (B,) from two encodings as `encode` gives them, one per image, never averaged over the batch."""

    def outputs(self, reference: Encoding, distorted: Tensor, mask: Tensor | None = None) -> Tensor:
        """Scores (B,) of pieces B x 3 x H x W against the encodings of their references.

        A model whose `Spec` declares `masks` takes a mask B x 1 x H x W in [0, 1] as a third argument of `compare`.
        """
        encoded = self.encode(distorted)
        return self.compare(reference, encoded) if mask is None else cast(Any, self).compare(reference, encoded, mask)

    def forward(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,) of `distorted` against `reference`, both B x 3 x H x W RGB in [0, 1]."""
        return self.outputs(self.encode(reference), distorted)

    def predict(self, distorted: Tensor, reference: Tensor | None) -> Tensor:
        """Scores (N,); each reference is encoded once for all its versions, and in one batch with them.

        BatchNorm must not see references and distorted images apart, or an undistorted pair has a difference
        while training.
        """
        given = cast(Tensor, reference)
        count, versions = len(given), len(distorted) // len(given)
        both = self.encode(torch.cat([given, distorted]))
        references = each(lambda part: part[:count].repeat_interleave(versions, dim=0), both)
        return self.compare(references, each(lambda part: part[count:], both))


class NoReference(Model):
    """A model that judges an image alone. It gives a score (B,) by `outputs`."""

    @abstractmethod
    def outputs(self, images: Tensor) -> Tensor:
        """What is pooled, (B, ...), of pieces B x 3 x H x W RGB in [0, 1]."""

    def forward(self, images: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W RGB in [0, 1]."""
        return self.pool(self.outputs(images)[None])

    def predict(self, distorted: Tensor, reference: Tensor | None) -> Tensor:
        """Scores (N,) of the distorted images."""
        return self(distorted)


class FiveLevel(NoReference):
    """A model that judges an image alone, by a distribution over five levels of quality.

    Levels are 1 bad, 2 poor, 3 fair, 4 good, 5 excellent (ITU-R BT.500). Pieces are pooled as distributions;
    the score is the mean level.
    """

    @abstractmethod
    def logits(self, images: Tensor) -> Tensor:
        """Unnormalised log-probabilities (B, 5) for B x 3 x H x W RGB in [0, 1]."""

    def distribution(self, images: Tensor) -> Tensor:
        """Probabilities (B, 5) of the levels 1 to 5."""
        return self.logits(images).float().softmax(dim=-1)

    def outputs(self, images: Tensor) -> Tensor:
        """Level probabilities (B, 5) of pieces."""
        return self.distribution(images)

    def pool(self, outputs: Tensor, shares: Tensor | None = None) -> Tensor:
        """Scores (...) in [1, 5] from the level probabilities (M, ..., 5) of pieces."""
        return mean_level(averaged(outputs, shares))

    def details(self, outputs: Tensor, cropped: bool, shares: Tensor | None = None) -> dict[str, Any]:
        """The probabilities of the levels, and of crops the spread of their scores."""
        return {"probabilities": averaged(outputs, shares).tolist(), **super().details(mean_level(outputs), cropped)}

    def predict(self, distorted: Tensor, reference: Tensor | None) -> Tensor:
        """Level logits (N, 5)."""
        return self.logits(distorted)

    def scores(self, predicted: Tensor) -> Tensor:
        """Scores (N,) of level logits (N, 5)."""
        return mean_level(predicted.float().softmax(-1))

    def loss(self, predicted: Tensor, score: Tensor, distribution: Tensor | None) -> Tensor:
        """By image (N,): the cross-entropy with the label distribution (N, 5)."""
        return F.cross_entropy(predicted.float(), cast(Tensor, distribution), reduction="none")


def averaged(outputs: Tensor, shares: Tensor | None) -> Tensor:
    """The mean (...) of (M, ...), in which each counts by its share (M,) where there are shares."""
    if shares is None:
        return outputs.mean(dim=0)
    return torch.tensordot(shares / shares.sum(), outputs, dims=1)


def mean_level(distribution: Tensor) -> Tensor:
    """Score sum(i * p_i), i = 1..5, of level probabilities (..., 5)."""
    levels = distribution.new_tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    return (distribution * levels).sum(dim=-1)


def spread(values: Tensor) -> dict[str, Any]:
    """How the scores (M,) of an image's crops differ."""
    return {
        "crops": len(values),
        "crop_std": values.std(correction=0).item(),
        "crop_min": values.min().item(),
        "crop_max": values.max().item(),
    }


def each(function: Callable[..., Tensor], *encodings: Encoding) -> Encoding:
    """`function` of encodings: of the tensors, or of the first, second, ... tensors of each."""
    if isinstance(encodings[0], Tensor):
        return function(*encodings)
    return tuple(function(*parts) for parts in zip(*encodings, strict=True))


def stacked(encodings: Sequence[Encoding]) -> Encoding:
    """One encoding of B images from B encodings of one image each (no leading axis)."""
    return each(lambda *parts: torch.stack(parts), *encodings)


def separate(encoding: Encoding, count: int) -> list[Encoding]:
    """The encodings of `count` images one by one: views without a leading axis."""
    return [each(lambda part, number=number: part[number], encoding) for number in range(count)]

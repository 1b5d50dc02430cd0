"""What every model is: a function of images in [0, 1] that gives one score per image."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class FullReference(nn.Module, ABC):
    """A model that compares a distorted image with its reference.

    The work is split in two so that a reference seen by many distorted images is encoded once.
    """

    @abstractmethod
    def encode(self, images: Tensor) -> Tensor:
        """Whatever of one image does not depend on the other; `images` is B x 3 x H x W RGB in [0, 1]."""

    @abstractmethod
    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,) from two encodings, one per image, never averaged over the batch."""

    def forward(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,) of `distorted` against `reference`, both B x 3 x H x W RGB in [0, 1]."""
        return self.compare(self.encode(reference), self.encode(distorted))


class NoReference(nn.Module, ABC):
    """A model that judges an image alone, by a distribution over five levels of quality.

    Levels are 1 bad, 2 poor, 3 fair, 4 good, 5 excellent (ITU-R BT.500).
    """

    @abstractmethod
    def logits(self, images: Tensor) -> Tensor:
        """Unnormalised log-probabilities (B, 5) for B x 3 x H x W RGB in [0, 1]."""

    def distribution(self, images: Tensor) -> Tensor:
        """Probabilities (B, 5) of the levels 1 to 5."""
        return self.logits(images).float().softmax(dim=-1)

    def forward(self, images: Tensor) -> Tensor:
        """Scores (B,) in [1, 5]: the mean of the level distribution."""
        return mean_level(self.distribution(images))


def mean_level(distribution: Tensor) -> Tensor:
    """Score sum(i * p_i), i = 1..5, of level probabilities (B, 5)."""
    levels = distribution.new_tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    return (distribution * levels).sum(dim=-1)

"""The model: what it makes of one image, and of two."""

from dataclasses import dataclass

from torch import Tensor

from iqa_cli.models.base import FullReference


@dataclass(frozen=True)
class Config:
    """Nothing to choose."""


class MeanAbsoluteError(FullReference):
    """The mean difference of samples in [0, 1], lower is better."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config = config

    def encode(self, images: Tensor) -> Tensor:
        """The images themselves, B x 3 x H x W."""
        return images

    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Errors (B,)."""
        return (reference - distorted).abs().mean(dim=(1, 2, 3))

"""pyiqa asked in its own order: the image first, then the reference."""

from dataclasses import dataclass

import torch
from torch import Tensor

from iqa_cli.models.base import FullReference, NoReference


@dataclass(frozen=True)
class Config:
    """The name of a metric in pyiqa."""

    metric: str


TOPIQ_FR, TOPIQ_NR, MUSIQ, NIQE = Config("topiq_fr"), Config("topiq_nr"), Config("musiq"), Config("niqe")


def _made(config: Config) -> torch.nn.Module:
    import pyiqa

    return pyiqa.create_metric(config.metric, as_loss=False, device=torch.device("cpu"))


class PyiqaPair(FullReference):
    """A full-reference metric of pyiqa."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.metric = config, _made(config)

    def encode(self, images: Tensor) -> Tensor:
        """The images themselves, B x 3 x H x W in [0, 1]."""
        return images

    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,)."""
        pairs = zip(distorted.split(1), reference.split(1), strict=True)
        return torch.stack([self.metric(*pair).reshape(()) for pair in pairs])


class PyiqaAlone(NoReference):
    """A no-reference metric of pyiqa."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.metric = config, _made(config)

    def outputs(self, images: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W in [0, 1]."""
        return torch.stack([self.metric(image).reshape(()) for image in images.split(1)])

"""Published metrics as piq computes them: the one place where piq is called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from iqa_cli.errors import ImageError, MissingExtraError
from iqa_cli.models.backbones import import_timm
from iqa_cli.models.base import FullReference


@dataclass(frozen=True)
class PiqConfig:
    """How a metric is asked of piq.

    Attributes:
        function: its name in piq; it takes the distorted image, then the reference, samples in [0, 1].
        equal: score of equal images.
        bounded: whether no score is higher than that of equal images, as a similarity; rounding is cut off.
        alone: whether a score would depend on the other images of a batch, so that each is asked alone.
        options: of the function, where they are not its own defaults.
    """

    function: str
    equal: float = 1.0
    bounded: bool = True
    alone: bool = False
    options: tuple[tuple[str, Any], ...] = ()


FSIM = PiqConfig("fsim", options=(("chromatic", False),))
FSIMC = PiqConfig("fsim")
VSI = PiqConfig("vsi")
SR_SIM = PiqConfig("srsim", alone=True)
GMSD = PiqConfig("gmsd", equal=0, bounded=False)
MS_GMSD = PiqConfig("multi_scale_gmsd", equal=0, bounded=False)
MS_GMSDC = PiqConfig("multi_scale_gmsd", equal=0, bounded=False, options=(("chromatic", True),))
HAARPSI = PiqConfig("haarpsi")
MDSI = PiqConfig("mdsi", equal=0, bounded=False)
VIF = PiqConfig("vif_p", bounded=False)
DSS = PiqConfig("dss")


class PiqMetric(FullReference):
    """A full-reference metric of piq, in float32. No parameters.

    Equal images have exactly the best score. Where a formula has no derivative (equal images, black pixels), the
    gradient is 0.
    """

    def __init__(self, config: PiqConfig):
        super().__init__()
        self.config, self._function = config, piq_function(config.function)

    def encode(self, images: Tensor) -> Tensor:
        """The images themselves: piq takes both at once."""
        return images.to(torch.promote_types(images.dtype, torch.float32))

    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W RGB images in [0, 1].

        Raises:
            ImageError: piq refuses an image.
        """
        scores = self._measured(reference, derivable(distorted))
        if self.config.bounded:
            scores = scores.clamp(max=self.config.equal)
        same = (reference == distorted).flatten(1).all(dim=1)
        return torch.where(same, self.config.equal, scores)

    def _measured(self, reference: Tensor, distorted: Tensor) -> Tensor:
        pairs = list(zip(distorted.split(1), reference.split(1), strict=True))
        if not self.config.alone:
            pairs = [(distorted, reference)]
        try:
            scores = [self._function(*pair, reduction="none", **dict(self.config.options)) for pair in pairs]
        except (AssertionError, ValueError) as error:
            raise ImageError(f"piq refuses it ({error})") from error
        return torch.cat(scores)


def derivable(images: Tensor) -> Tensor:
    """The same images, whose gradient is 0 where it would be no number."""
    if not images.requires_grad:
        return images
    images = images.clone()
    images.register_hook(lambda gradient: gradient.nan_to_num(0, 0, 0))
    return images


def piq_function(name: str) -> Callable[..., Tensor]:
    """A function of piq, by its name.

    Raises:
        MissingExtraError: piq is not installed.
    """
    import_timm()  # brings torchvision, which piq imports too, in a state that can be imported
    try:
        import piq
    except ImportError as error:
        raise MissingExtraError("a published metric", "metrics", error) from None
    return cast(Callable[..., Tensor], getattr(piq, name))

"""Metrics that other packages bring with what they have learnt: their call, their weights, our direction and errors."""

import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.errors import ImageError
from iqa_cli.models.base import FullReference, NoReference
from iqa_cli.models.piq_metrics import derivable, piq_function


@dataclass(frozen=True)
class BorrowedConfig:
    """Which metric: a key of `MAKERS`; `shorter` is the side in px to which larger images are made smaller first."""

    metric: str
    shorter: int | None = None


LPIPS_ALEX, LPIPS_VGG = BorrowedConfig("lpips-alex"), BorrowedConfig("lpips-vgg")
DISTS = BorrowedConfig("dists", shorter=256)
PIEAPP, BRISQUE, CLIP_IQA = BorrowedConfig("pieapp"), BorrowedConfig("brisque"), BorrowedConfig("clip-iqa")


class BorrowedPair(FullReference):
    """A learned metric of two images, in float32. It keeps its weights as the package loads them."""

    def __init__(self, config: BorrowedConfig):
        super().__init__()
        self.config, self.metric = config, _made(config.metric)

    def encode(self, images: Tensor) -> Tensor:
        """The images, B x 3 x H x W, made smaller where the metric says so."""
        images, shorter = images.float(), self.config.shorter
        if shorter is None or min(images.shape[-2:]) <= shorter:
            return images
        size = [round(side * shorter / min(images.shape[-2:])) for side in images.shape[-2:]]
        return F.interpolate(images, size=size, mode="bilinear", antialias=True).clamp(0, 1)

    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,)."""
        return self.metric(reference, derivable(distorted)).reshape(len(distorted))


class BorrowedAlone(NoReference):
    """A learned metric of one image, in float32. It keeps its weights as the package loads them."""

    def __init__(self, config: BorrowedConfig):
        super().__init__()
        self.config, self.metric = config, _made(config.metric)

    def outputs(self, images: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W RGB in [0, 1].

        Raises:
            ImageError: the metric refuses an image, as BRISQUE does one without texture.
        """
        try:
            return self.metric(images.float()).reshape(len(images))
        except (AssertionError, ValueError) as error:
            raise ImageError(f"{self.config.metric} refuses it ({error})") from error


class _Call(nn.Module):
    """A metric of another package, asked in the order (reference, distorted), or of one image.

    `ask` is a function with a name of its own, by which it is pickled.

    It is moved with what it is in, and never cast: the constants of these metrics are too small for half precision.
    """

    def __init__(self, inner: nn.Module, ask: Callable[..., Tensor]):
        super().__init__()
        self.inner, self._ask = inner, ask

    def forward(self, *images: Tensor) -> Tensor:
        return self._ask(self.inner, *images)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """What `.to`, `.half`, `.cuda` ... do to a module."""

        def moved(tensor: Tensor) -> Tensor:
            made = fn(tensor)
            return made if made.dtype == tensor.dtype else tensor.to(made.device)

        return super()._apply(moved, recurse)


def _made(metric: str) -> nn.Module:
    from iqa_cli.models.backbones import import_timm

    import_timm()  # torchvision in a state that can be imported
    # These packages print what they load, and warn of torchvision's older words.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        return MAKERS[metric]()


def _lpips(net: str) -> nn.Module:
    import lpips

    return _Call(lpips.LPIPS(net=net, verbose=False), _ask_lpips)


def _ask_lpips(inner: nn.Module, old: Tensor, new: Tensor) -> Tensor:
    return inner(old, new, normalize=True)


def _dists() -> nn.Module:
    import DISTS_pytorch

    inner = DISTS_pytorch.DISTS(load_weights=False)  # its own way looks for them in sys.prefix
    learnt = torch.load(Path(DISTS_pytorch.__file__).with_name("weights.pt"), weights_only=True, map_location="cpu")
    for name in ("alpha", "beta"):
        getattr(inner, name).data = learnt[name].data
    return _Call(inner, _ask_dists)


def _ask_dists(inner: nn.Module, old: Tensor, new: Tensor) -> Tensor:
    return inner(old, new, require_grad=True)


def _pieapp() -> nn.Module:
    made: Any = piq_function("PieAPP")
    return _Call(made(reduction="none", enable_grad=True), _ask_pieapp)


def _ask_pieapp(inner: nn.Module, old: Tensor, new: Tensor) -> Tensor:
    return inner(new, old)


def _brisque() -> nn.Module:
    # It reads its weights anew for each image: once here, where damage still ends nothing that was begun.
    with torch.device("cpu"):
        _ask_brisque(nn.Identity(), torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    return _Call(nn.Identity(), _ask_brisque)


def _ask_brisque(inner: nn.Module, image: Tensor) -> Tensor:
    return piq_function("brisque")(image, data_range=1.0, reduction="none")


def _clip_iqa() -> nn.Module:
    made: Any = piq_function("CLIPIQA")
    return _Call(made(data_range=1.0), _ask_clip_iqa)


def _ask_clip_iqa(inner: nn.Module, image: Tensor) -> Tensor:
    return inner(image)


MAKERS: dict[str, Callable[[], nn.Module]] = {
    "lpips-alex": lambda: _lpips("alex"),
    "lpips-vgg": lambda: _lpips("vgg"),
    "dists": _dists,
    "pieapp": _pieapp,
    "brisque": _brisque,
    "clip-iqa": _clip_iqa,
}

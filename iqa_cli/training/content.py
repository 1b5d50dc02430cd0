"""Labels that depend on content: where an image stands within its cell of distortion type and level.

People rate one type at one level differently from image to image (`expected_std`). Two classical metrics that
agree well with people, HaarPSI (Reisenhofer et al., 2018) and MDSI (Ziaei Nafchi et al., 2016), order the
images within a cell; their place there, in standard deviations between photographs, moves the label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from iqa_cli.distortions import DISTORTIONS, distort
from iqa_cli.errors import MissingExtraError
from iqa_cli.training.picture_files import Picture, evenly

LEVELS = np.linspace(1, 5, 9)
CROP = 192  # px
PHOTOGRAPHS = 32
CROPS_OF_EACH = 2
MOST = 2.5  # standard deviations


@dataclass(frozen=True)
class Content:
    """How the metrics behave in each cell over photographs: arrays types x levels (x metrics)."""

    mean: np.ndarray
    spread: np.ndarray
    combined: np.ndarray

    def deviation(self, measured: np.ndarray, type: int, level: float) -> float:
        """Standard deviations by which a distorted image is better (+) or worse than others of its cell."""
        cell = [np.array([np.interp(level, LEVELS, c) for c in t[type - 1].T]) for t in (self.mean, self.spread)]
        place = float(np.mean((measured - cell[0]) / cell[1]))
        return float(np.clip(place / np.interp(level, LEVELS, self.combined[type - 1]), -MOST, MOST))


def measure(reference: Tensor, distorted: Tensor) -> np.ndarray:
    """HaarPSI and negated MDSI (N x 2, higher is better) of pairs N x 3 x h x w in [0, 1].

    MDSI is taken at half size, as it is on whole photographs.
    """
    piq = _piq()
    with torch.no_grad():
        haarpsi = piq.haarpsi(reference, distorted, data_range=1.0, reduction="none")
        halves = F.avg_pool2d(reference, 2), F.avg_pool2d(distorted, 2)
        mdsi = piq.mdsi(*halves, data_range=1.0, reduction="none")
    return torch.stack([haarpsi, -mdsi], dim=1).double().numpy()


def calibrate(photographs: Sequence[Picture], seed: int) -> Content:
    """Measure every type at every level of `LEVELS` on crops of photographs.

    The spread is that between photographs: the covariance of two crops of one photograph, since a
    published score is of a whole image.
    """
    chosen = evenly(photographs, PHOTOGRAPHS)
    values = np.array([[_cells(p.read(), [seed, n, c]) for c in range(CROPS_OF_EACH)] for n, p in enumerate(chosen)])
    mean = values.mean((0, 1))
    spread = _between(values - mean)
    place = ((values - mean) / spread).mean(-1, keepdims=True)
    return Content(mean, spread, _between(place)[..., 0])


def _between(centred: np.ndarray) -> np.ndarray:
    """Standard deviation between photographs of values photographs x 2 x ...; never a small part of the whole."""
    total = (centred**2).mean((0, 1))
    between = (centred[:, 0] * centred[:, 1]).mean(0)
    return np.sqrt(np.maximum(np.maximum(between, 0.25 * total), 1e-6))


def _cells(photograph: np.ndarray, seed: list[int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    side = min(CROP, *photograph.shape[:2])
    top, left = (rng.integers(s - side + 1) for s in photograph.shape[:2])
    crop = photograph[top : top + side, left : left + side].astype(np.float32) / 255
    reference = _tensor([crop]).expand(len(LEVELS), -1, -1, -1)
    return np.array(
        [measure(reference, _tensor([distort(crop, t, level, rng) for level in LEVELS])) for t in DISTORTIONS]
    )


def _tensor(images: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()


def _piq():
    from iqa_cli.models.backbones import import_timm

    import_timm()  # brings torchvision, which piq imports too, in a state that can be imported
    try:
        import piq
    except ImportError:
        raise MissingExtraError("training with labels that depend on content", "train") from None
    return piq

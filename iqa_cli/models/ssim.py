"""SSIM and MS-SSIM: luminance, contrast and structure compared in small windows.

SSIM: Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Processing 13(4), 2004.
MS-SSIM: Wang, Simoncelli, Bovik, Asilomar Conference on Signals, Systems and Computers, 2003.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from iqa_cli.models.base import FullReference
from iqa_cli.models.luma import ClassicConfig, inside, planes
from iqa_cli.models.weighing import least, windows_inside
from iqa_cli.models.windows import WINDOW, WINDOWS, Windows

STRIP = 32  # rows of windows worked on at a time
C1, C2 = 0.01**2, 0.03**2  # (K·peak)² with a peak of 1.0
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class SSIM(FullReference):
    """Structural similarity, at most 1 (equal images), higher is better. No parameters.

    The mean over all windows that lie wholly inside the image; "rgb" takes the mean over the channels. Of a mask
    each window counts as its least pixel: 1 wholly inside a mask of black and white, else 0. `config.ssim` names
    other windows, which protocols take.
    """

    mask_holds = f"it must hold {WINDOW}x{WINDOW} px inside the border that is cut"

    def __init__(self, config: ClassicConfig = ClassicConfig()):
        super().__init__()
        self.config, self.border = config, config.crop_border

    def encode(self, images: Tensor) -> Tensor:
        """B × 3 × H × W RGB images in [0, 1] → B × C × h × w planes."""
        return planes(images, self.config)

    def compare(self, reference: Tensor, distorted: Tensor, mask: Tensor | None = None) -> Tensor:
        """Two encodings → (B,) scores, float64; with a mask B × 1 × H × W of the windows that it weighs."""
        windows = WINDOWS[self.config.ssim]
        mask = None if mask is None else windows.prepare_mask(inside(mask, self.border))
        ssim, _ = _similarity(windows.prepare(reference), windows.prepare(distorted), mask, windows)
        return ssim.mean(dim=1)


class MSSSIM(SSIM):
    """Multi-scale structural similarity in [0, 1], 1 for equal images, higher is better. No parameters.

    Contrast and structure at five scales, luminance at the coarsest only. A term that is not positive
    has no real power: it makes the score 0. "rgb" takes the mean over the channels of their MS-SSIM. A mask is
    scaled down with the image, and a pixel of it counts as the least of the four it is made of.
    """

    mask_holds = "at the coarsest of its five scales it must hold 11x11 px, of 16x16 px of the image each"

    def compare(self, reference: Tensor, distorted: Tensor, mask: Tensor | None = None) -> Tensor:
        """Two encodings → (B,) scores, float64; with a mask B × 1 × H × W of the windows that it weighs."""
        mask = None if mask is None else inside(mask, self.border)
        structures = []
        for _ in SCALE_WEIGHTS[:-1]:
            _, structure = _similarity(reference, distorted, mask)
            structures.append(structure)
            reference, distorted = _halve(reference), _halve(distorted)
            mask = None if mask is None else least(mask, 2)
        ssim, _ = _similarity(reference, distorted, mask)
        terms = torch.stack([*structures, ssim], dim=-1)

        # A 1 stands in for the terms without a power, because the gradient of 0^w is infinite.
        positive = terms > 0
        powers = torch.where(positive, terms, 1.0) ** terms.new_tensor(SCALE_WEIGHTS)
        scores = torch.where(positive.all(-1), powers.prod(-1), 0.0)
        if mask is not None:
            scores = torch.where(terms.isnan().any(-1), torch.nan, scores)  # no window counts at some scale
        return scores.mean(dim=1)


def _halve(images: Tensor) -> Tensor:
    # An odd side keeps its last row or column, as in the authors' code: 161 → 81 → 41 → 21 → 11.
    return avg_pool2d(images, kernel_size=2, ceil_mode=True)


def _similarity(
    reference: Tensor, distorted: Tensor, mask: Tensor | None = None, windows: Windows = WINDOWS["gaussian"]
) -> tuple[Tensor, Tensor]:
    """Mean SSIM and mean contrast-structure term of B × C × h × w planes → two (B, C), float64; NaN of an empty mask.

    Strips of rows fit a processor's cache: three times faster on a large photo, in a fraction of the memory.
    In float64, because variances as E[x²] − E[x]² in float32 put SSIM off by 1e-4 where images are flat.
    """
    size = len(windows.taps)
    height, width = (side - size + 1 for side in reference.shape[-2:])
    sums: Any = 0.0
    count: Any = height * width if mask is None else 0.0
    for top in range(0, height, STRIP):
        rows = slice(top, top + STRIP + size - 1)
        luminance, structure = _maps(reference[..., rows, :].double(), distorted[..., rows, :].double(), windows)
        terms = torch.stack([luminance * structure, structure])
        if mask is not None:
            weights = windows_inside(mask[..., rows, :], size).double()
            terms, count = terms * weights, count + weights.sum(dim=(-2, -1))
        sums = sums + terms.sum(dim=(-2, -1))
    ssim, structure = sums / count
    return ssim, structure


def _maps(reference: Tensor, distorted: Tensor, windows: Windows) -> tuple[Tensor, Tensor]:
    """Luminance and contrast-structure maps, one value per window inside the planes.

    Both are (2·xy + C) / (x² + y² + C), of means and of deviations. In terms of the sum s = x + y and the
    difference d = x − y that is 1 − d² / ((s² + d²) / 2 + C): four filters instead of five, and exactly 1
    for equal images.
    """
    total, difference = reference + distorted, reference - distorted
    mean_total, mean_difference = windows.mean(total), windows.mean(difference)
    power_total, power_difference = mean_total.square(), mean_difference.square()
    variance_total = windows.mean(total.square()) - power_total
    variance_difference = windows.mean(difference.square()) - power_difference
    if windows.sample:
        sample = len(windows.taps) ** 2 / (len(windows.taps) ** 2 - 1)
        variance_total, variance_difference = variance_total * sample, variance_difference * sample

    luminance = 1 - power_difference / ((power_total + power_difference) / 2 + C1)
    structure = 1 - variance_difference / ((variance_total + variance_difference) / 2 + C2)
    return luminance, structure

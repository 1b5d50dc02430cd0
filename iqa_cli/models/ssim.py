"""SSIM and MS-SSIM: luminance, contrast and structure compared in small windows.

SSIM: Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Processing 13(4), 2004.
MS-SSIM: Wang, Simoncelli, Bovik, Asilomar Conference on Signals, Systems and Computers, 2003.
"""

import numpy as np

from iqa_cli.models.formula import Formula, Spread
from iqa_cli.models.luma import inside
from iqa_cli.models.numerics import Array, averages, double, is_numpy, least, least_around, library, like, total
from iqa_cli.models.windows import WINDOW, WINDOWS, Windows

STRIP = 32  # rows of windows worked on at a time, at least; of a NumPy array twice as many where it is narrow
NARROW = 1024  # px
SIDES = (-2, -1)  # axes
C1, C2 = 0.01**2, 0.03**2  # (K·peak)² with a peak of 1.0
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class SSIM(Formula):
    """Structural similarity, at most 1 (equal images), higher is better.

    The mean over all windows that lie wholly inside the image; "rgb" takes the mean over the channels. Of a mask
    each window counts as its least pixel: 1 wholly inside a mask of black and white, else 0. `config.ssim` names
    other windows, which protocols take.
    """

    mask_holds = f"it must hold {WINDOW}x{WINDOW} px inside the border that is cut"

    def compare(self, reference: Array, distorted: Array, mask: Array | None = None) -> Array:
        """Two encodings → (B,) scores, float64; with a mask B × 1 × H × W of the windows that it weighs."""
        windows = WINDOWS[self.config.ssim]
        mask = None if mask is None else windows.prepare_mask(inside(mask, self.border))
        ssim, _ = _similarity(self.spread, windows.prepare(reference), windows.prepare(distorted), mask, windows)
        return ssim.mean(axis=1)


class MSSSIM(SSIM):
    """Multi-scale structural similarity in [0, 1], 1 for equal images, higher is better.

    Contrast and structure at five scales, luminance at the coarsest only. A term that is not positive
    has no real power: it makes the score 0. "rgb" takes the mean over the channels of their MS-SSIM. A mask is
    scaled down with the image, and a pixel of it counts as the least of the four it is made of.
    """

    mask_holds = "at the coarsest of its five scales it must hold 11x11 px, of 16x16 px of the image each"

    def compare(self, reference: Array, distorted: Array, mask: Array | None = None) -> Array:
        """Two encodings → (B,) scores, float64; with a mask B × 1 × H × W of the windows that it weighs."""
        mask = None if mask is None else inside(mask, self.border)
        structures = []
        for _ in SCALE_WEIGHTS[:-1]:
            _, structure = _similarity(self.spread, reference, distorted, mask)
            structures.append(structure)
            reference, distorted = averages(reference, 2), averages(distorted, 2)
            mask = None if mask is None else least(mask, 2)
        ssim, _ = _similarity(self.spread, reference, distorted, mask)
        take = library(ssim)
        terms = take.stack([*structures, ssim], -1)

        # A 1 stands in for the terms without a power, because the gradient of 0^w is infinite.
        positive = terms > 0
        powers = take.where(positive, terms, 1.0) ** like(SCALE_WEIGHTS, terms)
        scores = take.where(positive.all(-1), powers.prod(-1), 0.0)
        if mask is not None:
            scores = take.where(take.isnan(terms).any(-1), take.nan, scores)  # no window counts at some scale
        return scores.mean(axis=1)


def _similarity(
    spread: Spread,
    reference: Array,
    distorted: Array,
    mask: Array | None = None,
    windows: Windows = WINDOWS["gaussian"],
) -> tuple[Array, Array]:
    """Mean SSIM and mean contrast-structure term of B × C × h × w planes → two (B, C), float64; NaN of an empty mask.

    Strips of rows fit a processor's cache: three times faster on a large photo, in a fraction of the memory. So do
    single channels of NumPy arrays. In float64, because variances as E[x²] − E[x]² in float32 put SSIM off by 1e-4
    where images are flat.
    """
    size = len(windows.taps)
    height, width = (side - size + 1 for side in reference.shape[-2:])
    weights = None if mask is None else least_around(mask, size)

    def strip(place: tuple[slice, int]) -> Array:
        channels, top = place
        seen = np.s_[:, channels, top : top + rows + size - 1]
        luminance, structure = _maps(double(reference[seen]), double(distorted[seen]), windows)
        luminance = luminance * structure
        if weights is not None:
            counting = weights[..., top : top + rows, :]
            luminance, structure = luminance * counting, structure * counting
        return library(structure).stack([total(luminance, SIDES), total(structure, SIDES)])

    channels = reference.shape[1]
    alone = is_numpy(reference) and not windows.volume
    rows = 2 * STRIP if alone and width < NARROW else STRIP
    groups = [slice(channel, channel + 1) for channel in range(channels)] if alone else [slice(channels)]
    tops = range(0, height, rows)
    sums = list(spread(strip, [(group, top) for group in groups for top in tops]))
    by_group = [sum(sums[first : first + len(tops)]) for first in range(0, len(sums), len(tops))]
    count = height * width if weights is None else total(weights, SIDES)
    ssim, structure = library(sums[0]).concatenate(by_group, -1) / count
    return ssim, structure


def _maps(reference: Array, distorted: Array, windows: Windows) -> tuple[Array, Array]:
    """Luminance and contrast-structure maps, one value per window inside the planes.

    Both are (2·xy + C) / (x² + y² + C), of means and of deviations. In terms of the sum s = x + y and the
    difference d = x − y that is 1 − d² / ((s² + d²) / 2 + C): four filters instead of five, and exactly 1
    for equal images.
    """
    both, difference = reference + distorted, reference - distorted
    mean_both, mean_difference = windows.mean(both), windows.mean(difference)
    power_both, power_difference = mean_both * mean_both, mean_difference * mean_difference
    variance_both = windows.mean(both * both) - power_both
    variance_difference = windows.mean(difference * difference) - power_difference
    if windows.sample:
        sample = len(windows.taps) ** 2 / (len(windows.taps) ** 2 - 1)
        variance_both, variance_difference = variance_both * sample, variance_difference * sample

    luminance = 1 - power_difference / ((power_both + power_difference) / 2 + C1)
    structure = 1 - variance_difference / ((variance_both + variance_difference) / 2 + C2)
    return luminance, structure

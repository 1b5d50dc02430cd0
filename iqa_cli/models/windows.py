"""Windows of SSIM: their weights, what is done at the edges of an image, across its channels and with its size."""

import math
from dataclasses import dataclass

import numpy as np

from iqa_cli.models.numerics import Array, averages, edged, is_numpy, least, library, like, slid, taken

WINDOW, SIGMA = 11, 1.5
GAUSSIAN = tuple(math.exp(-((i - WINDOW // 2) ** 2) / (2 * SIGMA**2)) for i in range(WINDOW))
TYPICAL = 256  # px of the smaller side, to about which the authors' ssim.m scales down


@dataclass(frozen=True)
class Windows:
    """One way of taking SSIM's windows.

    Attributes:
        taps: their weights along each side.
        sample: variances are divided by one less than the pixels of a window.
        replicate: the outermost pixels go on outside, so that every pixel has a window; else windows lie inside.
        volume: channels are a third dimension of the windows, replicated like the others.
        downsample: whole blocks of pixels are averaged first, to about 256 px of the smaller side.
    """

    taps: tuple[float, ...] = GAUSSIAN
    sample: bool = False
    replicate: bool = False
    volume: bool = False
    downsample: bool = False

    def prepare(self, images: Array) -> Array:
        """B x C x H x W planes as the windows lie inside of: scaled down and continued where that is asked."""
        factor = self._factor(images)
        if factor > 1:
            images = averages(_blocks(images, factor), factor)
        return edged(images, len(self.taps) // 2) if self.replicate else images

    def prepare_mask(self, mask: Array) -> Array:
        """A mask B x 1 x H x W for `prepare`d planes; of pixels that became one it counts as the least."""
        factor = self._factor(mask)
        if factor > 1:
            mask = least(_blocks(mask, factor), factor)
        return edged(mask, len(self.taps) // 2) if self.replicate else mask

    def mean(self, images: Array) -> Array:
        """Weighted mean of every window inside B x C x h x w planes, one value a window."""
        # Sums of shifted views: several times faster on a CPU than a convolution of one channel.
        for axis in (-2, -1):
            views = slid(images, len(self.taps), axis)
            images = _in_numpy(views, self.taps) if is_numpy(images) else _in_torch(views, self.taps)
        return library(images).einsum("dc,bchw->bdhw", self._across(images), images) if self.volume else images

    def _factor(self, images: Array) -> int:
        # Halves go up: Python's round would take 640 px / 256 for 2.
        return max(1, math.floor(min(images.shape[-2:]) / TYPICAL + 0.5)) if self.downsample else 1

    def _across(self, images: Array) -> Array:
        """Weights C x C of the channels in the window around each."""
        channels = images.shape[1]
        weights = np.zeros((channels, channels))
        for centre in range(channels):
            for i, tap in enumerate(self.taps):
                channel = min(max(centre + i - len(self.taps) // 2, 0), channels - 1)
                weights[centre, channel] += tap / sum(self.taps)
        return like(weights, images)


def _in_numpy(views: list[Array], taps: tuple[float, ...]) -> Array:
    """Sum of views weighed by symmetric taps: those that weigh alike are added first."""
    weights, middle = [tap / sum(taps) for tap in taps], len(taps) // 2
    mean = views[middle] * weights[middle]
    part = np.empty_like(mean)
    for i in range(middle):
        np.add(views[i], views[-1 - i], out=part)
        part *= weights[i]
        mean += part
    return mean


def _in_torch(views: list[Array], taps: tuple[float, ...]) -> Array:
    """The same of tensors, which multiply and add at once."""
    mean = library(views[0]).zeros_like(views[0])
    for view, tap in zip(views, taps, strict=True):
        mean.add_(view, alpha=tap / sum(taps))
    return mean


def _blocks(images: Array, size: int) -> Array:
    """... x H x W images as whole blocks of `size` around every size-th pixel from the first; what lacks is mirrored.

    As MATLAB's filter places an even block: with one pixel less before its centre than after it.
    """
    before = (size + 1) // 2 - 1
    for axis in (-2, -1):
        side = images.shape[axis]
        place = np.arange(-before, -(-side // size) * size - before)
        place = np.where(place < 0, -1 - place, place)
        images = taken(images, np.where(place >= side, 2 * side - 1 - place, place), axis)
    return images


# By the names that rows have.
WINDOWS = {
    "gaussian": Windows(),
    "uniform": Windows((1.0,) * 7, sample=True),
    "gaussian-replicate": Windows(replicate=True),
    "gaussian-volume": Windows(replicate=True, volume=True),
    "gaussian-downsample": Windows(downsample=True),
}

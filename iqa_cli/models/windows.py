"""Windows of SSIM: their weights, what is done at the edges of an image, across its channels and with its size."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, pad

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

    def prepare(self, images: Tensor) -> Tensor:
        """B x C x H x W planes as the windows lie inside of: scaled down and continued where that is asked."""
        factor = self._factor(images)
        if factor > 1:
            images = avg_pool2d(_blocks(images, factor), factor)
        return pad(images, [len(self.taps) // 2] * 4, mode="replicate") if self.replicate else images

    def prepare_mask(self, mask: Tensor) -> Tensor:
        """A mask B x 1 x H x W for `prepare`d planes; of pixels that became one it counts as the least."""
        factor = self._factor(mask)
        if factor > 1:
            mask = -max_pool2d(-_blocks(mask, factor), factor)
        return pad(mask, [len(self.taps) // 2] * 4, mode="replicate") if self.replicate else mask

    def mean(self, images: Tensor) -> Tensor:
        """Weighted mean of every window inside B x C x h x w planes, one value a window."""
        # Sums of shifted views: several times faster on a CPU than a convolution of one channel.
        for dim in (-2, -1):
            length = images.shape[dim] - len(self.taps) + 1
            mean = torch.zeros_like(images.narrow(dim, 0, length))
            for i, tap in enumerate(self.taps):
                mean.add_(images.narrow(dim, i, length), alpha=tap / sum(self.taps))
            images = mean
        return torch.einsum("dc,bchw->bdhw", self._across(images), images) if self.volume else images

    def _factor(self, images: Tensor) -> int:
        # Halves go up: Python's round would take 640 px / 256 for 2.
        return max(1, math.floor(min(images.shape[-2:]) / TYPICAL + 0.5)) if self.downsample else 1

    def _across(self, images: Tensor) -> Tensor:
        """Weights C x C of the channels in the window around each."""
        channels = images.shape[1]
        weights = images.new_zeros(channels, channels)
        for centre in range(channels):
            for i, tap in enumerate(self.taps):
                channel = min(max(centre + i - len(self.taps) // 2, 0), channels - 1)
                weights[centre, channel] += tap / sum(self.taps)
        return weights


def _blocks(images: Tensor, size: int) -> Tensor:
    """... x H x W images as whole blocks of `size` around every size-th pixel from the first; what lacks is mirrored.

    As MATLAB's filter places an even block: with one pixel less before its centre than after it.
    """
    before = (size + 1) // 2 - 1
    for dim in (-2, -1):
        side = images.shape[dim]
        place = torch.arange(-before, -(-side // size) * size - before, device=images.device)
        place = torch.where(place < 0, -1 - place, place)
        images = images.index_select(dim, torch.where(place >= side, 2 * side - 1 - place, place))
    return images


# By the names that rows have.
WINDOWS = {
    "gaussian": Windows(),
    "uniform": Windows((1.0,) * 7, sample=True),
    "gaussian-replicate": Windows(replicate=True),
    "gaussian-volume": Windows(replicate=True, volume=True),
    "gaussian-downsample": Windows(downsample=True),
}

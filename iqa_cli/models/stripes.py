"""Convolutional trunks computed stripe by stripe, from the top of an image to its bottom: memory for any height.

Each layer keeps the few rows that its next window still needs of those before. Nothing is computed twice, padding lies
where it lies for the whole image, and what comes out is what the whole image gives, but for rounding.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.numerics import at_least_single


class Stripes:
    """Images of one size, height x width, that come in stripes: B x 3 x some x width RGB in [0, 1], from the top.

    A stripe may have any number of rows. They come but once.
    """

    def __init__(self, height: int, width: int, come: Iterable[Tensor]):
        self.height, self.width, self._come = height, width, come

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._come)


class Striped:
    """A model that takes `Stripes` in the place of images, and gives for them what it gives for the whole."""


class Rows(ABC):
    """A layer at work on one image: takes rows as they come and gives those that can be computed, maybe none."""

    height: int  # of all that it will have given

    @abstractmethod
    def __call__(self, rows: Tensor) -> Tensor | None:
        """The next rows (B, C, some, W) to the next rows out, if any."""


def rows_of(module: nn.Module, height: int) -> Rows:
    """A module at work on a map of so many rows.

    Convolutions and max-pooling see rows, as do the residual blocks of timm's ResNet and EfficientNet; modules within
    which there are none of these work on each pixel by itself.
    """
    if isinstance(module, nn.Conv2d):
        return EachPixel(partial(_mixed, module), height) if _is_1x1(module) else Windows(module, height)
    if isinstance(module, nn.MaxPool2d):
        return Windows(module, height)
    if not any(isinstance(part, nn.Conv2d | nn.MaxPool2d) for part in module.modules()):
        return EachPixel(module, height)
    children = dict(module.named_children())
    shortcut, last = children.pop("downsample", None), children.pop("act3", None)
    path = Chain(children.values(), height)
    if last is not None:  # a bottleneck of ResNet
        return Residual(path, None if shortcut is None else rows_of(shortcut, height), last)
    return Residual(path, None, nn.Identity()) if getattr(module, "has_skip", False) else path


class EachPixel(Rows):
    """A function of each pixel by itself."""

    def __init__(self, function: Callable[[Tensor], Tensor], height: int):
        self._function, self.height = function, height

    def __call__(self, rows: Tensor) -> Tensor:
        """Each as it comes."""
        return self._function(rows)


class Chain(Rows):
    """Layers one after the other."""

    def __init__(self, modules: Iterable[nn.Module], height: int):
        self._layers = []
        for module in modules:
            self._layers.append(rows_of(module, height))
            height = self._layers[-1].height
        self.height = height

    def __call__(self, rows: Tensor) -> Tensor | None:
        """What comes out of the last one."""
        out: Tensor | None = rows
        for layer in self._layers:
            out = None if out is None else layer(out)
        return out


class Residual(Rows):
    """A path, to which what it began with is added; the latter waits for the path to be ready."""

    def __init__(self, path: Rows, shortcut: Rows | None, last: nn.Module):
        self._path, self._shortcut, self._last, self.height = path, shortcut, last, path.height
        self._waiting: Tensor | None = None

    def __call__(self, rows: Tensor) -> Tensor | None:
        """Sums, of the rows that the path has ready."""
        beside = rows if self._shortcut is None else self._shortcut(rows)
        if beside is not None:
            self._waiting = beside if self._waiting is None else torch.cat([self._waiting, beside], dim=2)
        out = self._path(rows)
        if out is None:
            return None
        waiting, ready = cast(Tensor, self._waiting), out.shape[2]
        out += waiting[:, :, :ready]
        self._waiting = waiting[:, :, ready:].clone() if waiting.shape[2] > ready else None
        return self._last(out)


class Windows(Rows):
    """A convolution, or max-pooling: keeps the rows that windows to come still see, and pads as the layer does."""

    def __init__(self, layer: nn.Conv2d | nn.MaxPool2d, height: int):
        self._layer, self._all, self._come = layer, height, 0
        self._kept: Tensor | None = None
        self._size, self._stride = _pair(layer.kernel_size)[0], _pair(layer.stride)[0]
        self._fill = 0.0 if isinstance(layer, nn.Conv2d) else float("-inf")
        self._top, self._bottom = _padding(layer, height, 0)
        self.height = (height + self._top + self._bottom - self._size) // self._stride + 1
        self._skip = 0  # rows to come that no window sees, where the stride is longer than the window

    def __call__(self, rows: Tensor) -> Tensor | None:
        """Of the windows that are complete."""
        seen = self._seen(rows)
        count = (seen.shape[2] - self._size) // self._stride + 1
        self._kept = seen[:, :, max(count, 0) * self._stride :].clone()
        self._skip = max(count * self._stride - seen.shape[2], 0)
        return self._apply(seen[:, :, : (count - 1) * self._stride + self._size]) if count > 0 else None

    def _seen(self, rows: Tensor) -> Tensor:
        """What was kept and the new rows, with the padding of the image's borders, channels last."""
        first = self._come == 0
        self._come += rows.shape[2]
        top, bottom = self._top if first else 0, self._bottom if self._come == self._all else 0
        left, right = _padding(self._layer, rows.shape[3], 1)
        rows, self._skip = rows[:, :, self._skip :], max(self._skip - rows.shape[2], 0)
        kept = top if self._kept is None else self._kept.shape[2]
        count, channels, height, width = rows.shape
        shape = (count, kept + height + bottom, left + width + right, channels)
        seen = rows.new_empty(shape).permute(0, 3, 1, 2)
        if self._kept is None:
            seen[:, :, :top] = self._fill
        else:
            seen[:, :, :kept] = self._kept
        body = seen[:, :, kept : kept + height]
        body[..., left : left + width] = rows
        body[..., :left], body[..., left + width :] = self._fill, self._fill
        seen[:, :, kept + height :] = self._fill
        return seen

    def _apply(self, seen: Tensor) -> Tensor:
        layer = self._layer
        if isinstance(layer, nn.MaxPool2d):
            return F.max_pool2d(seen, layer.kernel_size, layer.stride)
        return F.conv2d(seen, layer.weight, layer.bias, layer.stride, groups=layer.groups)


def _is_1x1(layer: nn.Conv2d) -> bool:
    return (layer.kernel_size, layer.stride, layer.groups) == ((1, 1), (1, 1), 1)


def _mixed(layer: nn.Conv2d, rows: Tensor) -> Tensor:
    """A 1 x 1 convolution. It does not see its dilation, but PyTorch does.

    With one thread it gives what is neither strided nor dilated to a way of its own, at half the speed of oneDNN.
    """
    return F.conv2d(rows, layer.weight, layer.bias, dilation=2)


def _padding(layer: Any, length: int, axis: int) -> tuple[int, int]:
    """Before and after an axis of so many pixels.

    TensorFlow's "same", which timm's `Conv2dSame` and `MaxPool2dSame` take, depends on the length: as little as lets
    windows begin at 0, stride, 2 stride, ..., the odd pixel behind.
    """
    size, stride = _pair(layer.kernel_size)[axis], _pair(layer.stride)[axis]
    if not type(layer).__name__.endswith("Same"):
        return (_pair(layer.padding)[axis],) * 2
    padding = max((-(-length // stride) - 1) * stride + size - length, 0)
    return padding // 2, padding - padding // 2


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def joined(parts: Iterable[Tensor | None]) -> Tensor:
    """Rows that came one after the other, as one map."""
    return torch.cat([part for part in parts if part is not None], dim=2)


class CellMeans:
    """Mean and standard deviation of a map over each cell of a grid, as `mean_and_deviation` has them, by its rows.

    Kept are each row's means over the widths of cells, of the values and of their squares: a cell's are means of these.
    """

    def __init__(self, grid: tuple[int, int]):
        self._grid = grid
        self._values: list[Tensor] = []
        self._squares: list[Tensor] = []

    def add(self, rows: Tensor) -> None:
        """The next rows of the map."""
        rows = at_least_single(rows)
        across = (rows.shape[2], self._grid[1])
        self._values.append(F.adaptive_avg_pool2d(rows, across))
        self._squares.append(F.adaptive_avg_pool2d(rows * rows, across))

    def mean(self) -> Tensor:
        """Of each cell, B x C x h x w."""
        return F.adaptive_avg_pool2d(joined(self._values), self._grid)

    def mean_and_deviation(self) -> tuple[Tensor, Tensor]:
        """Of each cell, B x C x h x w each."""
        mean = self.mean()
        variance = F.adaptive_avg_pool2d(joined(self._squares), self._grid) - mean * mean
        return mean, variance.clamp_min(1e-6).sqrt()

"""What the formulas of the classical models need of NumPy arrays and of tensors: one word for both.

Arithmetic, slices, `abs`, `sum` and `mean` over `axis` are alike in both and stand in the formulas as they are. No
torch is imported before there is a tensor.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

Array = Any  # NumPy's, or a tensor

PIXELS = (1, 2, 3)  # axes of B x C x H x W


def is_numpy(images: Array) -> bool:
    """Whether it is an array of NumPy; else it is a tensor."""
    return isinstance(images, np.ndarray)


def double(images: Array) -> Array:
    """The same in float64."""
    return images.astype(np.float64) if is_numpy(images) else images.double()


def total(values: Array, axis: Sequence[int]) -> Array:
    """Their sum over some axes in float64: float32 would not do for millions of pixels."""
    return values.sum(axis=tuple(axis), dtype=np.float64 if is_numpy(values) else _torch().float64)


def weighted_sums(values: Array, mask: Array | None) -> tuple[Array, Array | int]:
    """Of B x C x H x W values, each pixel weighed by a mask B x 1 x H x W: their sums (B,), and those of the weights.

    The quotient is the mean; exactly that over the pixels that count where the mask is 0 or 1.
    """
    if mask is None:
        return total(values, PIXELS), values.shape[1] * values.shape[2] * values.shape[3]
    return total(values * mask, PIXELS), values.shape[1] * total(mask, PIXELS)


def detached(values: Array) -> Array:
    """The same, with no gradient."""
    return values if is_numpy(values) else values.detach()


def at_least_single(values: Array) -> Array:
    """The same in float32, unless it is more exact."""
    if is_numpy(values):
        return values.astype(np.promote_types(values.dtype, np.float32), copy=False)
    torch = _torch()
    return values.to(torch.promote_types(values.dtype, torch.float32))


def like(values: Array, model: Array) -> Any:
    """Values in the type, and on the device, of `model`; numbers, too."""
    if is_numpy(model):
        return np.asarray(values, model.dtype)
    return values.to(model.dtype) if hasattr(values, "to") else model.new_tensor(values)


def library(values: Array) -> Any:
    """NumPy or torch, for the functions that both have: where, log10, stack, concatenate, einsum, isnan."""
    return np if is_numpy(values) else _torch()


def edged(images: Array, count: int) -> Any:
    """... x H x W images with `count` px more on each side: the outermost go on."""
    if is_numpy(images):
        return np.pad(images, [(0, 0)] * (images.ndim - 2) + [(count, count)] * 2, mode="edge")
    return _torch().nn.functional.pad(images, [count] * 4, mode="replicate")


def taken(images: Array, places: np.ndarray, axis: int) -> Any:
    """Rows or columns of images by their numbers."""
    if is_numpy(images):
        return images.take(places, axis=axis)
    return images.index_select(axis, _torch().from_numpy(places).to(images.device))


def averages(images: Array, size: int) -> Array:
    """The mean of each block of size x size of B x C x H x W; what is left over makes smaller blocks."""
    if not is_numpy(images):
        return _torch().nn.functional.avg_pool2d(images, size, ceil_mode=True)
    whole = _whole(images, size)
    parts = [whole[..., row::size, column::size] for row in range(size) for column in range(size)]
    return sum(parts[1:], parts[0]) / whole.dtype.type(size * size)


def least(mask: Array, size: int) -> Array:
    """The least of each block of size x size of B x C x H x W, of smaller ones at the right and the bottom, too."""
    if not is_numpy(mask):
        return -_torch().nn.functional.max_pool2d(-mask, size, ceil_mode=True)
    whole = _whole(mask, size)
    rows, columns = (side // size for side in whole.shape[-2:])
    return whole.reshape(*mask.shape[:-2], rows, size, columns, size).min(axis=(-3, -1))


def least_around(mask: Array, size: int) -> Array:
    """The least of each window of size x size: B x C x H x W to B x C x (H - size + 1) x (W - size + 1)."""
    if not is_numpy(mask):
        pool = _torch().nn.functional.max_pool2d
        return -pool(pool(-mask, (size, 1), stride=1), (1, size), stride=1)
    for axis in (-2, -1):
        mask = reduce(np.minimum, slid(mask, size, axis))
    return mask


def slid(images: Array, size: int, axis: int) -> list[Any]:
    """Views of ... x H x W images, each one row or column further on: what windows of `size` have first, second, ..."""
    length = images.shape[axis] - size + 1
    places = [slice(start, start + length) for start in range(size)]
    return [images[..., place, :] if axis == -2 else images[..., place] for place in places]


def _whole(images: np.ndarray, size: int) -> np.ndarray:
    """Images of whole blocks: the last row and column go on, which changes no mean of a block of 2, and no least."""
    lacking = [-side % size for side in images.shape[-2:]]
    if not any(lacking):
        return images
    return np.pad(images, [(0, 0)] * (images.ndim - 2) + [(0, more) for more in lacking], mode="edge")


def _torch() -> Any:
    import torch

    return torch

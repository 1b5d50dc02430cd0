"""A picture as a screen shows it: fewer pixels, each the mean of the area that it covers."""

import numpy as np


def shown_size(height: int, width: int, long_side: int | None) -> tuple[int, int]:
    """Height and width with the longer side at most `long_side` px; None, and what is smaller, changes nothing."""
    longer = max(height, width)
    if long_side is None or longer <= long_side:
        return height, width
    return max(1, round(height * long_side / longer)), max(1, round(width * long_side / longer))


def shown(pixels: np.ndarray, long_side: int | None) -> np.ndarray:
    """H x W or H x W x 3, uint8 or float32 in [0, 1], no larger than `long_side`: float32 where it became smaller.

    Means are taken of values as they are encoded, as viewers and browsers do, and are exact at any ratio.
    """
    height, width = pixels.shape[:2]
    size = shown_size(height, width, long_side)
    if size == (height, width):
        return pixels
    white = 255 if pixels.dtype == np.uint8 else 1
    for axis, length in enumerate(size):
        pixels = _sums(pixels, axis, length)
    # Rounding may pass both ends by an ulp.
    return np.clip(pixels * np.float32(size[0] * size[1] / (white * height * width)), 0, 1)


def _sums(pixels: np.ndarray, axis: int, length: int) -> np.ndarray:
    """Along an axis, sums over `length` parts of equal size; a pixel on a border counts in each part by its share."""
    # Part i begins at i * side / length: at the pixel `first`, of which `left_out` lies before it.
    first, left_out = np.divmod(np.arange(length) * pixels.shape[axis], length)
    sums = np.add.reduceat(pixels, first, axis=axis, dtype=np.float32)
    share = (left_out / np.float32(length)).astype(np.float32)
    before = np.take(pixels, first, axis) * np.expand_dims(share, [i for i in range(pixels.ndim) if i != axis])
    sums -= before
    np.moveaxis(sums, axis, 0)[:-1] += np.moveaxis(before, axis, 0)[1:]
    return sums

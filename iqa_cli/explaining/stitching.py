"""One grid of cells over an image, from the cells of its crops."""

from collections.abc import Sequence

import numpy as np

CELL, MOST_CELLS = 32, 256  # px a side at least, and so many at most, as where an image is seen whole


def stitched(pieces: Sequence[tuple[tuple[int, int], np.ndarray]], size: int, height: int, width: int) -> np.ndarray:
    """The mean of what crops say in each cell of an image, weighted by the area that they share; NaN where none lies.

    Args:
        pieces: corners of crops, and the values of their cells (..., h, w).
        size: px of a crop a side. What it has beyond the image was reflected, and is left out.
        height, width: px of the image.

    Returns:
        (..., rows, columns), in which cells are as even as they can be.
    """
    rows, columns = grid_of(height, width)
    sums, weights = np.zeros((*pieces[0][1].shape[:-2], rows, columns)), np.zeros((rows, columns))
    for (top, left), values in pieces:
        down = _shared(height, rows, top, size, values.shape[-2])
        right = _shared(width, columns, left, size, values.shape[-1])
        sums += down @ values @ right.T
        weights += np.outer(down.sum(1), right.sum(1))
    return np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of cells: of 32 px a side, or the smallest multiple that leaves at most 256."""
    side = CELL
    while max(height // side, 1) * max(width // side, 1) > MOST_CELLS:
        side += CELL
    return max(height // side, 1), max(width // side, 1)


def _shared(length: int, cells: int, start: int, size: int, parts: int) -> np.ndarray:
    """How many px each of so many cells of an axis shares with each part of a crop: (cells, parts)."""
    ends, borders = np.linspace(0, length, cells + 1), start + np.linspace(0, size, parts + 1)
    low = np.maximum(ends[:-1, None], borders[None, :-1])
    return np.clip(np.minimum(ends[1:, None], borders[None, 1:]) - low, 0, None)

"""Moved pixels: jitter (type 19), non-eccentricity patch (20), pixelate (21) and colour block (23)."""

import numpy as np

_KADID_AREA = 512 * 384  # pixels of the images that the published patch counts are for
_PATCH = 16
_PATCH_REACH = 8
_BLOCK = 32
_JITTER_PASSES = 5


def jitter(image: np.ndarray, amplitude: float, rng: np.random.Generator) -> np.ndarray:
    """Pixels scattered in five passes, each by Gaussian random steps of `amplitude` px, read bilinearly."""
    planes = np.ascontiguousarray(np.moveaxis(image, -1, 0))  # NumPy is slow on pixels of three values
    for _ in range(_JITTER_PASSES):
        planes = _scatter(planes, amplitude, rng)
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _scatter(planes: np.ndarray, amplitude: float, rng: np.random.Generator) -> np.ndarray:
    """One pass over 3 x H x W: every pixel takes the bilinear value of a random place near it."""
    _, height, width = planes.shape
    y, x = rng.standard_normal((2, height, width), dtype=np.float32) * np.float32(amplitude)
    y = np.clip(y + np.arange(height, dtype=np.float32)[:, None], 0, height - 1)
    x = np.clip(x + np.arange(width, dtype=np.float32), 0, width - 1)
    top, left = y.astype(np.intp), x.astype(np.intp)
    y, x = y - top.astype(np.float32), x - left.astype(np.float32)
    corner = top * width + left
    right = corner + (left < width - 1)  # its right-hand neighbour: itself at the border
    down = np.where(top < height - 1, width, 0)
    below, across = corner + down, right + down

    def between(plane: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        start = plane.take(first)
        return start + x * (plane.take(second) - start)

    scattered = np.empty_like(planes)
    for plane, target in zip(planes, scattered, strict=True):
        upper = between(plane, corner, right)
        target[:] = upper + y * (between(plane, below, across) - upper)
    return scattered


def non_eccentricity_patch(image: np.ndarray, count: float, rng: np.random.Generator) -> np.ndarray:
    """Patches of 16 x 16 pixels copied to a place at most 8 pixels away; `count` per 512 x 384 pixels."""
    patched = image.copy()
    size, reach = np.minimum(image.shape[:2], _PATCH), (_PATCH_REACH, _PATCH_REACH)
    free = image.shape[:2] - size
    for _ in range(_scaled_count(count, image, rng)):
        source = rng.integers(0, free, endpoint=True)
        target = np.clip(source + rng.integers(np.negative(reach), reach, endpoint=True), 0, free)
        patched[_window(target, size)] = patched[_window(source, size)].copy()
    return patched


def pixelate(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Nearest-neighbour reduction to 0.95 - `strength`^0.6 of the side, and back to the old size."""
    scale = 0.95 - strength**0.6
    rows, columns = (_pixelated_index(side, scale) for side in image.shape[:2])
    return image[rows][:, columns]


def colour_block(image: np.ndarray, count: float, rng: np.random.Generator) -> np.ndarray:
    """Blocks of 32 x 32 pixels of one random colour each; `count` per 512 x 384 pixels."""
    covered = image.copy()
    size = np.minimum(image.shape[:2], _BLOCK)
    for _ in range(_scaled_count(count, image, rng)):
        corner = rng.integers(0, image.shape[:2] - size, endpoint=True)
        covered[_window(corner, size)] = rng.random(3, dtype=np.float32)
    return covered


def _scaled_count(count: float, image: np.ndarray, rng: np.random.Generator) -> int:
    """The count at KADID-10k's density, rounded at random so that its mean is right; at least 1."""
    expected = count * image.shape[0] * image.shape[1] / _KADID_AREA
    return max(1, int(expected + rng.random()))


def _window(corner: np.ndarray, size: np.ndarray) -> tuple[slice, slice]:
    (top, left), (height, width) = corner, size
    return slice(top, top + height), slice(left, left + width)


def _pixelated_index(side: int, scale: float) -> np.ndarray:
    """For each of `side` positions, the position whose pixel it shows."""
    small = max(1, int(side * scale))
    shown = (2 * np.arange(side) + 1) * small // (2 * side)
    return (2 * shown + 1) * side // (2 * small)

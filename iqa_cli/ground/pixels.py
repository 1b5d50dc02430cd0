"""Pixels as numbers: the one rule for 8 bits, the one set of luma weights."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

LUMA = (0.299, 0.587, 0.114)
"""What R, G and B weigh in luma (ITU-R BT.601)."""

LUMA_WEIGHTS = np.array(LUMA, np.float32)

STRIP = 1 << 18  # px


def luma(image: np.ndarray) -> np.ndarray:
    """Luma of an H x W x 3 RGB image, H x W, in the range of the input (ITU-R BT.601)."""
    return image @ LUMA_WEIGHTS


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Floats in [0, 1], of any shape, as the 8-bit values a file holds: rounded, halves upwards.

    So does MATLAB's `im2uint8`, by which the images of most data sets were written.
    """
    return (image * 255 + 0.5).astype(np.uint8)


def to_floats(pixels: np.ndarray) -> np.ndarray:
    """8-bit values, of any shape, as float32 in [0, 1]: exactly v / 255, correctly rounded. Floats stay as they are."""
    return np.divide(pixels, np.float32(255), dtype=np.float32) if pixels.dtype == np.uint8 else pixels


def strips(pixels: np.ndarray, most: int = 1024) -> Iterator[slice]:
    """Rows of an image, top to bottom, about `STRIP` px at a time and at most `most` rows: what is computed takes
    memory for those alone."""
    rows = max(1, min(most, STRIP // max(1, pixels.shape[1])))
    return (slice(top, top + rows) for top in range(0, len(pixels), rows))


def to_pillow(image: np.ndarray) -> Image.Image:
    """An H x W x 3 float image in [0, 1] as an 8-bit RGB Pillow image, by `to_uint8`."""
    return Image.fromarray(to_uint8(image))


def reduced(pixels: np.ndarray, side: int) -> Image.Image:
    """An 8-bit picture of at most that many px a side: means of whole blocks first, which is quick, then Lanczos.

    Args:
        pixels: H x W x 3 floats in [0, 1], or 8-bit values.
        side: px.
    """
    block = max(1, min(int(max(pixels.shape[:2]) / (1.5 * side)), *pixels.shape[:2]))
    if pixels.dtype == np.uint8:
        image = Image.fromarray(pixels)
        image = image.reduce(block) if block > 1 else image
    else:
        if block > 1:
            height, width = (length // block for length in pixels.shape[:2])
            blocks = pixels[: height * block, : width * block].reshape(height, block, width, block, 3)
            pixels = blocks.mean(axis=(1, 3), dtype=np.float32)
        image = to_pillow(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def from_pillow(picture: Image.Image) -> np.ndarray:
    """A Pillow image as H x W x 3 float32 RGB in [0, 1]."""
    return np.asarray(picture.convert("RGB"), np.float32) / 255

"""Between float images in [0, 1] and Pillow's 8-bit ones, for the distortions that Pillow does."""

import numpy as np
from PIL import Image


def to_pillow(image: np.ndarray) -> Image.Image:
    """An H x W x 3 float image in [0, 1] as an 8-bit RGB Pillow image, rounded."""
    return Image.fromarray((image * 255 + 0.5).astype(np.uint8))


def from_pillow(picture: Image.Image) -> np.ndarray:
    """A Pillow image as H x W x 3 float32 RGB in [0, 1]."""
    return np.asarray(picture.convert("RGB"), np.float32) / 255

"""Masks, which say how much each pixel of an image counts, and cutting of boxes."""

import os
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.ground.box import Box
from iqa_cli.images.loader import ImagePolicy, load_image
from iqa_cli.images.pillow_images import load_pillow
from iqa_cli.storage.access import Fetched


class Mask(NamedTuple):
    """How much each pixel counts, H x W float32 in [0, 1], the most 1; and what errors call it."""

    weights: np.ndarray
    name: str


def load_mask(source: str | os.PathLike | bytes | Fetched | Image.Image, policy: ImagePolicy = ImagePolicy()) -> Mask:
    """Read a picture in grey, a file or Pillow's, as a mask: white counts, black does not, grey by its brightness.

    The brightest value counts fully, so a mask of zeros and ones is one of black and white. EXIF orientation is
    applied as to any image; colour profiles are not.

    Raises:
        ImageError: it cannot be read, has colours or transparency, or is black all over.
    """
    name, policy = _name_of(source), ImagePolicy(colour="ignore", max_pixels=policy.max_pixels)
    try:
        loaded = load_pillow(source, policy) if isinstance(source, Image.Image) else load_image(source, policy)
    except ImageError as error:
        raise ImageError(f"mask {error}") from error
    if any("composited" in note for note in loaded.notes):
        raise ImageError(f"{name}: is transparent in part, which says nothing in a mask: white counts, black does not")
    if (loaded.pixels != loaded.pixels[..., :1]).any():
        raise ImageError(f"{name}: has colours, which say nothing in a mask: save it in grey, white where it counts")
    return mask_of(loaded.pixels[..., 0], name)


def mask_of(weights: Any, name: str = "mask") -> Mask:
    """A mask from an H x W array of bools, integers or floats, none negative.

    Raises:
        ImageError: it is no such array, or counts nothing.
    """
    values = np.asarray(weights)
    if values.ndim != 2 or not values.size or values.dtype.kind not in "biuf":
        raise ImageError(f"{name}: {values.dtype} of shape {values.shape} is no mask: give H x W bools or numbers")
    values = values.astype(np.float32)
    most = values.max()
    if not (np.isfinite(values).all() and values.min() >= 0):
        raise ImageError(f"{name}: runs from {values.min():g} to {most:g}: give finite weights from 0")
    if not most:
        raise ImageError(f"{name}: no pixel counts, it is black all over: white is what counts")
    return Mask(np.ascontiguousarray(values / most), name)


def fitted(mask: Mask, size: tuple[int, int], of: str, cut_from: tuple[int, int] | None = None) -> np.ndarray:
    """The weights for an image of `size` (height, width).

    Args:
        mask: of that size.
        size: of the image called `of`.
        cut_from: the size that the image had before it was cut from the top left; a mask of it is cut alike.

    Raises:
        ImageError: the mask has another size.
    """
    if cut_from is not None and mask.weights.shape == cut_from:
        return mask.weights[: size[0], : size[1]]
    if mask.weights.shape != size:
        raise ImageError(
            f"{mask.name} is {_size(mask.weights)} but {of} is {size[1]}x{size[0]}: give a mask of its size"
        )
    return mask.weights


def cut(pixels: np.ndarray, box: Box, name: str) -> np.ndarray:
    """What of H x W or H x W x 3 `pixels`, called `name`, lies in a box.

    Raises:
        ImageError: the box is not wholly inside.
    """
    height, width = pixels.shape[:2]
    if box.x + box.width > width or box.y + box.height > height:
        raise ImageError(f"{name}: box {box} is not wholly inside its {width}x{height} px")
    return np.ascontiguousarray(pixels[box.y : box.y + box.height, box.x : box.x + box.width])


def _name_of(source: str | os.PathLike | bytes | Fetched | Image.Image) -> str:
    if isinstance(source, Image.Image):
        return "mask"
    given = source.name if isinstance(source, Fetched) else source
    return f"mask of {len(given)} bytes" if isinstance(given, bytes) else os.fsdecode(given)


def _size(pixels: np.ndarray) -> str:
    height, width = pixels.shape[:2]
    return f"{width}x{height}"

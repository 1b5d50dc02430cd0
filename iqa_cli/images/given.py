"""Images as Python has them: paths, bytes, Pillow images, arrays and tensors, by one rule each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.pixels import to_floats
from iqa_cli.images.alpha import over_white
from iqa_cli.images.loader import ImagePolicy, load_image
from iqa_cli.images.masks import Mask, load_mask, mask_of
from iqa_cli.images.pillow_images import load_pillow
from iqa_cli.storage.names import name_of

if TYPE_CHECKING:
    from torch import Tensor

KINDS = (str, bytes, os.PathLike, Pillow.Image, np.ndarray)
WHITE = {np.uint8: 255, np.uint16: 65535}
SHAPES = "give H x W, H x W x 3 or H x W x 4 arrays, or 1, 3 or 4 x H x W tensors"
END = object()


def pixels_of(image: Any, policy: ImagePolicy = ImagePolicy()) -> np.ndarray:
    """H x W x 3 float32 in [0, 1] of what `stored_of` takes."""
    return to_floats(stored_of(image, policy))


def stored_of(image: Any, policy: ImagePolicy = ImagePolicy()) -> np.ndarray:
    """H x W x 3, uint8 where nothing had to be computed, else float32 in [0, 1], of an image as Python has it:

    a file or its bytes, a Pillow image, an array or a tensor.

    A Pillow image is taken as its file would be: turned upright, brought to sRGB, composited over white. Arrays are
    H x W or H x W x 1 grey, H x W x 3 RGB or H x W x 4 RGBA, tensors alike with channels first.

    Raises:
        ImageError: it cannot be read, has another shape, or its samples are not uint8, uint16 or floats in [0, 1].
        UsageError: something else.
    """
    if isinstance(image, Pillow.Image):
        return load_pillow(image, policy).stored
    if isinstance(image, bytes):
        return load_image(image, policy).stored
    if isinstance(image, str | os.PathLike):
        return load_image(at_home(name_of(image)), policy).stored
    is_tensor = _is_tensor(image)
    if not is_tensor and not isinstance(image, np.ndarray):
        kind = type(image).__name__
        hint = "; of an open file, its read()" if hasattr(image, "read") else ""
        raise UsageError(f"{kind} is no image here: give a path, bytes, a Pillow image, an array or a tensor{hint}")
    shape, image = tuple(image.shape), _channels_last(image) if is_tensor else image
    image = image[..., None] if image.ndim == 2 else image
    if image.ndim != 3 or image.shape[-1] not in (1, 3, 4) or 0 in shape:
        raise ImageError(f"an image of shape {shape} is neither grey nor RGB nor RGBA: {SHAPES}")
    pixels = image if image.dtype == np.uint8 and image.shape[-1] < 4 else _floats(image)
    if pixels.shape[-1] == 4:
        return over_white(pixels[..., :3], pixels[..., 3])[0]
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def is_several(images: Any) -> bool:
    """Whether it is a list, a generator or the like, and no image."""
    # An open file is an iterable of lines, and a mistake.
    one = isinstance(images, KINDS) or _is_tensor(images) or hasattr(images, "read")
    return not one and isinstance(images, Iterable)


def paired(references: Any, distorted: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs in order, of several references and several distorted images, or of one reference and several.

    Raises:
        UsageError: they do not pair.
    """
    if not is_several(distorted):
        raise UsageError("several references and one distorted image do not pair: give as many of one as of the other")
    if not is_several(references):
        yield from ((references, image) for image in distorted)
        return
    for pair in zip_longest(references, distorted, fillvalue=END):
        if pair[0] is END or pair[1] is END:
            fewer = "references than distorted images" if pair[0] is END else "distorted images than references"
            raise UsageError(f"there are fewer {fewer}: give as many of one as of the other")
        yield pair


def weights_of(mask: Any, policy: ImagePolicy = ImagePolicy()) -> Mask:
    """A mask from a file or its bytes, a Pillow image, or an H x W array or tensor of bools or numbers from 0.

    Raises:
        ImageError: it cannot be read, has too many pixels for the policy, has colours, or counts nothing.
        UsageError: it is an open file.
    """
    if isinstance(mask, Pillow.Image) and mask.format is None and mask.mode in ("F", "I"):
        mask = np.asarray(mask)  # weights on any scale
    if isinstance(mask, str | os.PathLike):
        mask = at_home(name_of(mask))
    if isinstance(mask, str | bytes | Pillow.Image):
        return load_mask(mask, policy)
    if hasattr(mask, "read"):
        raise UsageError(f"{type(mask).__name__} is no mask here: of an open file, give its read()")
    if _is_tensor(mask):
        mask = mask.detach().cpu()
        mask = (mask.float() if mask.is_floating_point() else mask).numpy()  # NumPy has no bfloat16
    return mask_of(mask)


def check_batch(images: Any) -> None:
    """Make sure of a batch that gradients can pass: a B x 3 x H x W tensor of floats in [0, 1].

    Raises:
        ImageError: it is none.
        UsageError: it is no tensor.
    """
    if not _is_tensor(images):
        raise UsageError(f"{type(images).__name__} is no batch here: give tensors, or take score() for single images")
    shape = tuple(images.shape)
    if images.ndim != 4 or shape[1] != 3 or 0 in shape:
        raise ImageError(f"a batch of shape {shape} is not RGB: give B x 3 x H x W tensors")
    if not images.is_floating_point():
        raise ImageError(f"{images.dtype} samples: give floats in [0, 1], such as images.float() / 255")
    _check_samples(images.detach(), "floats clipped to [0, 1]")


def _is_tensor(given: Any) -> bool:
    """Without importing torch. An open file, too, has a method `detach`."""
    return hasattr(given, "is_floating_point")


def _floats(image: np.ndarray) -> np.ndarray:
    """Samples as float32 in [0, 1]. Raises ImageError where nothing says which value is white."""
    if image.dtype.type in WHITE:
        return np.divide(image, np.float32(WHITE[image.dtype.type]), dtype=np.float32)
    _check_samples(image, "uint8, uint16, or floats clipped to [0, 1]")
    return image.astype(np.float32)


def _check_samples(samples: Any, wanted: str) -> None:
    name = str(samples.dtype).removeprefix("torch.")
    low, high = (float(end) for end in (samples.min(), samples.max()))
    if not ("float" in name and low >= 0 and high <= 1):  # NaN fails too
        raise ImageError(f"{name} samples run from {low:g} to {high:g}: give {wanted}")


def _channels_last(image: Tensor) -> np.ndarray:
    image = image.detach().cpu()
    image = image.squeeze(0) if image.ndim == 4 else image
    image = image.movedim(0, -1) if image.ndim == 3 else image
    return (image.float() if image.is_floating_point() else image).numpy()  # NumPy has no bfloat16

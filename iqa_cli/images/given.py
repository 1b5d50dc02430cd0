"""Images as Python has them: paths, bytes, Pillow images, arrays and tensors, by one rule each."""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.images.loader import ImagePolicy, load_image

if TYPE_CHECKING:
    from torch import Tensor

ORIENTATION = 0x0112  # the EXIF tag


def pixels_of(image: Any, policy: ImagePolicy = ImagePolicy()) -> np.ndarray:
    """H x W x 3 float32 in [0, 1] of a file or its bytes, a Pillow image, an H x W x 3 array or a 3 x H x W tensor.

    A Pillow image is taken as its file would be: turned upright, brought to sRGB, composited over white.

    Raises:
        ImageError: it cannot be read, is not RGB, or its samples are neither uint8 nor floats in [0, 1].
        UsageError: something else.
    """
    if isinstance(image, Pillow.Image):
        image = _file_of(image)
    if isinstance(image, bytes):
        return load_image(image, policy).pixels
    if isinstance(image, str | os.PathLike):
        # Unlike Path.expanduser, this leaves "~nobody/x" as it is.
        return load_image(os.path.expanduser(image), policy).pixels  # noqa: PTH111
    is_tensor = hasattr(image, "detach")
    if not is_tensor and not isinstance(image, np.ndarray):
        kind = type(image).__name__
        raise UsageError(f"{kind} is no image here: give a path, bytes, a Pillow image, an array or a tensor")
    shape, image = tuple(image.shape), _channels_last(image) if is_tensor else image
    if image.ndim != 3 or image.shape[-1] != 3 or 0 in shape:
        raise ImageError(f"an image of shape {shape} is not RGB: {_remedy(image.shape)}")
    if image.dtype == np.uint8:
        return np.divide(image, np.float32(255), dtype=np.float32)
    _check_samples(image, image.dtype.kind == "f")
    return np.ascontiguousarray(image, dtype=np.float32)


def check_batch(images: Any) -> None:
    """Make sure of a batch that gradients can pass: a B x 3 x H x W tensor of floats in [0, 1].

    Raises:
        ImageError: it is none.
        UsageError: it is no tensor.
    """
    if not hasattr(images, "is_floating_point"):
        raise UsageError(f"{type(images).__name__} is no batch here: give tensors, or take score() for single images")
    shape = tuple(images.shape)
    if images.ndim != 4 or shape[1] != 3 or 0 in shape:
        raise ImageError(f"a batch of shape {shape} is not RGB: give B x 3 x H x W tensors")
    if not images.is_floating_point():
        raise ImageError(f"{images.dtype} samples: give floats in [0, 1], such as images.float() / 255")
    _check_samples(images.detach(), True)


def _check_samples(samples: Any, floating: bool) -> None:
    low, high = (float(end) for end in (samples.min(), samples.max()))
    if not (floating and low >= 0 and high <= 1):  # NaN fails too
        name = str(samples.dtype).removeprefix("torch.")
        raise ImageError(f"{name} samples run from {low:g} to {high:g}: give uint8, or floats clipped to [0, 1]")


def _remedy(shape: tuple[int, ...]) -> str:
    if len(shape) == 2 or shape[-1] == 1:
        return "repeat its grey three times, or give the file or the Pillow image, where that is done"
    if len(shape) == 3 and shape[-1] == 4:
        return "composite it over white, or give the file or the Pillow image, where that is done"
    return "give H x W x 3 arrays or 3 x H x W tensors"


def _channels_last(image: Tensor) -> np.ndarray:
    image = image.detach().cpu()
    image = image.squeeze(0) if image.ndim == 4 else image
    image = image.movedim(0, -1) if image.ndim == 3 else image
    return (image.float() if image.is_floating_point() else image).numpy()  # NumPy has no bfloat16


def _file_of(image: Pillow.Image) -> bytes:
    """The image as the bytes of a file, without loss, so that the one loader reads it."""
    file, exif = BytesIO(), Pillow.Exif()
    try:
        exif[ORIENTATION] = int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # of the rest of its metadata nothing is needed
        exif[ORIENTATION] = 1
    try:
        if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            image = image.convert("RGB")
        image.save(file, "PNG", compress_level=0, exif=exif, icc_profile=image.info.get("icc_profile"))
    except Exception as error:  # a lazy image whose file is damaged
        raise ImageError(f"a Pillow image cannot be read: {error}") from error
    return file.getvalue()

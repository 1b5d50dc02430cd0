"""Colour of 16 bits out of PNG, TIFF and PPM, of which Pillow keeps the upper 8; AVIF by a module of its own.

Pillow unpacks such samples by dropping one byte of each; which one, the name of the layout says. So a file that is
decoded twice, once as big and once as little endian, gives both. Planes that a TIFF stores apart are read one by one as
grey, which Pillow keeps whole.
"""

import io
import re
import sys
from typing import cast

import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin

from iqa_cli.decoders.avif_depth import avif_samples
from iqa_cli.decoders.raster import apart, is_colour
from iqa_cli.ground.pixels import strips
from iqa_cli.metadata import tiff
from iqa_cli.metadata.tiff import TiffFile

_FORMATS = ("PNG", "TIFF", "PPM")
_BITS, _WHITE = 16, 65535
_MODES = {"RGB": "RGB", "RGBA": "RGBA", "RGBX": "RGBA", "RGBa": "RGBA"}  # Pillow's layouts, and a mode that fits each
_GREY_AND_ALPHA = "LA"  # has no layout for the other byte; as RGBA of 8 bits it has all four
_RGB = 2  # as TIFF numbers photometric interpretations
_ASSOCIATED = 1  # alpha that colours are multiplied by
_PLANAR, _APART = TiffImagePlugin.PLANAR_CONFIGURATION, 2


def deep_samples(image: Image.Image, data: bytes) -> np.ndarray | None:
    """H x W x C uint16, white at 65535, of an image that Pillow has opened from `data` and would cut to 8 bits.

    C is 2 (grey and alpha), 3 or 4 (RGB, and alpha, which is not multiplied in); AVIF may be H x W of grey. None
    where there is no way: inks, more than one further channel, and an AVIF without the extra for it.
    """
    if image.format == "AVIF":
        return avif_samples(image, data)
    if image.format not in _FORMATS:
        return None
    if image.format == "PPM":
        return _of_ppm(image, data)
    if image.format == "TIFF" and cast(TiffImagePlugin.TiffImageFile, image).tag_v2.get(_PLANAR) == _APART:
        return _of_planes(image, data)
    tiles = cast(ImageFile.ImageFile, image).tile
    found = tiles[0].args if tiles else ""
    layout, _, order = str(found[0] if isinstance(found, tuple) else found).partition(";16")
    if layout == _GREY_AND_ALPHA:
        bytes_ = _unpacked(data, "RGBA", "RGBA").astype(np.uint16)
        return bytes_[..., 0::2] << 8 | bytes_[..., 1::2]
    if layout not in _MODES or not order:
        return None
    first, second = (_unpacked(data, _MODES[layout], f"{_MODES[layout]};16{end}") for end in "BL")
    is_big = order == "B" or (order == "N" and sys.byteorder == "big")
    upper, lower = (first, second) if is_big else (second, first)
    samples = upper.astype(np.uint16)
    samples <<= 8
    samples |= lower
    del first, second, upper, lower
    if layout == "RGBX":
        return samples[..., :3]
    return apart(samples, _BITS) if layout == "RGBa" else samples


def with_clear(samples: np.ndarray, clear: tuple[int, ...] | None) -> np.ndarray:
    """RGB with alpha where one colour is declared transparent and is there."""
    if clear is None or samples.shape[-1] != len(clear):
        return samples
    hit = is_colour(samples, clear)
    alpha = np.where(hit, np.uint16(0), np.uint16(_WHITE))
    return np.concatenate([samples, alpha[..., None]], axis=-1) if hit.any() else samples


def _unpacked(data: bytes, mode: str, layout: str) -> np.ndarray:
    """One byte of each sample: the first where the layout calls them big endian, else the second."""
    image = cast(ImageFile.ImageFile, Image.open(io.BytesIO(data), formats=("PNG", "TIFF")))
    image._mode = mode
    image.tile = [
        tile._replace(args=layout if isinstance(tile.args, str) else (layout, *(tile.args or ())[1:]))
        for tile in image.tile
    ]
    image.load()
    return np.asarray(image)


def _of_planes(image: Image.Image, data: bytes) -> np.ndarray | None:
    """Red, green, blue and alpha of a TIFF that stores them apart."""
    if image.mode not in ("RGB", "RGBA"):
        return None
    file = TiffFile(data)
    page = file.directory(file.first)
    if page is None or (file.number(page, tiff.BITS), file.number(page, tiff.PHOTOMETRIC)) != (_BITS, _RGB):
        return None
    planes = []
    for number in range(len(image.getbands())):
        plane = Image.open(io.BytesIO(file.plane(page, number)), formats=("TIFF",))
        planes.append(np.asarray(plane).astype(np.uint16))
    samples = np.stack(planes, axis=-1)
    premultiplied = file.number(page, tiff.EXTRA_SAMPLES) == _ASSOCIATED and samples.shape[-1] == 4
    return apart(samples, _BITS) if premultiplied else samples


def _of_ppm(image: Image.Image, data: bytes) -> np.ndarray | None:
    """Samples of two bytes, big endian, or written as numbers, whose white may be any number."""
    codec, _, offset, args = cast(ImageFile.ImageFile, image).tile[0]
    if codec not in ("ppm", "ppm_plain") or image.mode != "RGB" or not isinstance(args, tuple):
        return None
    white, count = int(args[1]), 3 * image.width * image.height
    if codec == "ppm_plain":
        found = _numbers(data[offset:])[:count]
        if len(found) < count or found.max() > white:
            return None  # Pillow will say so
    elif len(data) < offset + 2 * count:
        return None
    else:
        found = np.frombuffer(data, ">u2", count, offset)
    stored = found.reshape(image.height, image.width, 3)
    samples = np.empty(stored.shape, np.uint16)
    for rows in strips(stored):
        samples[rows] = (np.minimum(stored[rows], white) * (_WHITE / white)).round()
    return samples


def _numbers(text: bytes) -> np.ndarray:
    """The numbers of a text with comments; none where there is anything else in it."""
    text = re.sub(rb"#[^\r\n]*", b"", text)
    return np.fromstring(text, np.int64, sep=" ") if re.fullmatch(rb"\s*\d[\d\s]*", text) else np.empty(0, np.int64)

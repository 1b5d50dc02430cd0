"""Lossy compression and decompression: JPEG 2000 (type 9) and JPEG (10)."""

import io

import numpy as np
from PIL import Image

from iqa_cli.decoders.pillow_limit import PILLOW_LIMIT_LIFTED
from iqa_cli.errors import ImageError
from iqa_cli.ground.pixels import from_pillow, to_pillow

_JPEG_SIDE = 65_500  # px, the limit of libjpeg
_JPEG2000_HEADER = 180  # bytes, about, whatever the size of the image


def jpeg2000(image: np.ndarray, ratio: float, rng: np.random.Generator) -> np.ndarray:
    """JPEG 2000 with the irreversible wavelet at a compression `ratio` of 24-bit RGB to coded data.

    The header comes on top: it would eat most of the bytes of a small image at a high ratio.
    """
    coded_size = image.size / ratio + _JPEG2000_HEADER
    resolutions = min(image.shape[:2]).bit_length()  # each one halves the image
    return _coded(
        image,
        format="JPEG2000",
        no_jp2=True,
        irreversible=True,
        mct=1,  # RGB to YCbCr first: Pillow's default leaves the channels apart
        quality_mode="rates",
        quality_layers=[image.size / coded_size],
        num_resolutions=min(6, resolutions),
    )


def jpeg(image: np.ndarray, quality: float, rng: np.random.Generator) -> np.ndarray:
    """Baseline JPEG with 4:2:0 chroma at libjpeg's `quality`, rounded to a whole number.

    Raises ImageError for an image with a side that libjpeg does not take.
    """
    if max(image.shape[:2]) > _JPEG_SIDE:
        raise ImageError(f"JPEG takes {_JPEG_SIDE} px a side at most, and one has {max(image.shape[:2])}: reduce it")
    return _coded(image, format="JPEG", quality=round(quality), subsampling="4:2:0")


def _coded(image: np.ndarray, **options) -> np.ndarray:
    """The image after Pillow has encoded and decoded it."""
    buffer = io.BytesIO()
    to_pillow(image).save(buffer, **options)
    with PILLOW_LIMIT_LIFTED, Image.open(buffer) as picture:
        return from_pillow(picture)

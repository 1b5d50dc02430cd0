"""HEIC, and other HEIF with HEVC inside, by pillow-heif, which is an extra.

libheif turns and mirrors an image as its own properties (irot, imir) say. EXIF repeats that in most files and does
not count beside it (ISO/IEC 23008-12), so orientation is applied once.
"""

import io
from dataclasses import replace
from typing import Any, cast

import numpy as np

from iqa_cli.colours.primaries import Colour, coded
from iqa_cli.decoders.raster import Raster, apart, check_size, chosen, frame_notes, of_samples
from iqa_cli.errors import ImageError
from iqa_cli.ground.picture_formats import HEIF
from iqa_cli.ground.wording import said
from iqa_cli.metadata.facts import GAIN_MAP_IGNORED, Facts
from iqa_cli.metadata.iso_boxes import brand, has_gain_map

_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_GENERAL = frozenset((b"mif1", b"msf1"))  # of AVIF, too, which says so among the compatible brands


def is_heif(data: bytes) -> bool:
    """Whether a file begins like HEIF, and not like AVIF."""
    found = brand(data)
    return found in _BRANDS or (found in _GENERAL and b"avi" not in data[16:64])


def decode_heif(data: bytes, max_pixels: int, frame: int | None = None) -> Raster:
    """The primary image, or one of several by its number from 0; upright, 8 to 16 bits as stored.

    Raises ImageError where pillow-heif is not installed, for a codec that it does not have, and for one too large.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise ImageError(HEIF.unusable(error)) from None
    try:
        file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    except Exception as error:
        if "nsupported" in str(error):
            raise ImageError(
                f"HEIF that libheif does not decode ({said(error)}): save it as PNG or TIFF first"
            ) from None
        raise
    count = len(file)
    number = chosen(frame, count, file.primary_index)
    image = file[number]
    check_size(*image.size, max_pixels)
    samples, info = np.asarray(image), cast(dict[str, Any], image.info)
    bits = info["bit_depth"] if samples.dtype.itemsize > 1 else 8
    if image.premultiplied_alpha:
        samples = apart(samples, bits)
    told = Facts(data, profile=info.get("icc_profile"), colour=colour_of(info.get("nclx_profile")))
    notes = frame_notes(frame, count, "image", number)
    if any("hdrgainmap" in kind for kind in info.get("aux") or ()) or has_gain_map(data):
        notes.append(GAIN_MAP_IGNORED)
    return replace(of_samples(samples, bits, told, notes), frames=count)


def heif_images(data: bytes) -> int:
    """How many images there are."""
    import pillow_heif

    return len(pillow_heif.open_heif(io.BytesIO(data)))


def heif_size(path: str | io.BytesIO) -> tuple[int, int]:
    """Width and height of the primary image, by the headers alone."""
    import pillow_heif

    return pillow_heif.open_heif(path).size


def colour_of(nclx: dict | None) -> Colour | None:
    """By the code points of H.273; matrix and range are those of YCbCr, which is decoded already."""
    if nclx is None:
        return None
    return coded(int(nclx["color_primaries"]), int(nclx["transfer_characteristics"]), where="HEIC nclx")

"""Sample depth: how many bits a file holds, how many Pillow keeps, and samples to [0, 1].

Pillow keeps more than 8 bits in one channel only. Grey (modes "I;16", "I" and "F") is read here at full precision,
deeper colour of PNG, TIFF and PPM by `deep_samples`; what else is deeper reaches us as 8-bit already.
"""

from importlib.util import find_spec
from typing import cast

import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin

from iqa_cli.errors import ImageError

AVIF_NEEDED = "pip install 'iqa-cli[avif]' keeps them"
_SIGNED, _UNSIGNED = "signed", "unsigned"
_CODESTREAM_START = b"\xff\x4f\xff\x51"  # JPEG 2000 markers SOC and SIZ (ISO 15444-1, A.5.1)


def stored_bits(image: Image.Image, data: bytes) -> int:
    """Bits per sample in the file `data`, which Pillow's mode does not tell. Ask before `image.load()`."""
    match image.format:
        case "PNG":
            return data[24]  # in IHDR, always the first chunk
        case "TIFF":
            return max(_tags(image).get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
        case "JPEG2000":
            return (data[data.find(_CODESTREAM_START) + 42] & 0x7F) + 1  # Ssiz of the first component
        case "AVIF":
            pixi = data.find(b"pixi")  # name, version and flags (4 bytes), channel count, bits
            return data[pixi + 9] if pixi >= 0 else 8
        case "PPM":
            decoder = cast(ImageFile.ImageFile, image).tile[0].args  # (mode, largest value) unless that is 255
            return decoder[1].bit_length() if isinstance(decoder, tuple) else 8
        case _:
            return 8


def is_wide_grey(image: Image.Image) -> bool:
    """Whether Pillow holds the image as grey with more than 8 bits."""
    return image.mode == "F" or image.mode.startswith("I")


def narrowing_notes(image: Image.Image, bits: int) -> list[str]:
    """Say when Pillow has cut samples of `bits` bits down to the 8 of `image`, or taken signed ones as unsigned."""
    if _sample_kind(image) == _SIGNED and image.mode == "L":
        lowest, highest = np.asarray(image).view(np.int8).min(), np.asarray(image).view(np.int8).max()
        if lowest < 0:
            raise ImageError(f"signed {bits}-bit samples run from {lowest} to {highest}; rescale them to 0..255")
        return [f"signed {bits}-bit integers read with white at 255"]
    if bits <= 8:
        return []
    if image.format == "JPEG2000":
        # Pillow (11.3 to 13.0) rounds these to 256 without clipping, so that white wraps to black.
        raise ImageError(f"{bits}-bit colour JPEG 2000 is not supported; convert it to PNG or TIFF")
    more = f": {AVIF_NEEDED}" if image.format == "AVIF" and find_spec("av") is None else ""
    return [f"{bits}-bit samples read as 8-bit{more}"]


def full_scale(image: Image.Image, bits: int) -> Image.Image:
    """JPEG 2000 of fewer than 8 bits with white at 255: Pillow shifts samples up, so that 4 bits end at 240."""
    if image.format != "JPEG2000" or bits >= 8 or image.mode not in ("L", "LA", "RGB", "RGBA"):
        return image
    white = (2**bits - 1) << (8 - bits)
    return image.point([min(255, round(255 * value / white)) for value in range(256)] * len(image.getbands()))


def wide_grey_to_float(image: Image.Image, bits: int) -> tuple[np.ndarray, list[str]]:
    """Grey of more than 8 bits as H×W float32 in [0, 1], and notes.

    Float samples are taken as they are; integers have white at the largest value of `bits` bits,
    and at 65535 where the file has more. Raises `ImageError` where samples leave that range, since
    nothing then says which value is white.
    """
    samples, kind = np.asarray(image), _sample_kind(image)
    if kind == _UNSIGNED and samples.dtype == np.int32:
        samples = samples.view(np.uint32)  # Pillow has no mode for them
    white = _white_level(image, bits)
    low, high = samples.min(), samples.max()
    if not (low >= 0 and high <= white):  # NaN fails too
        named = "float" if image.mode == "F" else f"{kind} {bits}-bit".strip()
        raise ImageError(f"{named} samples run from {low} to {high}; rescale them to 0..{white}")
    grey = np.divide(samples, white, dtype=np.float32)
    if image.format == "TIFF" and _tags(image).get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
        grey = 1 - grey  # WhiteIsZero, which Pillow minds at 8 bits only
    white_is_a_guess = image.format == "TIFF" and image.mode == "I"  # signed or 32-bit integers
    return grey, [f"{kind} {bits}-bit integers read with white at {white}"] if white_is_a_guess else []


def _tags(image: Image.Image) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Those of an image whose format is TIFF."""
    return cast(TiffImagePlugin.TiffImageFile, image).tag_v2


def _sample_kind(image: Image.Image) -> str:
    """Whether integers of a TIFF have a sign; empty for other formats."""
    if image.format != "TIFF":
        return ""
    return _SIGNED if _tags(image).get(TiffImagePlugin.SAMPLEFORMAT, (1,))[0] == 2 else _UNSIGNED


def _white_level(image: Image.Image, bits: int) -> int:
    if image.mode == "F":
        return 1
    if image.format == "TIFF" and bits < 16:
        return 2**bits - 1  # 12 bits: kept as they are
    if image.format == "JPEG2000":
        return (2**bits - 1) << (16 - bits)  # shifted up to 16 bits
    return 65535

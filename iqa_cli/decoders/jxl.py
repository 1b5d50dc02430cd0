"""JPEG XL by pillow-jxl-plugin, which is an extra.

libjxl turns the image as its own header says; EXIF beside it does not count (ISO/IEC 18181-2). A JPEG that was packed
into JPEG XL comes back as that JPEG. The plug-in gives 8 bits of colour, 16 of grey, and of an animation its last
frame, so the header is read here to tell.
"""

from typing import NamedTuple

from PIL import Image

from iqa_cli.decoders.raster import Raster, check_size
from iqa_cli.errors import ImageError
from iqa_cli.ground.picture_formats import JXL
from iqa_cli.metadata.facts import GAIN_MAP_IGNORED, Facts
from iqa_cli.metadata.iso_boxes import boxes

CODESTREAM, CONTAINER = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
_GAIN_MAP = b"jhgm"  # a box beside the picture
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # ISO/IEC 18181-1, of SizeHeader
_LENGTHS = ((9, 1), (13, 1), (18, 1), (30, 1))
_ENOUGH = 80  # bytes, for all that is read of a header
_DEPTHS = {False: (8, 10, 12), True: (32, 16, 24)}


class JxlHeader(NamedTuple):
    """What the first bits of a codestream tell: its size as shown, bits a sample, and whether it moves."""

    width: int
    height: int
    bits: int
    animated: bool


def is_jxl(data: bytes) -> bool:
    """Whether a file begins like JPEG XL, bare or in its container."""
    return data.startswith((CODESTREAM, CONTAINER))


def decode_jxl(data: bytes, max_pixels: int) -> Raster | bytes:
    """The image, upright; the bytes of a JPEG where that is what was packed.

    Raises ImageError where the plug-in is not installed, for animations, and for one too large.
    """
    try:
        from pillow_jxl import Decoder
    except ImportError as error:
        raise ImageError(JXL.unusable(error)) from None
    header = jxl_header(data)
    check_size(header.width, header.height, max_pixels)
    if header.animated:
        raise ImageError("an animation in JPEG XL, of which the decoder gives the last frame alone: save one as PNG")
    try:
        is_jpeg, info, pixels, profile, _ = Decoder(num_threads=0)(data)
    except Exception:
        raise ImageError("damaged or truncated: libjxl does not decode it") from None
    if is_jpeg:
        return bytes(pixels)
    if info.mode.startswith("F;"):
        raise ImageError("JPEG XL with half floats is not supported: save it as 16-bit PNG or TIFF first")
    image = Image.frombytes(info.mode, (info.width, info.height), bytes(pixels))
    bits = header.bits if info.mode not in ("I;16", "F") else 16
    notes = [GAIN_MAP_IGNORED] if data.startswith(CONTAINER) and _GAIN_MAP in {box.type for box in boxes(data)} else []
    return Raster(image, bits, Facts(data, profile=profile or None), notes=notes)


def jxl_header(data: bytes) -> JxlHeader:
    """Size, depth and animation, by the headers alone. Raises ValueError where they are cut off."""
    bits = _Bits(_codestream(data)[2:])
    height, width = _size(bits)
    depth, animated, orientation = 8, False, 1
    if not bits.take(1):  # not all by default
        if bits.take(1):  # extra fields
            orientation = bits.take(3) + 1
            if bits.take(1):
                _size(bits)  # of the picture as it is meant to be shown
            if bits.take(1):
                raise ImageError("JPEG XL with a preview inside is not supported: save it as PNG or TIFF first")
            animated = bool(bits.take(1))
            if animated:
                return JxlHeader(width, height, 0, True)
        depths, choice = _DEPTHS[bool(bits.take(1))], bits.take(2)
        depth = depths[choice] if choice < 3 else 1 + bits.take(6)
    return JxlHeader(*((height, width) if orientation > 4 else (width, height)), depth, animated)


def _codestream(data: bytes) -> bytes:
    """Its beginning: the file itself, or its parts in a container, which may be small."""
    if data.startswith(CODESTREAM):
        return data[:_ENOUGH]
    found = b""
    for box in boxes(data):
        if box.type in (b"jxlc", b"jxlp") and len(found) < _ENOUGH:
            found += data[box.start + (4 if box.type == b"jxlp" else 0) : box.end][:_ENOUGH]  # a part has its number
    if not found:
        raise ValueError("no picture in the container")
    return found


def _size(bits: "_Bits") -> tuple[int, int]:
    """Height and width of a SizeHeader."""
    small = bits.take(1)
    height = _length(bits, small)
    ratio = bits.take(3)
    if not ratio:
        return height, _length(bits, small)
    above, below = _RATIOS[ratio - 1]
    return height, height * above // below


def _length(bits: "_Bits", small: int) -> int:
    if small:
        return 8 * (bits.take(5) + 1)
    count, least = _LENGTHS[bits.take(2)]
    return bits.take(count) + least


class _Bits:
    """Bits from the lowest of each byte on."""

    def __init__(self, data: bytes):
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("its header is cut off")
        taken, self._value, self._left = self._value & ((1 << count) - 1), self._value >> count, self._left - count
        return taken

"""From the bytes of an image file to a Pillow image of its first frame, and what the file says of it."""

import io
import logging
import struct
from collections.abc import Callable
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from iqa_cli.decoders import animations
from iqa_cli.decoders.deep_samples import deep_samples, with_clear
from iqa_cli.decoders.depth import is_wide_grey, stored_bits
from iqa_cli.decoders.developed import DEVELOP, develop, preview, upright
from iqa_cli.decoders.heif import decode_heif, is_heif
from iqa_cli.decoders.jxl import decode_jxl, is_jxl
from iqa_cli.decoders.pillow_limit import PILLOW_LIMIT_LIFTED
from iqa_cli.decoders.raster import Raster, check_size, chosen, frame_notes, where_opaque
from iqa_cli.decoders.unreadable import foreign, raw_kind, unusual
from iqa_cli.errors import ImageError
from iqa_cli.ground.wording import said
from iqa_cli.metadata import gif, iso_boxes, jpeg, png
from iqa_cli.metadata.bmp import read_bmp
from iqa_cli.metadata.exif import read_exif
from iqa_cli.metadata.facts import Facts, facts
from iqa_cli.metadata.tiff_pages import read_tiff

# Pillow also opens formats that run other programs (EPS) or are no still images: these are all we try.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM")

_UNKNOWN = "no image that can be read: damaged, or of another format; where a viewer opens it, save it there as PNG"
_TEXT = "text, no image: is the name right?"
_READERS: tuple[tuple[bytes, Callable[[bytes], Facts]], ...] = (
    (jpeg.SIGNATURE, jpeg.read_jpeg),
    (png.SIGNATURE, png.read_png),
    (b"II*\0", read_tiff),
    (b"MM\0*", read_tiff),
    (b"II+\0", read_tiff),
    (b"MM\0+", read_tiff),
    (iso_boxes.JP2_SIGNATURE, iso_boxes.read_jp2),
    (b"BM", read_bmp),
)
_CALLED = {"TIFF": "page", "JPEG": "image"}  # one of several pictures

logging.getLogger("PIL").addHandler(logging.NullHandler())  # what it logs would else land on stderr


def decode(data: bytes, max_pixels: int, raw: str = DEVELOP, frame: int | None = None) -> Raster:
    """Decode one picture: by the extra of its format, where it has one, else by Pillow.

    Args:
        data: the file.
        max_pixels: how many it may have.
        raw: what is taken of a raw photograph: one of `RAW_RULES`.
        frame: which of several pictures, from 0; None for the first, or the one that the file says is meant.

    Raises whatever the decoders raise on damaged data, and `ImageError` on empty, unknown or too large
    images, the last before anything is decoded, and where an extra is missing.
    """
    if not data:
        raise ImageError("empty file")
    if is_heif(data):
        return decode_heif(data, max_pixels, frame)
    if is_jxl(data):
        unpacked = decode_jxl(data, max_pixels)
        return _decode(unpacked, max_pixels) if isinstance(unpacked, bytes) else unpacked
    kind = raw_kind(data)
    if kind is None:
        return _decode(data, max_pixels, frame)
    if raw == DEVELOP:
        return develop(data, kind, max_pixels)
    shown, turn, note = preview(data, kind, max_pixels)
    return upright(_decode(shown, max_pixels) if isinstance(shown, bytes) else shown, turn, note)


def _decode(data: bytes, max_pixels: int, frame: int | None = None) -> Raster:
    """By Pillow."""
    told = _told(data, frame)
    if data.startswith(gif.SIGNATURE):
        check_size(*gif.canvas(data, frame or 0), max_pixels)
    with PILLOW_LIMIT_LIFTED:
        try:
            image = (
                animations.opened(told.data, FORMATS, frame)
                if frame
                else Image.open(io.BytesIO(told.data), formats=FORMATS)
            )
        except MemoryError:
            raise
        except Exception as error:
            raise ImageError(foreign(data) or unusual(told.data, opened=False) or _refused(error, told.data)) from None
        check_size(*image.size, max_pixels)
        bits = stored_bits(image, told.data)
        frames = told.frames or getattr(image, "n_frames", 1)
        number = chosen(frame, frames)
        notes = frame_notes(frame, frames, _CALLED.get(str(image.format), "frame"))
        try:
            further = bool(number) and not told.frames  # else Pillow has that one alone
            deep = deep_samples(image, told.data) if bits > 8 and not (is_wide_grey(image) or further) else None
            if further:
                animations.at_frame(told.data, image, number)
            elif deep is None:
                image.load()
        except Exception:
            reason = unusual(told.data, opened=True)
            if reason:
                raise ImageError(reason) from None
            raise
        opaque = None
        if told.clear and deep is None:
            image = image.copy() if further else image  # the one that is kept tells what of the next frame is clear
            image.info.pop("transparency", None)  # Pillow would compare it with pixels of 8 bits
            opaque = where_opaque(image, told.clear, bits)
    if not told.orientation:
        told = _with_metadata(told, image)
    if deep is None:
        return Raster(image, bits, told, opaque, [*notes, *told.notes], frames=frames)
    told = told if told.profile is not None else replace(told, profile=image.info.get("icc_profile"))
    return Raster(None, 16, told, notes=[*notes, *told.notes], deep=with_clear(deep, told.clear), frames=frames)


def _told(data: bytes, frame: int | None = None) -> Facts:
    """By the reader of the format; where the structure is damaged, Pillow gets the file as it is."""
    reader = next((reader for start, reader in _READERS if data.startswith(start)), None)
    if iso_boxes.brand(data) in (b"avif", b"avis", b"mif1", b"msf1"):
        reader = iso_boxes.read_avif
    try:
        if reader in (jpeg.read_jpeg, read_tiff):
            return reader(data, frame)
        return reader(data) if reader else Facts(data, orientation=0)
    except (IndexError, ValueError, struct.error):
        return Facts(data, orientation=0)


def _with_metadata(told: Facts, image: Image.Image) -> Facts:
    """Facts whose orientation and colour are in the EXIF data that Pillow found."""
    xmp = None if image.format == "AVIF" else image.info.get("xmp")
    found = facts(told.data, read_exif(image.info.get("exif")), xmp, colour=told.colour)
    return replace(told, orientation=found.orientation, colour=found.colour, notes=(*told.notes, *found.notes))


def _is_text(data: bytes) -> bool:
    """Whether a file begins as text of UTF-8 does, so that there is nothing to save as an image."""
    start = data[:512].decode("utf-8", errors="ignore")
    return len(start.encode()) >= min(len(data), 512) - 3 and all(
        char.isprintable() or char in "\t\r\n\f\ufeff" for char in start
    )


def _refused(error: Exception, data: bytes) -> str:
    """Why Pillow did not even open the file."""
    if isinstance(error, UnidentifiedImageError):
        return _TEXT if _is_text(data) else _UNKNOWN
    text = said(error)
    return (
        f"{text}: save it as PNG or TIFF first" if text.startswith("Unsupported") else f"damaged or truncated: {text}"
    )

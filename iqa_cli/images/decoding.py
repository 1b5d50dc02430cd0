"""From the bytes of an image file to a Pillow image of its first frame, and what the file says of it."""

import io
import logging
import mmap
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from iqa_cli.errors import ImageError
from iqa_cli.ground.frame_names import parted
from iqa_cli.ground.picture_formats import RAW
from iqa_cli.images import boxes, jpeg, libtiff, png, tiff
from iqa_cli.images.bmp import read_bmp
from iqa_cli.images.clips import clip_facts
from iqa_cli.images.deep_samples import deep_samples, with_clear
from iqa_cli.images.depth import is_wide_grey, stored_bits
from iqa_cli.images.developed import DEVELOP, develop, preview, raw_size, upright
from iqa_cli.images.exif import read_exif
from iqa_cli.images.facts import Facts, facts
from iqa_cli.images.heif import decode_heif, heif_size, is_heif
from iqa_cli.images.jxl import decode_jxl, is_jxl, jxl_header
from iqa_cli.images.raster import Raster, check_size
from iqa_cli.images.tiff_pages import photograph, read_tiff
from iqa_cli.images.unreadable import foreign, raw_kind, unusual

# Pillow also opens formats that run other programs (EPS) or are no still images: these are all we try.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM")

_UNKNOWN = "no image that can be read: damaged, or of another format; save it as PNG"
_READERS: tuple[tuple[bytes, Callable[[bytes], Facts]], ...] = (
    (jpeg.SIGNATURE, jpeg.read_jpeg),
    (png.SIGNATURE, png.read_png),
    (b"II*\0", read_tiff),
    (b"MM\0*", read_tiff),
    (b"II+\0", read_tiff),
    (b"MM\0+", read_tiff),
    (boxes.JP2_SIGNATURE, boxes.read_jp2),
    (b"BM", read_bmp),
)
_START = 4096  # bytes that are read of a file to see what it is
_ALL_FRAMES_COUNTED = ("TIFF", "JPEG")  # by their readers: Pillow is given the first one alone

logging.getLogger("PIL").addHandler(logging.NullHandler())  # what it logs would else land on stderr


def decode(data: bytes, max_pixels: int, raw: str = DEVELOP) -> Raster:
    """Decode the first frame: by the extra of its format, where it has one, else by Pillow.

    Args:
        data: the file.
        max_pixels: how many it may have.
        raw: what is taken of a raw photograph: one of `RAW_RULES`.

    Raises whatever the decoders raise on damaged data, and `ImageError` on empty, unknown or too large
    images, the last before anything is decoded, and where an extra is missing.
    """
    if not data:
        raise ImageError("empty file")
    if is_heif(data):
        return decode_heif(data, max_pixels)
    if is_jxl(data):
        unpacked = decode_jxl(data, max_pixels)
        return _decode(unpacked, max_pixels) if isinstance(unpacked, bytes) else unpacked
    kind = raw_kind(data)
    if kind is None:
        return _decode(data, max_pixels)
    if raw == DEVELOP:
        return develop(data, kind, max_pixels)
    shown, turn, note = preview(data, kind, max_pixels)
    return upright(_decode(shown, max_pixels) if isinstance(shown, bytes) else shown, turn, note)


def _decode(data: bytes, max_pixels: int) -> Raster:
    """By Pillow."""
    told = _told(data)
    with _PILLOW_LIMIT_LIFTED:
        try:
            image = Image.open(io.BytesIO(told.data), formats=FORMATS)
        except MemoryError:
            raise
        except Exception as error:
            raise ImageError(foreign(data) or unusual(told.data, opened=False) or _refused(error)) from None
        check_size(*image.size, max_pixels)
        bits = stored_bits(image, told.data)
        notes = _frame_notes(image)
        try:
            deep = deep_samples(image, told.data) if bits > 8 and not is_wide_grey(image) else None
            if deep is None:
                image.load()
        except Exception:
            reason = unusual(told.data, opened=True)
            if reason:
                raise ImageError(reason) from None
            raise
        opaque = _opaque(image, told, bits) if told.clear and deep is None else None
    if not told.orientation:
        told = _with_metadata(told, image)
    if deep is None:
        return Raster(image, bits, told, opaque, [*notes, *told.notes])
    told = told if told.profile is not None else replace(told, profile=image.info.get("icc_profile"))
    return Raster(None, 16, told, notes=[*notes, *told.notes], deep=with_clear(deep, told.clear))


def pixel_count(path: str) -> int:
    """Pixels of an image file, by its header alone; 0 where it cannot be told, as of a pipe, which is read but once."""
    try:
        clip, number = parted(path)
        if number is not None:
            told = clip_facts(clip)
            return told.width * told.height
        if not Path(path).is_file():
            return 0
        if found := _extra_size(Path(path)):
            return found[0] * found[1]
        with _PILLOW_LIMIT_LIFTED, Image.open(path, formats=FORMATS) as image:
            pixels = image.width * image.height
            return max(pixels, _photograph_pixels(path)) if image.format == "TIFF" else pixels
    except Exception:  # decoding will say what is wrong with it
        return 0


def _extra_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a file in a format of an extra; None of others."""
    with path.open("rb") as opened:
        start = opened.read(_START)
    if is_heif(start):
        return heif_size(str(path))
    if is_jxl(start):
        return jxl_header(path.read_bytes())[:2]
    return raw_size(str(path)) if raw_kind(start) or path.suffix.lower() in RAW.suffixes else None


def _photograph_pixels(path: str) -> int:
    """Pixels of the page of a TIFF that is decoded, which need not be the first."""
    with Path(path).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        file = tiff.TiffFile(data)
        page, _ = photograph(file, list(file.pages()))
        return file.number(page, tiff.WIDTH) * file.number(page, tiff.HEIGHT)


def _told(data: bytes) -> Facts:
    """By the reader of the format; where the structure is damaged, Pillow gets the file as it is."""
    reader = next((reader for start, reader in _READERS if data.startswith(start)), None)
    if boxes.brand(data) in (b"avif", b"avis", b"mif1", b"msf1"):
        reader = boxes.read_avif
    try:
        return reader(data) if reader else Facts(data, orientation=0)
    except (IndexError, ValueError, struct.error):
        return Facts(data, orientation=0)


def _with_metadata(told: Facts, image: Image.Image) -> Facts:
    """Facts whose orientation and colour are in the EXIF data that Pillow found."""
    xmp = None if image.format == "AVIF" else image.info.get("xmp")
    found = facts(told.data, read_exif(image.info.get("exif")), xmp, colour=told.colour)
    return replace(told, orientation=found.orientation, colour=found.colour, notes=(*told.notes, *found.notes))


def _opaque(image: Image.Image, told: Facts, bits: int) -> Image.Image | None:
    """255 where a PNG's pixels are not the colour declared transparent, compared in the depth of the file."""
    image.info.pop("transparency", None)  # Pillow would compare it with pixels of 8 bits
    samples: np.ndarray = np.asarray(image).astype(np.uint16)
    clear = np.array(told.clear, np.uint16)
    if bits < 8:
        clear = clear * (255 // (2**bits - 1)) if image.mode != "1" else clear
    hit = (samples == clear).all(axis=-1) if samples.ndim == 3 else samples == clear[0]
    return Image.fromarray(np.where(hit, np.uint8(0), np.uint8(255))) if hit.any() else None


def _refused(error: Exception) -> str:
    """Why Pillow did not even open the file."""
    if isinstance(error, UnidentifiedImageError):
        return _UNKNOWN
    text = " ".join(str(error).split())
    return (
        f"{text}: save it as PNG or TIFF first" if text.startswith("Unsupported") else f"damaged or truncated: {text}"
    )


def _frame_notes(image: Image.Image) -> list[str]:
    frames = 1 if image.format in _ALL_FRAMES_COUNTED else getattr(image, "n_frames", 1)
    return [f"first frame of {frames}"] if frames > 1 else []


class _PillowLimitLifted:
    """Lifts Pillow's pixel limit, and silences libtiff, while any thread decodes; the last one to leave restores both.

    `Image.MAX_IMAGE_PIXELS` is one setting for the whole process, and our own limit may be above
    it. Leaving it off would disarm it for a host program that uses us as a library.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._threads_inside = 0
        self._limit, self._handlers = None, ()

    def __enter__(self):
        with self._lock:
            if self._threads_inside == 0:
                self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
                self._handlers = libtiff.silence()
            self._threads_inside += 1

    def __exit__(self, *exception):
        with self._lock:
            self._threads_inside -= 1
            if self._threads_inside == 0:
                Image.MAX_IMAGE_PIXELS = self._limit
                libtiff.restore(self._handlers)


_PILLOW_LIMIT_LIFTED = _PillowLimitLifted()

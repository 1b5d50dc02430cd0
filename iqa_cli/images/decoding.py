"""From the bytes of an image file to an upright Pillow image of its first frame."""

import io
import threading
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from iqa_cli.errors import ImageError
from iqa_cli.images.depth import stored_bits

# Pillow also opens formats that run other programs (EPS) or are no still images: these are all we try.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM")


@dataclass(frozen=True)
class Decoded:
    """A loaded, upright image in Pillow's own mode, and the bits per sample that its file holds."""

    image: Image.Image
    bits: int
    notes: list[str]


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Decode the first frame and turn it by its EXIF orientation.

    Raises whatever Pillow raises on damaged data, and `ImageError` on empty, unknown or too large
    images, the last before anything is decoded.
    """
    if not data:
        raise ImageError("empty file")
    with _PILLOW_LIMIT_LIFTED:
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError:
            raise ImageError(
                f"not a readable {', '.join(FORMATS)} image: another format, a damaged header,"
                " or a pixel layout that Pillow does not know"
            ) from None
        _check_size(image, max_pixels)
        bits = stored_bits(image, data)
        notes = _frame_notes(image)
        orientation, exif_notes = _orientation(image)  # before loading: Pillow turns TIFF by itself
        image.load()
        if orientation != 1:
            ImageOps.exif_transpose(image, in_place=True)
    return Decoded(image, bits, notes + exif_notes)


def pixel_count(path: str) -> int:
    """Pixels of an image file, by its header alone; 0 where it cannot be told."""
    try:
        with _PILLOW_LIMIT_LIFTED, Image.open(path, formats=FORMATS) as image:
            return image.width * image.height
    except Exception:  # decoding will say what is wrong with it
        return 0


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageError(
            f"{width}x{height} is {width * height:,} pixels, over the limit of {max_pixels:,};"
            f" raise it with --max-pixels {width * height}"
        )


def _frame_notes(image: Image.Image) -> list[str]:
    frames = getattr(image, "n_frames", 1)
    unit = {"TIFF": "page", "MPO": "image"}.get(image.format, "frame")
    return [f"first {unit} of {frames}"] if frames > 1 else []


def _orientation(image: Image.Image) -> tuple[int, list[str]]:
    """EXIF orientation, 1 (upright) to 8, and the note it earns."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged EXIF fails in many ways; viewers still show the image
        return 1, ["EXIF data unreadable, orientation not applied"]
    if orientation not in range(2, 9):
        return 1, []
    return orientation, [f"EXIF orientation {orientation} applied"]


class _PillowLimitLifted:
    """Lifts Pillow's pixel limit while any thread decodes; the last one to leave restores it.

    `Image.MAX_IMAGE_PIXELS` is one setting for the whole process, and our own limit may be above
    it. Leaving it off would disarm it for a host program that uses us as a library.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._threads_inside = 0
        self._limit = None

    def __enter__(self):
        with self._lock:
            if self._threads_inside == 0:
                self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            self._threads_inside += 1

    def __exit__(self, *exception):
        with self._lock:
            self._threads_inside -= 1
            if self._threads_inside == 0:
                Image.MAX_IMAGE_PIXELS = self._limit


_PILLOW_LIMIT_LIFTED = _PillowLimitLifted()

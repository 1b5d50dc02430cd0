"""What the headers of a file tell without decoding it: its size, and how many pictures it holds."""

import mmap
from io import BytesIO
from pathlib import Path

from PIL import Image

from iqa_cli.decoders.clips import clip_facts
from iqa_cli.decoders.decoding import FORMATS
from iqa_cli.decoders.developed import raw_size
from iqa_cli.decoders.heif import heif_images, heif_size, is_heif
from iqa_cli.decoders.jxl import is_jxl, jxl_header
from iqa_cli.decoders.pillow_limit import PILLOW_LIMIT_LIFTED
from iqa_cli.decoders.unreadable import raw_kind
from iqa_cli.ground.frame_names import is_clip, parted
from iqa_cli.ground.named_bytes import NamedBytes
from iqa_cli.ground.picture_formats import RAW
from iqa_cli.metadata import jpeg, tiff
from iqa_cli.metadata.tiff_pages import photograph, read_tiff

_START = 4096  # bytes that are read of a file to see what it is


def pixel_count(path: str) -> int:
    """Pixels of an image file, by its header alone; 0 where it cannot be told, as of a pipe, which is read but once."""
    width, height = picture_size(path) or (0, 0)
    return width * height


def picture_size(path: str) -> tuple[int, int] | None:
    """Width and height of an image file before it is turned, by its header alone; None where it cannot be told."""
    try:
        if isinstance(path, NamedBytes):
            with PILLOW_LIMIT_LIFTED, Image.open(BytesIO(path.data), formats=FORMATS) as image:
                return image.size
        file, number = parted(path)
        if number is not None and is_clip(file):
            told = clip_facts(file)
            return told.width, told.height
        path = path if Path(path).is_file() else file
        if not Path(path).is_file():
            return None
        if found := _extra_size(Path(path)):
            return found
        with PILLOW_LIMIT_LIFTED, Image.open(path, formats=FORMATS) as image:
            sizes = [image.size, *([_photograph_size(path)] if image.format == "TIFF" else [])]
            return max(sizes, key=lambda size: size[0] * size[1])
    except Exception:  # decoding will say what is wrong with it
        return None


def frames_in(path: str) -> int | None:
    """How many pictures a file holds, any of which could be scored; None where it cannot be told."""
    try:
        if not Path(path).is_file():
            return None
        data = Path(path).read_bytes()
        if is_heif(data):
            return heif_images(data)
        if is_jxl(data) or raw_kind(data) is not None:
            return 1
        if data.startswith(jpeg.SIGNATURE):
            return jpeg.read_jpeg(data).frames
        if data[:2] in (b"II", b"MM"):
            return read_tiff(data).frames
        with PILLOW_LIMIT_LIFTED, Image.open(path, formats=FORMATS) as image:
            return getattr(image, "n_frames", 1)
    except Exception:  # decoding will say what is wrong with it
        return None


def _extra_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a file in a format of an extra; None of others."""
    with path.open("rb") as opened:
        start = opened.read(_START)
    if is_heif(start):
        return heif_size(str(path))
    if is_jxl(start):
        return jxl_header(path.read_bytes())[:2]
    return raw_size(str(path)) if raw_kind(start) or path.suffix.lower() in RAW.suffixes else None


def _photograph_size(path: str) -> tuple[int, int]:
    """Width and height of the page of a TIFF that is decoded, which need not be the first."""
    with Path(path).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        file = tiff.TiffFile(data)
        page, _ = photograph(file, list(file.pages()))
        return file.number(page, tiff.WIDTH), file.number(page, tiff.HEIGHT)

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
from iqa_cli.metadata import gif, jpeg, tiff
from iqa_cli.metadata.tiff_pages import photograph, read_tiff
from iqa_cli.storage.access import Fetched, named, read_bytes, read_start
from iqa_cli.storage.names import is_local_file

_START = 4096  # bytes that are read of a file to see what it is
_HEADERS = 1 << 16  # bytes that have the size in most files


def pixel_count(path: str | Fetched) -> int:
    """Pixels of an image file, by its header alone; 0 where it cannot be told, as of a pipe, which is read but once."""
    width, height = picture_size(path) or (0, 0)
    return width * height


def picture_size(path: str | Fetched) -> tuple[int, int] | None:
    """Width and height of an image file before it is turned, by its header alone; None where it cannot be told.

    Of a file at a URL or in a tar the start is read, and where that does not tell, all of it.
    """
    try:
        if isinstance(path, NamedBytes):
            return _size_in(path.data)
        if isinstance(path, Fetched):
            return _size_in(path.read())
        file, number = parted(path)
        if number is not None and is_clip(file):
            told = clip_facts(file)
            return told.width, told.height
        if not is_local_file(path):
            return _size_by_parts(named(path)[0])
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
        if is_local_file(path) and not Path(path).is_file():
            return None
        data = read_bytes(path)
        if is_heif(data):
            return heif_images(data)
        if is_jxl(data) or raw_kind(data) is not None:
            return 1
        if data.startswith(jpeg.SIGNATURE):
            return jpeg.read_jpeg(data).frames
        if data[:2] in (b"II", b"MM"):
            return read_tiff(data).frames
        if data.startswith(gif.SIGNATURE):
            return gif.frames(data)
        with PILLOW_LIMIT_LIFTED, Image.open(BytesIO(data), formats=FORMATS) as image:
            return getattr(image, "n_frames", 1)
    except Exception:  # decoding will say what is wrong with it
        return None


def _extra_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a file that Pillow is not asked for: of an extra, or a GIF; None of others."""
    with path.open("rb") as opened:
        start = opened.read(_START)
    if is_heif(start):
        return heif_size(str(path))
    if is_jxl(start):
        return jxl_header(path.read_bytes())[:2]
    if start.startswith(gif.SIGNATURE):
        return gif.canvas(path.read_bytes())
    return raw_size(str(path)) if raw_kind(start) or path.suffix.lower() in RAW.suffixes else None


def _size_by_parts(name: str) -> tuple[int, int] | None:
    try:
        return _size_in(read_start(name, _HEADERS))
    except Exception:  # the start may be too short for any of the readers
        return _size_in(read_bytes(name))


def _size_in(data: bytes) -> tuple[int, int]:
    """Width and height of a file that is at hand. Raises where they cannot be told."""
    if is_heif(data):
        return heif_size(BytesIO(data))
    if is_jxl(data):
        return jxl_header(data)[:2]
    if data.startswith(gif.SIGNATURE):
        return gif.canvas(data)
    if raw_kind(data):
        return raw_size(BytesIO(data))
    with PILLOW_LIMIT_LIFTED, Image.open(BytesIO(data), formats=FORMATS) as image:
        sizes = [image.size, *([_photograph_in(data)] if image.format == "TIFF" else [])]
    return max(sizes, key=lambda size: size[0] * size[1])


def _photograph_size(path: str) -> tuple[int, int]:
    with Path(path).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _photograph_in(data)


def _photograph_in(data: bytes | mmap.mmap) -> tuple[int, int]:
    """Width and height of the page of a TIFF that is decoded, which need not be the first."""
    file = tiff.TiffFile(data)
    page, _ = photograph(file, list(file.pages()))
    return file.number(page, tiff.WIDTH), file.number(page, tiff.HEIGHT)

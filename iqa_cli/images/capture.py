"""When a photograph was taken: DateTimeOriginal of its EXIF data, in the time of the camera.

Sources: Exif 2.32 (CIPA DC-008), 4.6.5: DateTimeOriginal and SubSecTimeOriginal; for CR3, which nobody published,
L. Chevalier, https://github.com/lclevy/canon_cr3.
"""

import mmap
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from iqa_cli.decoders.decoding import FORMATS, PILLOW_LIMIT_LIFTED
from iqa_cli.decoders.heif import is_heif
from iqa_cli.decoders.jxl import is_jxl
from iqa_cli.metadata import gif, jpeg
from iqa_cli.metadata.iso_boxes import boxes, brand
from iqa_cli.metadata.tiff import EXIF, TiffFile
from iqa_cli.storage.access import read_bytes, read_start
from iqa_cli.storage.names import is_local_file

_ORIGINAL, _FRACTION = 0x9003, 0x9291
_START = 1 << 18  # bytes: all of the segments before the pixels, but for profiles and previews that are larger
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")  # the last are ORF and RW2
_RW2_PREVIEW = 0x2E  # the tag of a JPEG that has the EXIF data
_CR3, _CR3_DETAILS, _UUID = b"crx ", b"CMT2", 16  # the box with the tags of EXIF's second directory; bytes of a name
_RAF, _RAF_PREVIEW = b"FUJIFILMCCD-RAW ", 84  # where the header tells the place of a JPEG that has the EXIF data


def capture_time(path: str) -> datetime | None:
    """When the photograph was taken; None where its file does not tell, or cannot be read.

    Read are JPEG, TIFF and raw files that are built like it, RAF, CR3, and what Pillow and its plug-ins find in others.
    """
    try:
        if not is_local_file(path):
            return _by_parts(path)
        with Path(path).open("rb") as opened:
            start = opened.read(_START)
            if start[:4] in _TIFF:
                with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                    return _told(whole)
            if start.startswith(_RAF):
                opened.seek(int.from_bytes(start[_RAF_PREVIEW : _RAF_PREVIEW + 4], "big"))
                start = opened.read(_START)
        return _in_block(start, path)
    except Exception:  # metadata of files that people have are as they like
        return None


def _by_parts(name: str) -> datetime | None:
    """Of a file in a tar or at a URL, whose start is asked for, and the rest only where the time is there."""
    start = read_start(name, _START)
    if start[:4] in _TIFF:
        return _told(start if len(start) < _START else read_bytes(name))
    if start.startswith(_RAF):
        place = int.from_bytes(start[_RAF_PREVIEW : _RAF_PREVIEW + 4], "big")
        start = (start if len(start) > place + _START else read_bytes(name))[place:]
    return _in_block(start, BytesIO(start))


def _in_block(start: bytes, file: str | BytesIO) -> datetime | None:
    if start.startswith(jpeg.SIGNATURE):
        block = _of_jpeg(start)
    elif brand(start) == _CR3:
        block = _of_cr3(start)
    else:
        block = _by_pillow(file, start)
    while block.startswith(b"Exif\0\0"):
        block = block[6:]
    return _told(block) if block else None


def _of_jpeg(data: bytes) -> bytes:
    found = (data[start:end] for _, start, end in jpeg.segments(data))
    return next((body for body in found if body.startswith(b"Exif\0\0")), b"")


def _of_cr3(data: bytes) -> bytes:
    films = (box for box in boxes(data) if box.type == b"moov")
    own = (box for film in films for box in boxes(data, film.start, film.end) if box.type == b"uuid")
    found = (box for inside in own for box in boxes(data, inside.start + _UUID, inside.end))
    return next((data[box.start : box.end] for box in found if box.type == _CR3_DETAILS), b"")


def _by_pillow(path: str | BytesIO, start: bytes) -> bytes:
    """The block of EXIF data that Pillow finds without decoding; none where the extra of the format is missing."""
    formats: tuple[str, ...] = FORMATS
    if start.startswith(gif.SIGNATURE):
        return b""  # has none, and Pillow would make room for frames of any size
    if is_heif(start):
        import pillow_heif

        return pillow_heif.open_heif(path).info.get("exif") or b""
    if is_jxl(start):
        import pillow_jxl  # noqa: F401 (registers itself)

        formats = ("JXL",)
    with PILLOW_LIMIT_LIFTED, Image.open(path, formats=formats) as image:
        return image.info.get("exif") or b""


def _told(data: bytes | mmap.mmap) -> datetime | None:
    tiff = TiffFile(data)
    for page in tiff.pages():
        for details in (*tiff.below(page, EXIF), page):
            text = tiff.value(details, _ORIGINAL).split(b"\0")[0].decode("ascii", "replace").strip()
            if len(text) >= 19:
                fraction = tiff.value(details, _FRACTION).split(b"\0")[0].decode("ascii", "replace").strip()
                whole = datetime.strptime(text[:19].replace("-", ":"), "%Y:%m:%d %H:%M:%S")
                return whole.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction.isdigit() else 0)
        if preview := tiff.value(page, _RW2_PREVIEW):
            return _in_block(preview, BytesIO(preview))
    return None

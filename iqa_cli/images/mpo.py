"""JPEG files of several pictures: where each is, by the index that CIPA DC-007 (multi-picture format) describes.

What the index calls a large thumbnail, as many cameras keep for their display, is a copy and does not count.
"""

import struct
from typing import NamedTuple

from iqa_cli.images.tiff import Directory, TiffFile

_ENTRIES, _ENTRY = 0xB002, 16  # bytes an entry: attribute, size, offset, two dependent ones
_THUMBNAILS = {0x010001, 0x010002, 0x010003, 0x010004, 0x010005}  # VGA, Full HD, 4K, 8K, 16K


class Place(NamedTuple):
    """Where a picture stands: its first byte, counted from the index unless it is the first picture; its length."""

    offset: int
    size: int


def places(block: bytes) -> list[Place]:
    """The pictures of an index, the first being the file's own; just that one where the index makes no sense."""
    try:
        index = TiffFile(block)
        table = index.value(index.directory(index.first) or Directory(0), _ENTRIES)
    except (ValueError, struct.error):
        table = b""
    rows = struct.iter_unpack(index.end + "IIIHH", table) if table and not len(table) % _ENTRY else ()
    found = [Place(offset, size) for kind, size, offset, _, _ in rows if kind & 0xFFFFFF not in _THUMBNAILS]
    return found or [Place(0, 0)]


def picture(data: bytes, start: int, place: Place) -> bytes:
    """A picture as a file of its own; `start` is where the index stands in `data`."""
    return data[start + place.offset :][: place.size] if place.offset else data

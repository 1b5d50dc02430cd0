"""GIF: how large its frames are. One may be larger than the screen that the header declares, and Pillow makes room for
it before anybody could ask.

Source: GIF89a (CompuServe, 1990), sections 18 (screen), 20 (image) and 22 (data).
"""

import struct
from collections.abc import Iterator
from itertools import islice

SIGNATURE = b"GIF8"
_SCREEN, _TABLE = 6, 0x80  # where its size stands; whether there is a table of colours
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B


def canvas(data: bytes | bytearray, number: int = 0) -> tuple[int, int]:
    """Width and height that the frames up to `number`, from 0, take: as far as they are there, and the screen."""
    if len(data) < _SCREEN + 7:
        return 0, 0
    sizes = [struct.unpack_from("<HH", data, _SCREEN), *islice(_reaches(data), number + 1)]
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def frames(data: bytes | bytearray) -> int:
    """How many frames there are."""
    return sum(1 for _ in _reaches(data))


def _reaches(data: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Where each frame ends at the right and at the bottom."""
    place = _SCREEN + 7 + _colours(data[_SCREEN + 4])
    while place < len(data) and data[place] != _END:
        kind, place = data[place], place + 1
        if kind == _EXTENSION:
            place = _after_blocks(data, place + 1)
        elif kind == _IMAGE and place + 9 < len(data):
            left, top, width, height, flags = struct.unpack_from("<4HB", data, place)
            yield left + width, top + height
            place = _after_blocks(data, place + 10 + _colours(flags))


def _colours(flags: int) -> int:
    """Bytes of the table of colours that follows."""
    return 6 << (flags & 7) if flags & _TABLE else 0


def _after_blocks(data: bytes | bytearray, place: int) -> int:
    while place < len(data) and data[place]:
        place += 1 + data[place]
    return place + 1

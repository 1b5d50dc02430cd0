"""Boxes of AVIF and JPEG 2000 files: the primary image's colour, the profile, EXIF put out of Pillow's sight.

Sources: ISO/IEC 14496-12 (boxes), 23008-12 (items and their properties), 15444-1 annex I (JP2).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from iqa_cli.colours.primaries import Colour, coded
from iqa_cli.metadata.exif import Exif
from iqa_cli.metadata.facts import GAIN_MAP_IGNORED, Facts, facts

JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_COLOUR_BOX = b"colr"
_SRGB_FAMILY = {0, 12, 15, 16, 17, 18}  # enumerated colour spaces of JP2: bilevel, CMYK, sRGB, grey, sYCC


class IsoBox(NamedTuple):
    """A box: its type, and where its body begins and ends."""

    type: bytes
    start: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[IsoBox]:
    """The boxes between two places, as far as they are whole."""
    end = len(data) if end is None else min(end, len(data))
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1 and start + 16 <= end:
            (size,), head = struct.unpack_from(">Q", data, start + 8), 16
        size = size or end - start
        if size < head or start + size > end:
            return
        yield IsoBox(kind, start + head, start + size)
        start += size


def brand(data: bytes) -> bytes:
    """The major brand of a file of ISO boxes; empty where it is none."""
    return bytes(data[8:12]) if bytes(data[4:8]) == b"ftyp" else b""


def read_avif(data: bytes) -> Facts:
    """What an AVIF says. Its EXIF are hidden from Pillow, which would rewrite them; turns are in boxes of their own."""
    colour, hidden = None, bytearray(data)
    for meta in boxes(data):
        if meta.type != b"meta":
            continue
        for box in boxes(data, meta.start + 4, meta.end):
            if box.type == b"iinf":
                _hide_exif(hidden, data, box)
            if box.type == b"iprp":
                colour = _primary_colour(data, meta, box) or colour
    if colour is None and b"moov" in {box.type for box in boxes(data)}:  # a sequence without a still image
        place = data.find(b"colrnclx")
        colour = _nclx(data[place + 4 : place + 15]) if place >= 0 else None
    return Facts(bytes(hidden), orientation=0, colour=colour, notes=(GAIN_MAP_IGNORED,) if has_gain_map(data) else ())


def read_jp2(data: bytes) -> Facts:
    """What a JP2 says; the resolution, which Pillow would compute with, is hidden."""
    profile, colour, hidden = None, None, bytearray(data)
    notes: list[str] = []
    header = next((box for box in boxes(data) if box.type == b"jp2h"), IsoBox(b"", 0, 0))
    for box in boxes(data, header.start, header.end):
        body = data[box.start : box.end]
        if box.type == b"res ":
            hidden[box.start - 4 : box.start] = b"free"
        if box.type != _COLOUR_BOX or len(body) < 7 or profile or colour:  # the first one that is known counts
            continue
        if body[0] in (2, 3):
            profile = body[3:]
        elif body[0] == 1 and (space := int.from_bytes(body[3:7], "big")) not in _SRGB_FAMILY:
            colour = Colour(f"enumerated colour space {space} (JP2)", unknown=True)
    return facts(bytes(hidden), Exif(), profile=profile, colour=colour, notes=notes)


def has_gain_map(data: bytes) -> bool:
    """Whether an item is a derived picture for HDR displays (ISO 21496-1), made of another one and a gain map."""
    return any(data[kind : kind + 4] == b"tmap" for items in _told(data, b"iinf") for kind in _item_kinds(data, items))


def is_premultiplied(data: bytes) -> bool:
    """Whether colours are stored multiplied by their alpha."""
    return any(
        reference.type == b"prem"
        for references in _told(data, b"iref")
        for reference in boxes(data, references.start + 4, references.end)
    )


def _told(data: bytes, kind: bytes) -> Iterator[IsoBox]:
    """The boxes of a type that tell of the items of a file."""
    metas = (meta for meta in boxes(data) if meta.type == b"meta")
    return (box for meta in metas for box in boxes(data, meta.start + 4, meta.end) if box.type == kind)


def _hide_exif(hidden: bytearray, data: bytes, items: IsoBox) -> None:
    """Rename items of type Exif, so that the decoder finds none."""
    for kind in _item_kinds(data, items):
        if data[kind : kind + 4] == b"Exif":
            hidden[kind : kind + 4] = b"none"


def _item_kinds(data: bytes, items: IsoBox) -> Iterator[int]:
    """Where the types of the items of an `iinf` box stand."""
    for item in boxes(data, items.start + (6 if data[items.start] == 0 else 8), items.end):
        if item.type == b"infe" and data[item.start] in (2, 3):  # with 2 or 4 bytes of number; then protection
            yield item.start + (8 if data[item.start] == 2 else 10)


def _primary_colour(data: bytes, meta: IsoBox, properties: IsoBox) -> Colour | None:
    """The nclx colour that belongs to the primary item."""
    inside = list(boxes(data, properties.start, properties.end))
    container = next((box for box in inside if box.type == b"ipco"), None)
    if container is None:
        return None
    listed = list(boxes(data, container.start, container.end))
    primary = next((_item(data, box) for box in boxes(data, meta.start + 4, meta.end) if box.type == b"pitm"), None)
    for association in (box for box in inside if box.type == b"ipma"):
        for index in _associated(data, association, primary):
            if 0 < index <= len(listed) and listed[index - 1].type == _COLOUR_BOX:
                box = listed[index - 1]
                colour = _nclx(data[box.start : box.end])
                if colour:
                    return colour
    return None


def _item(data: bytes, box: IsoBox) -> int:
    return int.from_bytes(data[box.start + 4 : box.start + (8 if data[box.start] else 6)], "big")


def _associated(data: bytes, box: IsoBox, item: int | None) -> list[int]:
    """Numbers, from 1, of the properties that belong to an item."""
    wide_items, wide_indices = data[box.start] >= 1, data[box.start + 3] & 1
    place = box.start + 8
    for _ in range(int.from_bytes(data[box.start + 4 : box.start + 8], "big")):
        size = 4 if wide_items else 2
        if place + size + 1 > box.end:
            break
        number, count = int.from_bytes(data[place : place + size], "big"), data[place + size]
        place += size + 1
        width = 2 if wide_indices else 1
        if number == item:
            mask = 0x7FFF if wide_indices else 0x7F
            cells = (data[at : at + width] for at in range(place, min(place + count * width, box.end), width))
            return [int.from_bytes(cell, "big") & mask for cell in cells]
        place += count * width
    return []


def _nclx(body: bytes) -> Colour | None:
    if body[:4] != b"nclx" or len(body) < 8:
        return None
    primaries, transfer = struct.unpack_from(">HH", body, 4)
    return coded(primaries, transfer, where="AVIF nclx")  # the range is that of YCbCr, decoded already

"""JPEG segments: those that pixels need, and what others say of orientation, profile and further images.

A gain map, by which a viewer would make the picture brighter on an HDR display, is passed over: what is scored is the
picture that everyone sees. What the index of a file of several pictures calls a large thumbnail, as many cameras keep
for their display, is a copy and does not count.

Source: ITU-T T.81 (JPEG), T.871 (JFIF), ICC.1 annex B.4, CIPA DC-007 (multi-picture format); ISO 21496-1 and
Ultra HDR 1.1 (gain maps).
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from iqa_cli.metadata.exif import read_exif
from iqa_cli.metadata.facts import GAIN_MAP_IGNORED, Facts, facts
from iqa_cli.metadata.tiff import Directory, TiffFile

SIGNATURE = b"\xff\xd8\xff"
_JFIF, _EXIF_OR_XMP, _ICC_OR_MORE, _ADOBE, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_START_OF_SCAN = 0xDA
_STANDALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_GAIN_MAP_SEGMENT, _GAIN_MAP_XMP = b"urn:iso:std:iso:ts:21496:-1\0", b"hdrgm:Version"
_GAIN_MAP_OF_APPLE = b"urn:com:apple:photo:2020:aux:hdrgainmap"  # in the XMP of a further image
_INDEX_ENTRIES, _INDEX_ENTRY = 0xB002, 16  # bytes an entry: attribute, size, offset, two dependent ones
_THUMBNAILS = {0x010001, 0x010002, 0x010003, 0x010004, 0x010005}  # VGA, Full HD, 4K, 8K, 16K


class Place(NamedTuple):
    """Where a picture stands: its first byte, counted from the index unless it is the first picture; its length."""

    offset: int
    size: int


def read_jpeg(data: bytes, number: int | None = None) -> Facts:
    """What a JPEG says. Segments of metadata are dropped but for those that tell how colours are stored.

    Args:
        data: the file.
        number: which of several pictures, from 0, a gain map being none; None for the first, with a note.
    """
    kept, exif, xmp, gain_map = [data[:2]], b"", b"", False
    index: list[Place] | None = None
    index_start = 0
    profile: dict[int, bytes] = {}  # by number
    place = 2
    for marker, start, place in segments(data):
        body = data[start:place]
        if marker == _EXIF_OR_XMP and body.startswith(b"Exif\0\0"):
            exif += body[6:] if exif else body
        elif marker == _EXIF_OR_XMP and body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
            xmp = xmp or body
        elif marker == _ICC_OR_MORE and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            profile.setdefault(body[12], body)
        elif marker == _ICC_OR_MORE and body.startswith(b"MPF\0"):
            index, index_start = places(body[4:]), start + 4
        gain_map = gain_map or (marker == _ICC_OR_MORE and body.startswith(_GAIN_MAP_SEGMENT))
        if _is_needed(marker, body):
            kept.append(data[start - 4 : place])
    kept.append(data[place:])
    gain_map = gain_map or _GAIN_MAP_XMP in xmp or (index is not None and _GAIN_MAP_OF_APPLE in data)
    if number and index and number < len(index) and not gain_map:  # which is no picture of its own
        return replace(read_jpeg(_picture(data, index_start, index[number]), 0), frames=len(index))
    whole = not profile or len(profile) == next(iter(profile.values()))[13]
    return facts(
        b"".join(kept),
        read_exif(exif),
        xmp,
        profile=b"".join(profile[number][14:] for number in sorted(profile) if whole) if profile else None,
        notes=(GAIN_MAP_IGNORED,) if gain_map else (),
        frames=1 if gain_map or index is None else len(index),
    )


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the body of each segment before the first scan, as far as they are whole."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker in _STANDALONE:  # fill bytes
            place += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        if marker == _START_OF_SCAN or length < 2 or place + 2 + length > len(data):
            return
        yield marker, place + 4, place + 2 + length
        place += 2 + length


def places(block: bytes) -> list[Place]:
    """The pictures of an index, the first being the file's own; just that one where the index makes no sense."""
    try:
        index = TiffFile(block)
        table = index.value(index.directory(index.first) or Directory(0), _INDEX_ENTRIES)
    except (ValueError, struct.error):
        table = b""
    rows = struct.iter_unpack(index.end + "IIIHH", table) if table and not len(table) % _INDEX_ENTRY else ()
    found = [Place(offset, size) for kind, size, offset, _, _ in rows if kind & 0xFFFFFF not in _THUMBNAILS]
    return found or [Place(0, 0)]


def frame(data: bytes) -> tuple[int, int] | None:
    """The coding process (its marker) and the bits per sample; None where no frame begins."""
    return next(((marker, data[start]) for marker, start, end in segments(data) if marker in _FRAMES and start < end),
                None)  # fmt: skip


def _is_needed(marker: int, body: bytes) -> bool:
    if marker == _JFIF:
        return body.startswith(b"JFIF\0") and len(body) >= 14
    if marker == _ADOBE:
        return body.startswith(b"Adobe") and len(body) >= 12
    return not 0xE0 <= marker <= 0xEF and marker != _COMMENT


def _picture(data: bytes, start: int, place: Place) -> bytes:
    """A picture as a file of its own; `start` is where the index stands in `data`."""
    return data[start + place.offset :][: place.size] if place.offset else data

"""The structure of TIFF files, which EXIF data share: directories of tags, read leniently and no further than needed.

Source: TIFF Revision 6.0 (Adobe, 1992); BigTIFF; TIFF/EP (ISO 12234-2) for sub-directories.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, MAKE = 256, 257, 258, 259, 262, 271
ORIENTATION, SAMPLES, COLOUR_MAP, EXTRA_SAMPLES, SAMPLE_FORMAT = 274, 277, 320, 338, 339
PLANAR, _PIECES = 284, (273, 279, 324, 325)  # offsets and lengths of strips, of tiles
NEW_SUBFILE_TYPE, SUBFILE_TYPE, SUB_DIRECTORIES, XMP, ICC, EXIF = 254, 255, 330, 700, 34675, 34665

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"} | {
    16: "Q", 17: "q", 18: "Q",
}  # fmt: skip

_MARKS = (b"*", b"+", b"RO", b"RS", b"OR", b"U")  # the last four of Olympus and Panasonic, whose files are alike else

# What decoding the pixels takes. All other tags (dates, resolutions, makers' notes, ...) need not even be well formed.
# fmt: off
_NEEDED = frozenset({
    WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, 266, 273, SAMPLES, 278, 279, PLANAR, 292, 293, 301, 317, COLOUR_MAP,
    322, 323, 324, 325, 332, EXTRA_SAMPLES, SAMPLE_FORMAT, 347, *range(512, 522), 529, 530, 531, 532, 34016,
})
# fmt: on


@dataclass(frozen=True)
class Directory:
    """One directory: where it stands, its entries as they are in the file, and where the next one is (0: nowhere)."""

    offset: int
    entries: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)  # tag: type, count, value or its place
    next: int = 0


class TiffFile:
    """Tags of a TIFF file, of a raw photograph that is built like one, or of an EXIF block.

    Raises ValueError when `data` does not begin like one.
    """

    def __init__(self, data: bytes | mmap.mmap):
        mark = bytes(data[:4])
        if len(data) < 16 or mark[:2] not in (b"II", b"MM") or mark[2:].strip(b"\0") not in _MARKS:
            raise ValueError("no TIFF header")
        self.data, self.end, self.big = data, "<" if mark[:2] == b"II" else ">", b"+" in mark
        width, self._entry, self._offset = (8, 20, "Q") if self.big else (4, 12, "I")
        self._width = width
        self.first = self._unpack(self._offset, 8 if self.big else 4)[0]

    def directory(self, offset: int) -> Directory | None:
        """The directory at a place in the file; None where there is none."""
        if not 0 < offset < len(self.data):
            return None
        try:
            (count,) = self._unpack("Q" if self.big else "H", offset)
        except struct.error:
            return None
        start = offset + (8 if self.big else 2)
        end = start + count * self._entry
        if not count or end > len(self.data):
            return None
        entries = {}
        for place in range(start, end, self._entry):
            tag, kind, number = self._unpack(f"HH{self._offset}", place)
            entries[tag] = kind, number, bytes(self.data[place + self._entry - self._width : place + self._entry])
        try:
            (following,) = self._unpack(self._offset, end)
        except struct.error:
            following = 0
        return Directory(offset, entries, following)

    def pages(self) -> Iterator[Directory]:
        """The directories of the main chain; a chain that bites its tail ends there."""
        seen, offset = set(), self.first
        while offset and offset not in seen:
            seen.add(offset)
            page = self.directory(offset)
            if page is None:
                return
            yield page
            offset = page.next

    def below(self, directory: Directory, tag: int = SUB_DIRECTORIES) -> list[Directory]:
        """The directories that a tag of another one points to."""
        found = (self.directory(int(offset)) for offset in self.numbers(directory, tag)[:64])
        return [directory for directory in found if directory is not None]

    def value(self, directory: Directory, tag: int) -> bytes:
        """The bytes of a tag; none where it is missing, of no known type, or points out of the file."""
        kind, count, raw = directory.entries.get(tag, (0, 0, b""))
        size = _SIZES.get(kind, 0) * count
        if size <= len(raw):
            return raw[:size]
        (offset,) = struct.unpack(self.end + self._offset, raw)
        value = bytes(self.data[offset : offset + size])
        return value if len(value) == size else b""

    def numbers(self, directory: Directory, tag: int) -> tuple[float, ...]:
        """The numbers of a tag, whatever its type: a text of digits counts, too; none where there are none.

        What is not finite is left out.
        """
        kind, raw = directory.entries.get(tag, (0,))[0], self.value(directory, tag)
        if kind == 2:
            text = raw.split(b"\0")[0].strip()
            return (int(text),) if text.isdigit() and len(text) < 10 else ()
        if kind in (5, 10):
            pairs = struct.iter_unpack(self.end + ("II" if kind == 5 else "ii"), raw)
            return tuple(top / bottom if bottom else 0.0 for top, bottom in pairs)
        if kind not in _CODES:
            return ()
        found = struct.unpack(f"{self.end}{len(raw) // _SIZES[kind]}{_CODES[kind]}", raw)
        return tuple(filter(isfinite, found)) if kind in (11, 12) else found

    def number(self, directory: Directory, tag: int, default: int = 0) -> int:
        """The first number of a tag, whole."""
        found = self.numbers(directory, tag)
        return int(found[0]) if found and abs(found[0]) < 2**63 else default

    def only(self, directory: Directory, colour_map: tuple[int, ...] = ()) -> bytes:
        """The file with that one directory, and in it just what decoding takes, written over what was there.

        Nothing is appended: a file that was cut must still end where it ends. `colour_map` takes the place
        of as many 16-bit numbers.
        """
        changed = bytearray(self.data)
        kept = sorted((tag, *entry) for tag, entry in directory.entries.items() if tag in _NEEDED)
        table = struct.pack(self.end + ("Q" if self.big else "H"), len(kept))
        for tag, kind, count, raw in kept:
            table += struct.pack(f"{self.end}HH{self._offset}", tag, kind, count) + raw
        table += bytes(self._width)  # no next directory
        changed[directory.offset : directory.offset + len(table)] = table
        struct.pack_into(self.end + self._offset, changed, 8 if self.big else 4, directory.offset)
        if colour_map:
            (place,) = struct.unpack(self.end + self._offset, directory.entries[COLOUR_MAP][2])
            struct.pack_into(f"{self.end}{len(colour_map)}H", changed, place, *colour_map)
        return bytes(changed)

    def plane(self, directory: Directory, number: int) -> bytes:
        """The file with one of the planes that a directory stores apart, as a picture in grey."""
        count = self.number(directory, SAMPLES)
        entries = {tag: entry for tag, entry in directory.entries.items() if tag not in (PLANAR, EXTRA_SAMPLES)}
        for tag in (BITS, SAMPLE_FORMAT):
            if tag in entries:
                entries[tag] = self._inline(3, self.number(directory, tag))
        entries[SAMPLES], entries[PHOTOMETRIC] = self._inline(3, 1), self._inline(3, 1)
        for tag in set(_PIECES) & entries.keys():
            kind, total, raw = entries[tag]
            each, size = total // count, _SIZES[kind]
            part = self.value(directory, tag)[number * each * size : (number + 1) * each * size]
            if len(part) > self._width:
                part = struct.pack(self.end + self._offset, self._place(raw) + number * each * size)
            entries[tag] = kind, each, part.ljust(self._width, b"\0")
        return self.only(Directory(directory.offset, entries))

    def _inline(self, kind: int, value: int) -> tuple[int, int, bytes]:
        return kind, 1, struct.pack(self.end + _CODES[kind], value).ljust(self._width, b"\0")

    def _place(self, raw: bytes) -> int:
        return int(struct.unpack(self.end + self._offset, raw)[0])

    def _unpack(self, layout: str, place: int) -> tuple[int, ...]:
        return struct.unpack_from(self.end + layout, self.data, place)

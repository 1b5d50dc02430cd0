"""Image files made by the specifications, for what Pillow does not write: PNG chunks, TIFF directories, EXIF."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

COLOURS = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
PICTURE = Image.fromarray(COLOURS)
RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, LONG8 = 1, 2, 3, 4, 5, 7, 10, 16
_CODES = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "I", UNDEFINED: "B", SRATIONAL: "i", LONG8: "Q"}


def encode(image: Image.Image, form: str, **options) -> bytes:
    """A file of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(samples: np.ndarray, bits: int, colour_type: int, *extra: bytes) -> bytes:
    """A PNG by the specification, for the layouts Pillow does not write; `extra` chunks go before the pixels."""
    height, width = samples.shape[:2]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))
    if bits < 8:
        values = (samples[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        lines = [np.packbits(row.reshape(-1)).tobytes() for row in values]
    else:
        lines = [row.astype(">u2" if bits == 16 else np.uint8).tobytes() for row in samples]
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def with_chunks(file: bytes, *extra: bytes) -> bytes:
    """A PNG of Pillow's with chunks put in after its header."""
    return file[:33] + b"".join(extra) + file[33:]


def with_segment(file: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with a segment put in front."""
    return file[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + file[2:]


class _Tiff:
    def __init__(self, order: str, big: bool):
        self.order, self.big = order, big
        mark = b"II" if order == "<" else b"MM"
        self.offset = "Q" if big else "I"
        head = struct.pack(f"{order}HHH", 43, 8, 0) if big else struct.pack(f"{order}H", 42)
        self.data = bytearray(mark + head + bytes(8 if big else 4))

    def add(self, blob: bytes) -> int:
        self.data += bytes(len(self.data) % 2)
        self.data += blob
        return len(self.data) - len(blob)

    def directory(self, tags: dict, following: int = 0) -> int:
        tags = dict(tags)
        for pointer in (330, 34665, 0xA005):
            inner = tags.get(pointer)
            if isinstance(inner, dict):
                inner = [inner]
            if isinstance(inner, list):
                tags[pointer] = (LONG, tuple(self.directory(each) for each in inner))
        if "pixels" in tags:
            pixels = tags.pop("pixels")
            tags[273], tags[279] = (LONG, (self.add(pixels),)), (LONG, (len(pixels),))
        width = struct.calcsize(self.offset)
        table = b""
        for tag in sorted(tags):
            kind, values = tags[tag]
            raw = values if isinstance(values, bytes) else struct.pack(
                f"{self.order}{len(values)}{_CODES[kind]}", *values
            )  # fmt: skip
            count = len(raw) // struct.calcsize(_CODES[kind]) // (2 if kind in (RATIONAL, SRATIONAL) else 1)
            held = raw.ljust(width, b"\0") if len(raw) <= width else self.pointer(self.add(raw))
            table += struct.pack(f"{self.order}HH{self.offset}", tag, kind, count) + held
        count = struct.pack(f"{self.order}{'Q' if self.big else 'H'}", len(tags))
        return self.add(count + table + self.pointer(following))

    def pointer(self, place: int) -> bytes:
        return struct.pack(self.order + self.offset, place)


def tiff(*pages: dict, order: str = "<", big: bool = False) -> bytes:
    """A TIFF of directories: tag to (type, values), "pixels" to the bytes of one strip.

    330, 34665 and 0xA005 may hold directories of their own.
    """
    file, following = _Tiff(order, big), 0
    for page in reversed(pages):
        following = file.directory(page, following)
    file.data[8 if big else 4 :][:0] = b""
    place = 8 if big else 4
    file.data[place : place + len(file.pointer(0))] = file.pointer(following)
    return bytes(file.data)


def page(samples: np.ndarray, **others) -> dict:
    """Tags of an uncompressed picture, little-endian; `others` by `t` and number: `t254=(LONG, (1,))`."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    height, width, count = samples.shape
    tags = {
        256: (SHORT, (width,)),
        257: (SHORT, (height,)),
        258: (SHORT, (8 * samples.itemsize,) * count),
        259: (SHORT, (1,)),
        262: (SHORT, (2 if count >= 3 else 1,)),
        277: (SHORT, (count,)),
        278: (SHORT, (height,)),
        "pixels": samples.tobytes(),
    }
    return tags | {int(name[1:]): value for name, value in others.items()}


def exif(tags: dict, order: str = "<") -> bytes:
    """EXIF data with those tags in their first directory."""
    return b"Exif\0\0" + tiff(tags, order=order)

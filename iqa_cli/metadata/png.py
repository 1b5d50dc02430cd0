"""PNG chunks: those that pixels need, and what others say of orientation and colour.

Source: Portable Network Graphics (PNG) Specification, third edition (W3C, 2025).
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import cast

from iqa_cli.colours.primaries import Chromaticities, Colour, coded, measured
from iqa_cli.metadata.exif import read_exif
from iqa_cli.metadata.facts import Facts, facts

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"}
_LONGEST = 16 << 20  # bytes of one inflated profile or text; more is an attack
_GREY, _RGB = 0, 2  # colour types whose tRNS is one sample or three
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP, _EXIF = b"XML:com.adobe.xmp", b"Raw profile type exif"  # keywords of texts


def read_png(data: bytes) -> Facts:
    """What a PNG says. Chunks that pixels do not need are dropped: Pillow would refuse the image for damaged ones."""
    kept, found = [SIGNATURE], dict[bytes, bytes]()
    for name, start, end in _chunks(data):
        if name in _NEEDED or not name[:1].islower():  # an unknown critical chunk: Pillow says what is to be said
            kept.append(data[start - 8 : end + 4])
        if name in _TEXTS:
            keyword, _, text = data[start:end].partition(b"\0")
            if keyword in (_XMP, _EXIF):  # another one may be called like a chunk
                found.setdefault(keyword, _text(name, text))
        elif name not in found:
            found[name] = data[start : min(end, start + _LONGEST)] if name != b"IDAT" else b""
    exif = found.get(b"eXIf") or _hexadecimal(found.get(_EXIF, b""))
    cicp = _cicp(found)
    profile = None
    if b"iCCP" in found and cicp is None:
        profile = _inflated(found[b"iCCP"].partition(b"\0")[2][1:]) or b""  # what is damaged gets its note later
    return facts(
        b"".join(kept),
        read_exif(exif),
        found.get(_XMP),
        profile=profile,
        colour=cicp or _colour(found),
        clear=_clear(found),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk's body; the last one may be cut."""
    place = len(SIGNATURE)
    while place + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        yield name, place + 8, place + 8 + length
        if name == b"IEND":
            return
        place += 12 + length


def _cicp(found: dict[bytes, bytes]) -> Colour | None:
    """The colour of cICP, unless a profile tells what its unknown codes do not."""
    codes = found.get(b"cICP", b"")
    colour = coded(codes[0], codes[1], bool(codes[3]), "PNG cICP") if len(codes) == 4 else None
    return None if colour and colour.unknown and b"iCCP" in found else colour


def _colour(found: dict[bytes, bytes]) -> Colour | None:
    """By the standard iCCP, like cICP, goes before sRGB, and that before gAMA and cHRM."""
    if b"iCCP" in found or b"sRGB" in found:
        return Colour("sRGB")  # or the profile's
    gama = int.from_bytes(found[b"gAMA"], "big") if len(found.get(b"gAMA", b"")) == 4 else 0
    points = struct.unpack(">8I", found[b"cHRM"]) if len(found.get(b"cHRM", b"")) == 32 else ()
    return measured_in_png(gama, tuple(value / 100_000 for value in points))


def measured_in_png(gama: int, points: Sequence[float] = ()) -> Colour | None:
    """The colour of gAMA, 100,000 times what encodes (0: none), and of cHRM, x and y of white, red, green and blue."""
    told = [name for name, value in (("gAMA", gama), ("cHRM", points)) if value]
    if not told:
        return None
    where, gamma = f"PNG {', '.join(told)}", 100_000 / gama if gama else None
    primaries = cast(Chromaticities, (*points[2:], *points[:2])) if points else None
    return measured(primaries, gamma, where) or Colour(f"colour without sense ({where})", unknown=True)


def _clear(found: dict[bytes, bytes]) -> tuple[int, ...] | None:
    """The transparent colour of an image without palette. Only the bits that samples have count."""
    header, key = found.get(b"IHDR", b""), found.get(b"tRNS", b"")
    if len(header) < 13 or header[9] not in (_GREY, _RGB):
        return None
    count = 1 if header[9] == _GREY else 3
    if len(key) < 2 * count:
        return None
    return tuple(value & (2 ** header[8] - 1) for value in struct.unpack_from(f">{count}H", key))


def _text(name: bytes, text: bytes) -> bytes:
    """The text of a chunk behind its keyword; none where it is damaged."""
    if name == b"zTXt":
        return _inflated(text[1:]) or b""
    if name == b"iTXt":
        deflated, (_, _, text) = text[:1] == b"\1", [*text[2:].split(b"\0", 2), b"", b"", b""][:3]
        return (_inflated(text) or b"") if deflated else text
    return text


def _inflated(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, _LONGEST)
    except zlib.error:
        return None


def _hexadecimal(profile: bytes) -> bytes:
    """What ImageMagick writes: a name, a length, and the bytes in hexadecimal."""
    try:
        return bytes.fromhex(b"".join(profile.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return b""

"""Ways to damage a file, drawn by a number: the same number makes the same file of the same seeds."""

import random
import struct
import zlib
from collections.abc import Callable, Sequence

LARGEST = 1 << 20  # bytes of a mutated file
_PNG = b"\x89PNG\r\n\x1a\n"
_EXTREMES = (0, 1, -1, -2, 1 << 15, 1 << 16, 1 << 20, 1 << 24, 1 << 28, 1 << 30, (1 << 31) - 1, 1 << 31, 1 << 62)


_TIMES = (1, 1, 1, 2, 4, 32)


def mutated(data: bytes, others: Sequence[bytes], number: int) -> tuple[bytes, str]:
    """What `number` makes of a file, and the names of what was done.

    Args:
        data: the sound file.
        others: whose parts are spliced in.
        number: the seed of all that is drawn.
    """
    rng = random.Random(number)
    done = []
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        way = rng.choice(WAYS)
        data = way(data, others, rng)[:LARGEST]
        done.append(way.__name__.strip("_"))
    if data.startswith(_PNG) and rng.random() < 0.7:
        data = _with_checksums(data)
    return data, "+".join(done)


def _place(data: bytes, rng: random.Random) -> int:
    """Headers, which stand at the start or the end, are hit more often than pixels."""
    size, kind = max(len(data), 1), rng.random()
    if kind < 0.45:
        return rng.randrange(min(size, 512))
    return size - 1 - rng.randrange(min(size, 512)) if kind < 0.6 else rng.randrange(size)


def _flips(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice(_TIMES)):
        if changed:
            changed[_place(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _bytes(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice(_TIMES)):
        if changed:
            changed[_place(data, rng)] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(changed)


def _cut(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    return data[: _place(data, rng)]


def _hole(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start = _place(data, rng)
    return data[:start] + data[start + rng.choice((1, 4, 12, 256, 4096)) :]


def _splice(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(others)
    return data[: _place(data, rng)] + other[_place(other, rng) :]


def _graft(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    other, start = rng.choice(others), _place(data, rng)
    from_, size = _place(other, rng), rng.choice((4, 16, 64, 1024))
    return data[:start] + other[from_ : from_ + size] + data[start + rng.choice((0, size)) :]


def _repeat(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start, size = _place(data, rng), rng.choice((1, 8, 12, 64, 1024))
    return data[:start] + data[start : start + size] * rng.choice((2, 3, 64, 4096)) + data[start + size :]


def _length(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Numbers of 1 to 8 bytes become zero, all ones or huge, as sizes, counts and offsets may be."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        width, start = rng.choice((1, 2, 4, 4, 8)), _place(data, rng) & -2
        value = rng.choice(_EXTREMES) & (1 << 8 * width) - 1
        changed[start : start + width] = value.to_bytes(width, rng.choice(("big", "little")))
    return bytes(changed)


def _head(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """The start of another file, or the body of this one behind it."""
    size = rng.choice((4, 8, 16, 64, 256))
    return rng.choice(others)[:size] + data[rng.choice((0, size)) :]


WAYS: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    _flips, _flips, _flips, _bytes, _bytes, _bytes, _cut, _hole, _splice, _graft, _repeat, _length, _length, _length,
    _length, _head,
)  # fmt: skip


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have right checksums, so that what is in them is looked at."""
    changed, place = bytearray(data), len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", changed, end, zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(changed)

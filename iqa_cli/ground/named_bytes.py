"""A file that is at hand as its bytes, where others are named: a cell of a table that holds the image itself."""

from __future__ import annotations

from hashlib import blake2b


class NamedBytes(str):
    """The name of a file, as any other in a job, that brings the bytes of the file along.

    Equal bytes have equal names, so that what is made of a reference serves all rows that have the same.

    Attributes:
        data: the file.
    """

    __slots__ = ("data",)
    data: bytes

    def __new__(cls, data: bytes) -> NamedBytes:
        """The bytes of a file, called by their number and a hash of them."""
        made = super().__new__(cls, f"image of {len(data)} bytes ({blake2b(data, digest_size=6).hexdigest()})")
        made.data = data
        return made

    def __reduce__(self) -> tuple[type[NamedBytes], tuple[bytes]]:
        """How a copy in another process is made."""
        return NamedBytes, (self.data,)

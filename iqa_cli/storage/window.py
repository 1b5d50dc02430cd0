"""What a URL names as a file that can be searched: blocks of it are read where they are needed."""

import io
from collections.abc import Callable

FIRST, MOST = 1 << 16, 1 << 22  # bytes of a block: after a jump, and where one block follows the other


class Window(io.RawIOBase):
    """A file of which one block is held.

    Blocks grow while they follow each other closely: what lies between is sooner read than asked for anew.

    Args:
        size: of the file in bytes.
        read: gives the bytes from a start up to an end, both in the file.
    """

    def __init__(self, size: int, read: Callable[[int, int], bytes]):
        self.size, self._read = size, read
        self._at, self._start, self._block = 0, 0, b""
        self._length = FIRST

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files have it."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def readinto(self, buffer) -> int:
        """As files have it: all that fits, but for what lies behind the end."""
        filled, wanted = 0, max(0, min(len(buffer), self.size - self._at))
        while filled < wanted:
            part = self._from_block(wanted - filled)
            if not part:
                break
            buffer[filled : filled + len(part)] = part
            filled += len(part)
            self._at += len(part)
        return filled

    def _from_block(self, wanted: int) -> bytes:
        """At most so many bytes from the block that holds the next one, which is read where it is not held."""
        offset = self._at - self._start
        if not 0 <= offset < len(self._block):
            gap = offset - len(self._block)
            self._length = min(2 * self._length, MOST) if self._block and 0 <= gap <= MOST else FIRST
            end = min(self.size, self._at + max(self._length, wanted))
            self._start, self._block, offset = self._at, self._read(self._at, end), 0
        return self._block[offset : offset + wanted]

"""Encodings of references, kept while they may be asked for again."""

from collections import OrderedDict
from collections.abc import Hashable

from iqa_cli.models.base import Encoding


class EncodingCache:
    """The most recently used encodings, up to `capacity` bytes: memory stays flat over a long folder."""

    def __init__(self, capacity: int = 512 * 2**20):
        self.capacity = capacity
        self.size = 0
        self._kept: OrderedDict[Hashable, Encoding] = OrderedDict()

    def get(self, key: Hashable) -> Encoding | None:
        """The encoding kept under `key`, which is now the most recent."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Hashable, encoding: Encoding) -> None:
        """Keep an encoding, and drop the oldest beyond the capacity."""
        if key in self._kept:
            self.size -= memory(self._kept.pop(key))
        self._kept[key] = encoding
        self.size += memory(encoding)
        while self.size > self.capacity and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self.size -= memory(dropped)


def memory(encoding: Encoding) -> int:
    """Bytes of an encoding."""
    return sum(part.nbytes for part in (encoding if isinstance(encoding, tuple) else (encoding,)))

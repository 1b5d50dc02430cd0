"""Encodings of references, kept while they may be asked for again."""

from collections import OrderedDict
from collections.abc import Hashable

from torch import Tensor


class EncodingCache:
    """The most recently used encodings, up to `capacity` bytes: memory stays flat over a long folder."""

    def __init__(self, capacity: int = 512 * 2**20):
        self.capacity = capacity
        self.size = 0
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()

    def get(self, key: Hashable) -> Tensor | None:
        """The encoding kept under `key`, which is now the most recent."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Hashable, encoding: Tensor) -> None:
        """Keep an encoding, and drop the oldest beyond the capacity."""
        if key in self._kept:
            self.size -= self._kept.pop(key).nbytes
        self._kept[key] = encoding
        self.size += encoding.nbytes
        while self.size > self.capacity and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self.size -= dropped.nbytes

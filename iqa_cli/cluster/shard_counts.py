"""What is counted of shards under way, by an actor that all others tell: attempts, and rows for a progress bar."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Any

SECONDS = 2.0  # between two looks, and between two words of an actor


class ShardCounts:
    """Counts for all actors of a run; its own process may be lost, and begins again at nothing."""

    def __init__(self) -> None:
        self._begun: dict[int, int] = {}
        self._rows: dict[int, int] = {}

    def begin(self, shard: int) -> int:
        """A shard is begun: how often that was, this time among them."""
        self._begun[shard] = self._begun.get(shard, 0) + 1
        return self._begun[shard]

    def see(self, shard: int, rows: int) -> None:
        """So many rows of it are there now."""
        self._rows[shard] = rows

    def end(self, shard: int) -> None:
        """It is done."""
        self._rows.pop(shard, None)

    def rows(self) -> Mapping[int, int]:
        """The rows of the shards under way."""
        return self._rows


class Meter:
    """Moves a bar on by what is done and what is under way, never back."""

    def __init__(self, advance: Callable[[int], None]):
        self._advance, self._lock = advance, Lock()
        self._done: dict[int, int] = {}
        self._shown = 0

    def end(self, shard: int, rows: int) -> None:
        """A shard is done and has so many rows."""
        with self._lock:
            self._done[shard] = rows
            self._show(0)

    def look(self, under_way: Mapping[int, int]) -> None:
        """So many rows of these shards are there."""
        with self._lock:
            self._show(sum(rows for shard, rows in under_way.items() if shard not in self._done))

    def _show(self, more: int) -> None:
        now = sum(self._done.values()) + more
        if now > self._shown:
            self._advance(now - self._shown)
            self._shown = now


@contextmanager
def following(ray: Any, counts: Any, meter: Meter, wanted: bool) -> Iterator[None]:
    """While the context lasts the meter sees what is under way, if that is wanted."""
    stopped = Event()

    def follow() -> None:
        while not stopped.wait(SECONDS):
            try:
                meter.look(ray.get(counts.rows.remote(), timeout=SECONDS))
            except Exception:  # it is gone, for now or with the cluster: a bar that stands still harms nobody
                continue

    thread = Thread(target=follow, daemon=True)
    if wanted:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        if wanted:
            thread.join(2 * SECONDS)

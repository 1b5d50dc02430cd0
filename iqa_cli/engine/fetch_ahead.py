"""Reading ahead of decoding, of what lies at URLs: many at a time, for a server answers later than it sends.

A photograph is read whole, once, and its size told from these bytes: to ask for its header first would take as long
again as to read most photographs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from itertools import chain
from queue import Empty, Queue
from threading import Condition, Thread
from types import MappingProxyType

from iqa_cli.ground.frame_names import file_of, is_clip
from iqa_cli.records import Job
from iqa_cli.storage.access import Fetched, fetch
from iqa_cli.storage.names import is_url

AT_ONCE = 32  # reads under way, or read and not yet taken by decoding ...
AHEAD_BYTES = 256_000_000  # ... as long as so many of the largest so far would fit
AT_FIRST = 8  # before any size is known
SHARED = 2  # references, and masks, that decoding keeps for the jobs that share them: the last that were needed

Reads = Mapping[str, "Future[Fetched]"]
NONE: Reads = MappingProxyType({})


class _Room:
    """How many reads may be held."""

    def __init__(self) -> None:
        self._held, self._largest, self._open = 0, 0, True
        self._changed = Condition()

    def take(self, number: int) -> bool:
        """Wait until so many more may be held, or none is. False where nobody waits for them any more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or not self._held or self._held + number <= self._most())
            self._held += number
            return self._open

    def learn(self, size: int) -> None:
        """Take in the size of one in bytes."""
        with self._changed:
            self._largest = max(self._largest, size, 1)
            self._changed.notify_all()

    def give_back(self, number: int) -> None:
        """So many were taken by decoding."""
        with self._changed:
            self._held -= number
            self._changed.notify_all()

    def close(self) -> None:
        """Let go who waits."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _most(self) -> int:
        return max(1, min(AT_ONCE, AHEAD_BYTES // self._largest)) if self._largest else AT_FIRST


class _Readers:
    """Threads that read, begun as they are needed; the end of the program waits for none, as it would for a pool's."""

    def __init__(self) -> None:
        self._todo: Queue = Queue()
        self._threads = 0

    def submit(self, read: Callable[[str], Fetched], name: str) -> "Future[Fetched]":
        """What `read` will make of a name."""
        future: Future[Fetched] = Future()
        self._todo.put((future, read, name))
        if self._threads < AT_ONCE:
            self._threads += 1
            Thread(target=self._work, name=f"fetch-{self._threads}", daemon=True).start()
        return future

    def close(self) -> None:
        """Begin no further read."""
        try:
            while True:
                self._todo.get_nowait()[0].cancel()
        except Empty:
            pass
        for _ in range(self._threads):
            self._todo.put(None)

    def _work(self) -> None:
        while (item := self._todo.get()) is not None:
            future, read, name = item
            try:
                future.set_result(read(name))
            except BaseException as error:
                future.set_exception(error)


def fetched_ahead(jobs: Iterable[Job], shared: Callable[[Job], Iterable[str | None]]) -> Iterator[tuple[Job, Reads]]:
    """The jobs in order, with the reads that were begun for them, by name.

    Until the first job that names a URL none is asked for before it is taken. A name may lack a read, where it is that
    of a file here, or was read for a job just before: then it is read by whoever needs it.

    Args:
        jobs: what is scored.
        shared: what is read for a job beside its image, in a fixed order: other jobs may have the same.
    """
    jobs = iter(jobs)
    for job in jobs:
        if any(map(_remote, (job.image, *shared(job)))):
            yield from _ahead(chain([job], jobs), shared)
            return
        yield job, NONE


def _remote(name: str | None) -> bool:
    return name is not None and is_url(name) and not is_clip(file_of(name))


def _ahead(jobs: Iterator[Job], shared: Callable[[Job], Iterable[str | None]]) -> Iterator[tuple[Job, Reads]]:
    begun: Queue = Queue()  # as long as there is room for reads, and for so many jobs without
    room, readers = _Room(), _Readers()
    Thread(target=_begin, args=(jobs, shared, readers, room, begun), daemon=True).start()
    try:
        while (item := begun.get()) is not None:
            if isinstance(item, Exception):
                raise item
            room.give_back(max(1, len(item[1])))
            yield item
    finally:
        room.close()
        readers.close()


def _begin(
    jobs: Iterator[Job],
    shared: Callable[[Job], Iterable[str | None]],
    readers: _Readers,
    room: _Room,
    begun: Queue,
) -> None:
    kept: dict[int, list[str]] = {}

    def read(name: str) -> Fetched:
        fetched = fetch(name)
        room.learn(len(fetched.data))
        return fetched

    try:
        for job in jobs:
            wanted = {name: None for name in (*_new(shared(job), kept), job.image) if _remote(name)}
            if not room.take(max(1, len(wanted))):
                return
            reads = {name: readers.submit(read, name) for name in wanted}
            begun.put((job, reads))
        begun.put(None)
    except Exception as error:  # a bad line on standard input
        begun.put(error)


def _new(names: Iterable[str | None], kept: dict[int, list[str]]) -> list[str]:
    """Of a job's reference and mask those that decoding will not have at hand then, which `kept` follows by place."""
    new = []
    for place, name in enumerate(names):
        if name is not None:
            known = kept.get(place, [])
            new += [] if name in known else [name]
            kept[place] = [*(other for other in known if other != name), name][-SHARED:]
    return new

"""Decoding ahead of the models, in background threads, in the order of the jobs."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from threading import Condition, Thread
from typing import Any, TypeVar

from iqa_cli.decoders.clips import Clips, Grabbed
from iqa_cli.engine.fetch_ahead import SHARED, Reads, fetched_ahead
from iqa_cli.engine.samples import Area, against_encoded, as_shown, sample_from
from iqa_cli.errors import ImageError
from iqa_cli.executing.cores import decode_threads
from iqa_cli.executing.pieces import Sample
from iqa_cli.ground.named_bytes import NamedBytes
from iqa_cli.images import ImagePolicy, LoadedImage, load_image, pixel_count
from iqa_cli.images.masks import Mask, load_mask
from iqa_cli.records import Job
from iqa_cli.references.contents import SUFFIX, looks_like_references, name_in_file
from iqa_cli.references.encoded import EncodedReference, load_encoded
from iqa_cli.storage.access import Fetched
from iqa_cli.storage.remote import is_unreachable

AHEAD = 8  # jobs decoded but not yet scored ...
AHEAD_PIXELS = 50_000_000  # ... of so many pixels together, 3 bytes each, or 12; a larger job waits until it is alone

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class DecodedJob:
    """A job with its pixels, or the reason why there are none."""

    job: Job
    sample: Sample | None
    notes: tuple[str, ...] = ()
    error: str | None = None
    unreachable: bool = False  # why is not its images' fault: no access, no connection


class PixelBudget:
    """How many pixels may be decoded ahead, so that memory stays flat however large the images are."""

    def __init__(self, most: int):
        self.most, self._taken, self._open = most, 0, True
        self._changed = Condition()

    def take(self, pixels: int) -> None:
        """Wait until there is room, or nothing else is held."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or not self._taken or self._taken + pixels <= self.most)
            self._taken += pixels

    def give_back(self, pixels: int) -> None:
        """Make room."""
        with self._changed:
            self._taken -= pixels
            self._changed.notify_all()

    def close(self) -> None:
        """Let everyone pass who waits."""
        with self._changed:
            self._open = False
            self._changed.notify_all()


@dataclass(frozen=True)
class DecodeOptions:
    """How files become samples."""

    policy: ImagePolicy = ImagePolicy()  # noqa: RUF009 (frozen)
    on_size_mismatch: str = "error"
    view_size: int | None = None  # px of the longer side that a screen shows
    reference_needed: bool = True
    threads: int | None = None  # of models and of decoding: see `iqa_cli.executing.cores`


@contextmanager
def decoding(jobs: Iterable[Job], options: DecodeOptions) -> Iterator["DecodedQueue"]:
    """Decode `jobs` in the background; leaving the context stops it."""
    queue: Queue = Queue(maxsize=AHEAD)
    with ThreadPoolExecutor(decode_threads(options.threads), thread_name_prefix="decode") as pool:
        decoded = DecodedQueue(queue)
        Thread(target=_feed, args=(jobs, options, pool, queue, decoded), daemon=True).start()
        try:
            yield decoded
        finally:
            decoded.stop()
            pool.shutdown(wait=False, cancel_futures=True)


class DecodedQueue:
    """What has been decoded, in order."""

    def __init__(self, queue: Queue):
        self._queue = queue
        self.budget = PixelBudget(AHEAD_PIXELS)
        self.stopped = False

    def __iter__(self) -> Iterator[DecodedJob]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, Exception):  # the jobs themselves failed: a bad line on standard input
                raise item
            future, pixels = item
            decoded = future.result()
            self.budget.give_back(pixels)
            yield decoded

    def ready(self) -> bool:
        """Whether the next one can be taken without waiting for more jobs to be named."""
        return not self._queue.empty()

    def stop(self) -> None:
        """Let go of a feeder that waits for room."""
        self.stopped = True
        self.budget.close()
        try:
            while True:
                self._queue.get_nowait()
        except Empty:
            pass


def _feed(
    jobs: Iterable[Job], options: DecodeOptions, pool: ThreadPoolExecutor, queue: Queue, state: DecodedQueue
) -> None:
    references: OrderedDict[str, Future[LoadedImage | EncodedReference]] = OrderedDict()
    clips = Clips()  # frames follow each other, so they are decoded here, one after the other
    masks: OrderedDict[str, Future[Mask]] = OrderedDict()
    try:
        for job, reads in fetched_ahead(jobs, lambda job: (_needed(job, options), job.mask)):
            path = _needed(job, options)
            images = 2 if path is not None and path not in references else 1
            pixels = images * pixel_count(_read(job.image, reads))  # of a pair, the sizes must agree
            state.budget.take(pixels)
            if state.stopped:
                return
            source = partial(_source, clips=clips, reads=reads)
            reference = _shared(path, partial(_submitted, pool, _load_reference, source, options), references)
            mask = _shared(job.mask, partial(_submitted, pool, _load_mask, source, options), masks)
            queue.put((pool.submit(_decode, job, source(job.image), reference, mask, options), pixels))
        queue.put(None)
    except Exception as error:
        queue.put(error)
    finally:
        clips.close()


def _needed(job: Job, options: DecodeOptions) -> str | None:
    """The reference of a job, where any model looks at it."""
    return job.reference if options.reference_needed else None


def _source(name: str, clips: Clips, reads: Reads) -> str | bytes | Fetched | Grabbed:
    """What is decoded under a name: a file, one that was read ahead, bytes of the name's own, or a frame of a clip."""
    if isinstance(name, NamedBytes):
        return name.data
    return _read(name, reads) if name in reads else clips.grab(name)


def _read(name: str, reads: Reads) -> str | Fetched:
    """What was read ahead of a name, or the name."""
    return reads[name].result() if name in reads else name


def _shared(path: str | None, decoding: Callable[[str], Future], kept: OrderedDict[str, Future]) -> Any:
    """The decoding of a file, shared with the jobs just before that have the same one; None without a file."""
    if path is None:
        return None
    if path not in kept:
        kept[path] = decoding(path)
        if len(kept) > SHARED:
            kept.popitem(last=False)
    kept.move_to_end(path)
    return kept[path]


def _submitted(pool: ThreadPoolExecutor, load: Callable, source: Callable, options: DecodeOptions, path: str) -> Future:
    return pool.submit(load, path, source(path), options.policy)


def _load_mask(path: str, source: Any, policy: ImagePolicy) -> Mask:
    return load_mask(path if isinstance(source, Grabbed) else source, policy)


def _load_reference(
    path: str, source: str | bytes | Fetched | Grabbed, policy: ImagePolicy
) -> LoadedImage | EncodedReference:
    if name_in_file(path) is not None:
        return load_encoded(path)
    try:
        return load_image(source, policy)
    except ImageError:
        if looks_like_references(path):
            raise ImageError(f"{path}: looks like encoded references: call it {Path(path).stem}{SUFFIX}") from None
        raise


def _decode(
    job: Job,
    source: str | bytes | Fetched | Grabbed,
    reference: Future[LoadedImage | EncodedReference] | None,
    mask: Future[Mask] | None,
    options: DecodeOptions,
) -> DecodedJob:
    try:
        image = load_image(source, options.policy)
        against = None if reference is None else _decoded(reference)
        area = Area(None if mask is None else _decoded(mask), job.box)
        if isinstance(against, EncodedReference):
            alone, view = as_shown(Sample(image.stored), options.view_size)
            sample = against_encoded(alone.image, against, area, job.image)
            return DecodedJob(job, sample, (*image.notes, *([view] if view else [])))
        sample, note = sample_from(
            image.stored,
            None if against is None else against.stored,
            area,
            options.on_size_mismatch,
            job.image,
            (str(job.reference), job.image),
            None if against is None else job.reference,
        )
        sample, view = as_shown(sample, options.view_size)
    except ImageError as error:
        return DecodedJob(job, None, error=str(error), unreachable=is_unreachable(error))
    told = () if against is None else tuple(f"reference: {text}" for text in against.notes)
    return DecodedJob(job, sample, (*told, *image.notes, *(text for text in (note, view) if text)))


def _decoded(shared: Future[T]) -> T:
    """What was decoded for several jobs; where it failed an error of this job's own.

    An error that is raised again keeps, in its traceback, the frames of all who raised it, and what these have decoded.
    """
    error = shared.exception()
    if isinstance(error, ImageError):
        raise ImageError(str(error)) from error
    return shared.result()

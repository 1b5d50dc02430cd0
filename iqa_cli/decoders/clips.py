"""Frames of a video clip by PyAV, decoded one at a time, in whatever order they are asked for.

PyAV is an extra, and imported where it is used.
"""

import os
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from iqa_cli.errors import ImageError, MissingExtraError
from iqa_cli.ground.frame_names import frame_name, is_clip, parted
from iqa_cli.ground.wording import counted, refusal, said
from iqa_cli.storage.access import opened
from iqa_cli.storage.names import is_local_file

OPEN = 4  # clips read at a time: a reference and a distorted one, and those just before


@dataclass(frozen=True)
class ClipFacts:
    """What the container tells without decoding.

    `stamps` are the time stamps of all frames in the order they are shown, `keys` those at which decoding can begin;
    `seconds` is the length of a step of both. Empty where packets have none: frames are then counted from the start.
    """

    width: int
    height: int
    frames: int
    rate: float
    stamps: tuple[int, ...]
    keys: tuple[int, ...]
    seconds: float

    def time(self, number: int) -> float:
        """When a frame is shown, in seconds after the first."""
        if self.stamps:
            return (self.stamps[number] - self.stamps[0]) * self.seconds
        return number / self.rate if self.rate else 0.0


@dataclass(frozen=True, eq=False)
class Grabbed:
    """A decoded frame, not yet converted, or why there is none.

    `converting` is held by who converts it: PyAV changes the frame meanwhile, and two threads may have the same one
    where a clip is compared with itself.
    """

    name: str
    frame: Any = None
    error: str | None = None
    converting: Lock = field(default_factory=Lock)


def clip_facts(path: str) -> ClipFacts:
    """Facts of a clip, by going through its packets.

    Raises:
        ImageError: the file cannot be read, or holds no picture.
        MissingExtraError: PyAV is not installed.
    """
    if not is_local_file(path):
        return _facts(path, 0, 0)
    try:
        stat = os.stat(path)  # noqa: PTH116 (the path is kept as it was typed)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {refusal(error)}") from error
    return _facts(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _facts(path: str, modified: int, size: int) -> ClipFacts:
    """Kept as long as the file is the same: `modified` and `size` are there to tell."""
    with _opened(path) as (container, stream):
        stamps: list[int | None] = []
        keys: list[int | None] = []
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                stamps.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
        known = [stamp for stamp in stamps if stamp is not None]
        usable = len(known) == len(stamps) == len(set(known))
        return ClipFacts(
            width=stream.width,
            height=stream.height,
            frames=len(stamps),
            rate=float(stream.average_rate or 0),
            stamps=tuple(sorted(known)) if usable else (),
            keys=tuple(sorted(key for key in keys if key is not None)) if usable else (),
            seconds=float(stream.time_base or 0),
        )


class ClipReader:
    """One open clip: frames in rising order cost one pass, others a jump to the key frame before."""

    def __init__(self, path: str):
        self.path, self.facts = path, clip_facts(path)
        self._opening = _opened(path)
        self._container, self._stream = self._opening.__enter__()
        self._stream.thread_type = "AUTO"
        self._decoded = self._container.decode(self._stream)
        self._next = 0  # number of the frame that a clip without time stamps gives next
        self._reached: int | None = None  # stamp of the last frame
        self._last: Grabbed | None = None

    def grab(self, number: int) -> Grabbed:
        """Frame `number`, decoded. Raises ImageError when there is no such frame."""
        name = frame_name(self.path, number)
        if self._last and self._last.name == name:
            return self._last
        if number >= self.facts.frames:
            raise ImageError(f"{name}: the clip has only {counted(self.facts.frames, 'frame')}, counted from 0")
        frame = self._by_stamp(number) if self.facts.stamps else self._by_count(number)
        if frame is None:
            raise ImageError(f"{name}: cannot be read: no picture comes out at that place; the clip may be cut short")
        self._last = Grabbed(name, frame)
        return self._last

    def close(self) -> None:
        """Let go of the file."""
        self._opening.__exit__(None, None, None)

    def _by_stamp(self, number: int) -> Any:
        wanted = self.facts.stamps[number]
        place = bisect_right(self.facts.keys, wanted)
        key = self.facts.keys[place - 1] if place else self.facts.stamps[0]
        if self._reached is None or wanted <= self._reached or key > self._reached:
            self._container.seek(key, stream=self._stream, backward=True)
            self._decoded = self._container.decode(self._stream)
        for frame in self._decoded:
            if frame.pts is None or frame.pts < wanted:
                continue
            self._reached = frame.pts
            return frame if frame.pts == wanted else None
        self._reached = None
        return None

    def _by_count(self, number: int) -> Any:
        if number < self._next:
            self._container.seek(0)
            self._decoded, self._next = self._container.decode(self._stream), 0
        for frame in self._decoded:
            self._next += 1
            if self._next > number:
                return frame
        return None


class Clips:
    """The clips of a run, a few of them open at a time."""

    def __init__(self) -> None:
        self._readers: OrderedDict[str, ClipReader] = OrderedDict()

    def grab(self, path: str) -> "Grabbed | str":
        """The frame that `path` names, decoded, or why it is not; any other path comes back as it is."""
        clip, number = parted(path)
        if number is None or not is_clip(clip):
            return path
        try:
            if clip not in self._readers:
                self._readers[clip] = ClipReader(clip)
                if len(self._readers) > OPEN:
                    self._readers.popitem(last=False)[1].close()
            self._readers.move_to_end(clip)
            return self._readers[clip].grab(number)
        except (ImageError, MissingExtraError) as error:
            return Grabbed(path, error=str(error))
        except Exception as error:  # damaged files make FFmpeg's decoders raise almost anything
            self._forget(clip)
            return Grabbed(path, error=f"{path}: cannot be read: damaged or truncated: {said(error)}")

    def close(self) -> None:
        """Let go of all files."""
        for clip in list(self._readers):
            self._forget(clip)

    def _forget(self, clip: str) -> None:
        reader = self._readers.pop(clip, None)
        if reader:
            reader.close()


@contextmanager
def _opened(path: str) -> Iterator[tuple[Any, Any]]:
    """The container and its first video stream."""
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(f"{path}: reading a clip", "video", error) from None
    try:
        container = av.open(path if is_local_file(path) else opened(path), "r")
    except av.error.InvalidDataError as error:
        empty = is_local_file(path) and not Path(path).stat().st_size
        reason = "empty file" if empty else "damaged, cut short, or no video clip"
        raise ImageError(f"{path}: cannot be read: {reason}") from error
    except (OSError, ValueError) as error:  # FFmpeg's other errors are of these kinds
        raise ImageError(
            f"{path}: cannot be read: {refusal(error) if isinstance(error, OSError) else error}"
        ) from error
    with container:
        if not container.streams.video:
            raise ImageError(f"{path}: cannot be read: no pictures in it, only sound or text")
        yield container, container.streams.video[0]

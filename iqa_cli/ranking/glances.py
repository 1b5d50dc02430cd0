"""What is seen of a photograph while it is scored, so that no file is decoded twice."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from iqa_cli.ground.frame_names import file_of, is_clip
from iqa_cli.ground.pixels import to_uint8
from iqa_cli.ranking.fingerprints import fingerprint
from iqa_cli.storage.names import is_url

_AT_ONCE = 16  # files at URLs that are asked for their capture time while others are scored
Keep = Callable[[str, np.ndarray], None]  # of thumbnails: a path, and pixels that are not kept


@dataclass(frozen=True, eq=False)
class Glance:
    """Size in px as seen, capture time where the file tells it, and the fingerprint where it is wanted."""

    width: int
    height: int
    taken: datetime | None = None
    fingerprint: np.ndarray | None = None


@dataclass
class Glances:
    """The glances of a run, by path.

    Attributes:
        fingerprints: whether near-duplicates will be looked for.
        keep: takes the pixels of each photograph, for its thumbnail.
        found: what was seen.
    """

    fingerprints: bool
    keep: Keep | None = None
    found: dict[str, Glance] = field(default_factory=dict)
    _asked: dict[str, "Future[datetime | None]"] = field(default_factory=dict)
    _pool: ThreadPoolExecutor | None = None

    def all(self) -> Mapping[str, Glance]:
        """What was seen, with the capture times of files at URLs, which are waited for."""
        while self._asked:
            path, taken = self._asked.popitem()
            self.found[path] = replace(self.found[path], taken=taken.result())
        return self.found

    def see(self, look: Any, scores: Mapping[str, Any] | None = None) -> None:
        """Take in a look of the session, with or without scores; nothing where the file cannot be read."""
        from iqa_cli.images.capture import capture_time

        path, pixels = look.job.image, look.image
        if pixels is None:
            return
        if pixels.dtype != np.uint8:  # of more bits, or looked at again: seen alike however they come
            pixels = to_uint8(pixels)
        file, (height, width) = file_of(path), pixels.shape[:2]
        if is_url(file) and not is_clip(file):
            self._pool = self._pool or ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="glance")
            self._asked[path] = self._pool.submit(capture_time, file)
        taken = None if is_clip(file) or is_url(file) else capture_time(file)
        self.found[path] = Glance(width, height, taken, fingerprint(pixels) if self.fingerprints else None)
        if self.keep is not None:
            self.keep(path, pixels)

"""Pillow's limit of pixels, a setting of the whole process, lifted while we decode."""

import threading

from PIL import Image

from iqa_cli.decoders import libtiff


class _PillowLimitLifted:
    """Lifts Pillow's pixel limit, and silences libtiff, while any thread decodes; the last one to leave restores both.

    `Image.MAX_IMAGE_PIXELS` is one setting for the whole process, and our own limit may be above
    it. Leaving it off would disarm it for a host program that uses us as a library.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._threads_inside = 0
        self._limit, self._handlers = None, ()

    def __enter__(self):
        with self._lock:
            if self._threads_inside == 0:
                self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
                self._handlers = libtiff.silence()
            self._threads_inside += 1

    def __exit__(self, *exception):
        with self._lock:
            self._threads_inside -= 1
            if self._threads_inside == 0:
                Image.MAX_IMAGE_PIXELS = self._limit
                libtiff.restore(self._handlers)


PILLOW_LIMIT_LIFTED = _PillowLimitLifted()

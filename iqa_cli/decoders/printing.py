"""What libraries of C print on stderr while they decode, kept from it: their errors say the same, in lines of our own.

libtiff has handlers for it; others write to the stream `stderr` of the C library, in whose place an empty one is put.
Python's own stream is another, on the same descriptor, and goes on.
"""

import ctypes
import os
import threading
from functools import cache
from typing import Any


class _Silence:
    """While any thread is inside, the stream `stderr` of C leads nowhere; the last one to leave restores it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads_inside = 0
        self._before: int | None = None

    def __enter__(self) -> None:
        with self._lock:
            stream, nowhere = _streams()
            if self._threads_inside == 0 and nowhere:
                self._before, stream.value = stream.value, nowhere
            self._threads_inside += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._threads_inside -= 1
            stream, nowhere = _streams()
            if self._threads_inside == 0 and nowhere:
                stream.value = self._before


@cache
def _streams() -> tuple[Any, int | None]:
    """Where C keeps its `stderr`, and a stream that leads nowhere; None where they are not found (Windows, macOS)."""
    try:
        library = ctypes.CDLL(None)
        stream = ctypes.c_void_p.in_dll(library, "stderr")
        library.fopen.restype = ctypes.c_void_p
        return stream, library.fopen(os.fsencode(os.devnull), b"w")
    except (AttributeError, OSError, TypeError, ValueError):
        return None, None


SILENCE = _Silence()

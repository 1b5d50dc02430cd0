"""A setting of the whole process, changed while any thread needs it so."""

import os
import threading
from abc import ABC, abstractmethod


class SharedChange(ABC):
    """A context: the first thread to enter changes the setting, the last one to leave brings back what was there.

    A process that is forked meanwhile has none of these threads: there it comes back at once.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    @abstractmethod
    def _change(self) -> None:
        """Remember what is there, and change it."""

    @abstractmethod
    def _restore(self) -> None:
        """Bring back what was there."""

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._change()
            self._inside += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._restore()

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        if self._inside:
            self._inside = 0
            self._restore()

"""SIGTERM and Ctrl-C, heard at the end of a step instead of in its middle."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


class Interrupt:
    """Whether somebody asked to stop."""

    asked = False

    def __call__(self, *_) -> None:
        """Take note of a signal."""
        if self.asked:  # a second Ctrl-C does not wait for the step
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def listening() -> Iterator[Interrupt]:
    """Hear both signals while the context lasts; then whoever heard them before hears them again."""
    interrupt = Interrupt()
    if current_thread() is not main_thread():  # only the main thread may set handlers
        yield interrupt
        return
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

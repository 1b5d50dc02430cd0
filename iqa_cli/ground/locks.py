"""A file that one process writes and no other meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iqa_cli.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows, where there is no lock of this kind
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """Keep other processes from writing `file` while the context lasts; a process that dies lets go.

    The lock is on a hidden file beside it, which is removed at the end: the file itself may be replaced meanwhile.
    Where the system knows no locks there are none.

    Raises:
        UsageError: another process writes the file.
    """
    real = Path(os.path.realpath(file))
    lock = real.with_name(f".{real.name[:100]}.lock")
    try:
        held = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:  # a folder that cannot be written to: whoever writes the file itself will tell
        yield
        return
    try:
        if fcntl is not None:
            _take(held, file)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(held)


def _take(held: int, file: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{file}: is being written by another process; wait for it, or name another file") from None
    except OSError:  # file systems without locks
        return

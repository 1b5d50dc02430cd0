"""A file that one process writes and no other meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import forget_partial

try:
    import fcntl
except ImportError:  # Windows, where there is no lock of this kind
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """Keep other processes from writing `file` while the context lasts; a process that dies lets go.

    What one that died has left half written of it goes.

    The lock is on a hidden file beside it, which is removed at the end: the file itself may be replaced meanwhile.
    Where the system knows no locks there are none.

    Raises:
        UsageError: another process writes the file.
    """
    real = Path(os.path.realpath(file))
    lock = real.with_name(f".{real.name[:100]}.lock")
    try:
        held = _held(lock, file)
    except OSError:  # a folder that cannot be written to: whoever writes the file itself will tell
        yield
        return
    try:
        forget_partial(real)
        yield
    finally:
        lock.unlink(missing_ok=True)  # while it is held: see `_held`
        os.close(held)


def _held(lock: Path, file: Path) -> int:
    """The descriptor of a lock that this process has taken, of the file that now has the name.

    Between opening and taking, whoever held it may have removed it, and another may have made it anew: then the
    one that was taken keeps nobody out.
    """
    while True:
        held = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _take(held, file)
            if _is_at(held, lock):
                return held
        except BaseException:
            os.close(held)
            raise
        os.close(held)


def _is_at(held: int, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held), lock.stat())
    except FileNotFoundError:
        return False


def _take(held: int, file: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{file}: is being written by another process; wait for it, or name another file") from None
    except OSError:  # file systems without locks
        return

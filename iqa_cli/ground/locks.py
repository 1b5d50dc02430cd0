"""A file that one process writes and no other meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import forget_partial

try:
    import fcntl
except ImportError:  # Windows, where there is no lock of this kind
    fcntl = None  # type: ignore[assignment]

A_MOMENT = 1.0  # seconds in which those who only ask have an answer and are gone


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """Keep other processes from writing `file` while the context lasts; a process that dies lets go.

    What one that died has left half written of it goes.

    The lock is on a hidden file beside it, which is removed at the end: the file itself may be replaced meanwhile.
    Where the system knows no locks there are none.

    Raises:
        UsageError: another process writes the file.
    """
    real, lock = _places(file)
    if fcntl is None:  # nor does Windows remove a file that is open
        forget_partial(real)
        yield
        return
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


def is_held(file: Path) -> bool:
    """Whether another process is alone with `file` now. To ask takes nothing and keeps nobody out: see `_take`."""
    try:
        asking = os.open(_places(file)[1], os.O_RDONLY)
    except OSError:  # there is no lock, or nobody can tell
        return False
    try:
        return not _locked(asking, shared=True)
    finally:
        os.close(asking)


def _places(file: Path) -> tuple[Path, Path]:
    """The file itself, and its lock."""
    real = Path(os.path.realpath(file))
    return real, real.with_name(f".{real.name[:100]}.lock")


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
    """Take a lock, or raise UsageError; one that is shared belongs to somebody who only asks, and is free soon."""
    until = monotonic() + A_MOMENT
    while not _locked(held):
        if not _locked(held, shared=True) or monotonic() > until:
            told = "is being written by another process; wait for it, or name another file"
            raise UsageError(f"{file}: {told}")
        fcntl.flock(held, fcntl.LOCK_UN)  # two who wait so would see each other for ever
        sleep(0.001)


def _locked(held: int, shared: bool = False) -> bool:
    """Whether a lock was to be had at once; where there are no locks all are."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(held, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # file systems without locks
        return True
    return True

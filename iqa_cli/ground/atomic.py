"""Files that are whole or not there: written beside their place, then moved in."""

import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

SUFFIX = ".partial"
KEPT_OF_NAME = 20  # characters, so that the name of the partial file stays below the 255 bytes file systems allow


@contextmanager
def atomically(target: Path) -> Iterator[Path]:
    """Yield a fresh path beside `target`; it replaces `target` when the block ends well, else it is removed.

    Folders are made as needed. Two processes may do this at once: each writes a file of its own, and
    whoever reads `target` sees one of them, whole. What a link points to is replaced, not the link, and keeps
    its permissions. What is no regular file (/dev/stdout, a pipe) cannot be replaced: that itself is yielded.

    Raises:
        OSError: the file cannot be written. It names `target`, also where the system names no file (a full disk).
    """
    target = Path(os.path.realpath(target))
    if target.exists() and not target.is_file():
        yield target
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a file can only be moved in one step within one file system.
    partial = target.with_name(f"{_beginning(target)}{secrets.token_hex(4)}{SUFFIX}")
    with naming(target):
        try:
            partial.touch(exist_ok=False)  # with the permissions that the user's mask leaves
            yield partial
            if target.exists():
                shutil.copymode(target, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def forget_partial(target: Path) -> None:
    """Remove what processes that were killed have left half written of a file that no other process writes now."""
    target = Path(os.path.realpath(target))
    for partial in target.parent.glob(f"{glob.escape(_beginning(target))}*{SUFFIX}"):
        partial.unlink(missing_ok=True)


def write_whole(target: Path, text: str) -> None:
    """Write a text file in one step: UTF-8, line ends as they are, bytes of file names that are not UTF-8 as they were.

    Raises:
        OSError: the file cannot be written; it names it.
    """
    with atomically(target) as partial:
        partial.write_bytes(text.encode("utf-8", "surrogateescape"))


def _beginning(target: Path) -> str:
    """Of the names of its partial files, and of no other file's: digits stand for what is cut off."""
    digits = sha256(os.fsencode(target.name)).hexdigest()[:8]
    return f".{target.name[:KEPT_OF_NAME]}-{digits}-"


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError of the block names `path` where the system named no file, or a partial one."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and (error.filename is None or str(error.filename).endswith(SUFFIX)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise

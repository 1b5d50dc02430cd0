"""Reading by name: whole, its start, whether it is there; the same for files, members of tars and URLs."""

import errno
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from iqa_cli.errors import IqaError
from iqa_cli.ground.frame_names import parted
from iqa_cli.storage import remote, tar_members
from iqa_cli.storage.names import check_readable, is_tar, is_url, tar_parts
from iqa_cli.storage.window import Window

_NO_NAMES = (21, 123, 1921)  # what Windows says of names that no file has, such as patterns


@dataclass(frozen=True, eq=False)
class Fetched:
    """What a name names, read ahead of its use, or why it cannot be read."""

    name: str
    data: bytes = b""
    error: OSError | IqaError | None = None

    def read(self) -> bytes:
        """All of it. Raises as `read_bytes`."""
        if self.error is not None:
            raise self.error
        return self.data


def named(name: str) -> tuple[str, int | None]:
    """A picture file, and the number of the frame where its name says one; a file may be called so itself."""
    if "#" not in name:
        return name, None
    parts = tar_parts(name)
    there = tar_members.has_member(*parts) if parts else not is_url(name) and os.path.isfile(name)  # noqa: PTH113
    return (name, None) if there else parted(name)


def fetch(name: str) -> Fetched:
    """Read the file of an image now, whatever comes of it."""
    try:
        return Fetched(name, read_bytes(named(name)[0]))
    except (OSError, IqaError) as error:
        return Fetched(name, error=error)


def read_bytes(name: str) -> bytes:
    """All of a file, a member of a tar, or what a URL names.

    Raises:
        OSError: it cannot be read; `strerror` has the reason, and the remedy where there is one.
        IqaError: a compressed tar, an unknown protocol, or one whose package is not installed.
    """
    if parts := tar_parts(name):
        return tar_members.read_member(*parts)
    check_readable(name)
    if is_tar(name):
        why = tar_members.index_of(name).damage
        raise OSError(errno.EIO, why or f"a tar, no image: its members are called {name}/...", name)
    return remote.read(name) if is_url(name) else Path(name).read_bytes()


def read_start(name: str, length: int) -> bytes:
    """At least the first `length` bytes, or all there are. Raises as `read_bytes`."""
    if parts := tar_parts(name):
        return tar_members.read_member(*parts, most=length)
    check_readable(name)
    if is_url(name):
        return remote.read(name, 0, length)
    with Path(name).open("rb") as opened:
        return opened.read(length)


def opened(name: str) -> BinaryIO:
    """A file that can be searched, of which only what is asked for is read. Raises as `read_bytes`."""
    if parts := tar_parts(name):
        return cast(BinaryIO, tar_members.open_member(*parts))
    check_readable(name)
    if not is_url(name):
        return Path(name).open("rb")
    size = remote.facts_of(name).get("size")
    if size is None:
        raise OSError("the server does not tell its size: download it first")
    return cast(BinaryIO, Window(int(size), lambda start, end: remote.read_part(name, start, end)))


def exists(name: str) -> bool:
    """Whether there is a file, a folder, a member of a tar, or something at a URL.

    What cannot be told, for want of rights or of an answer, is taken for there: reading will say what is wrong.

    Raises IqaError as `read_bytes`.
    """
    try:
        if parts := tar_parts(name):
            return tar_members.has_member(*parts)
        check_readable(name)
        if is_url(name):
            return bool(remote.facts_of(name))
        os.stat(name)  # noqa: PTH116 (names stay strings)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last of a name with a NUL
        return False
    except OSError as error:
        return getattr(error, "winerror", None) not in _NO_NAMES
    return True


def is_folder(name: str) -> bool:
    """Whether a name is that of several files: a folder, a tar, or something at a URL that holds others.

    A URL that ends in a slash is one, and one whose last part has a suffix is none: of others the server is asked.
    """
    if is_tar(name):
        return True
    if not is_url(name):
        return os.path.isdir(name)  # noqa: PTH112 (pathlib raises where it may not look)
    last = name.partition("?")[0].rpartition("/")[2]
    return not last if not last or "." in last or "#" in last else _is_folder_at(name)


@lru_cache(maxsize=256)
def _is_folder_at(url: str) -> bool:
    try:
        return remote.facts_of(url).get("type") == "directory"
    except OSError:
        return False

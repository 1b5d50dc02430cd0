"""A folder that takes files, here or at a URL: whatever it has is whole."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from stat import S_ISREG
from typing import Any, NamedTuple, TypeVar

from iqa_cli.errors import IqaError
from iqa_cli.ground.atomic import KEPT_OF_NAME, SUFFIX, atomically
from iqa_cli.storage.names import is_url
from iqa_cli.storage.remote import filesystem_of, retried

T = TypeVar("T")
TRIES = 10  # to write a file into a folder that another process removes, empty, before the file is in it


class Entry(NamedTuple):
    """A file: how many bytes it has, and when it was written, in seconds; None where that is not told."""

    size: int
    modified: float | None


class Folder(ABC):
    """Files by name, below one place. A name may have a folder before it: `_rows/1.jsonl`.

    What is read was written whole, by whichever process or machine; a file that is written again is the older one
    until it is the newer one. Threads and processes may share a folder.

    Attributes:
        name: as it was given, without a slash at its end; messages begin with it.
    """

    def __init__(self, name: str):
        self.name = name.rstrip("/") or name

    @property
    def path(self) -> Path | None:
        """Where it lies on this machine; None of one at a URL."""
        return None

    def called(self, name: str) -> str:
        """What messages call a file of it."""
        return f"{self.name}/{name}"

    @abstractmethod
    def forget_unfinished(self, beginning: str) -> None:
        """Remove what a process that was killed has left half written of files whose names begin so, in any folder."""

    @abstractmethod
    def entries(self, under: str = "") -> dict[str, Entry]:
        """The files in it, or in a folder `under` it, in the order of their names; none where there is no such folder.

        Raises IqaError where that cannot be told.
        """

    def names(self, under: str = "") -> list[str]:
        """Their names alone. Raises as `entries`."""
        return list(self.entries(under))

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """All of a file; None where there is none. Raises IqaError where it cannot be read."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a file in one step. Raises IqaError, which names it, where it cannot be written."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, if it is there. Raises IqaError where it is and stays."""


class LocalFolder(Folder):
    """A folder of this machine, made when the first file is written."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.name)

    def forget_unfinished(self, beginning: str) -> None:
        """As of `Folder`."""
        for place, _, names in os.walk(self.path):  # which passes over folders that go meanwhile
            for name in names:
                if name.startswith(f".{beginning[:KEPT_OF_NAME]}") and name.endswith(SUFFIX):
                    Path(place, name).unlink(missing_ok=True)

    def entries(self, under: str = "") -> dict[str, Entry]:
        """As of `Folder`; hidden files, such as locks and what is being written, are left out."""
        folder, found = self.path / under, dict[str, Entry]()
        before = f"{under}/" if under else ""
        try:
            for file in sorted(folder.iterdir()):
                with suppress(FileNotFoundError):  # another process has removed it meanwhile
                    if not file.name.startswith(".") and S_ISREG((told := file.stat()).st_mode):
                        found[before + file.name] = Entry(told.st_size, told.st_mtime)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise IqaError(f"{folder}: cannot be read ({error.strerror}); check the folder") from error
        return found

    def read(self, name: str) -> bytes | None:
        """As of `Folder`."""
        try:
            return (self.path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise IqaError(f"{self.called(name)}: cannot be read ({error.strerror}); check the file") from error

    def write(self, name: str, data: bytes) -> None:
        """As of `Folder`."""
        for left in reversed(range(TRIES)):
            try:
                with atomically(self.path / name) as partial:
                    partial.write_bytes(data)
                return
            except (FileNotFoundError, FileExistsError) as error:  # of two who make and remove a folder at once
                if not left:
                    raise self._unwritten(name, error) from error
            except OSError as error:
                raise self._unwritten(name, error) from error

    def _unwritten(self, name: str, error: OSError) -> IqaError:
        told = f"cannot be written ({error.strerror}); what stands in the folder is kept"
        return IqaError(f"{self.called(name)}: {told}")

    def remove(self, name: str) -> None:
        """As of `Folder`; the folder that it leaves empty goes, too."""
        file = self.path / name
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise IqaError(f"{self.called(name)}: cannot be removed ({error.strerror})") from error
        if file.parent != self.path:
            try:
                file.parent.rmdir()
            except OSError:  # another process has files there
                return


class RemoteFolder(Folder):
    """What lies below a URL. A file is one object, put whole; nothing keeps two processes from writing one."""

    def __init__(self, url: str):
        super().__init__(url)
        filesystem_of(url)  # what is missing is told at once

    def forget_unfinished(self, beginning: str) -> None:
        """As of `Folder`: an object is put whole or not."""

    def entries(self, under: str = "") -> dict[str, Entry]:
        """As of `Folder`."""
        url, before = (self.called(under), f"{under}/") if under else (self.name, "")
        fs, path = filesystem_of(url)

        def listed() -> list[dict[str, Any]]:
            fs.invalidate_cache(path)
            return fs.ls(path, detail=True)

        try:
            found = self._tried(under, "read", listed)
        except FileNotFoundError:
            return {}
        files = ((each["name"].rstrip("/").rpartition("/")[2], each) for each in found if each["type"] == "file")
        return {before + name: _entry(each) for name, each in sorted(files, key=itemgetter(0)) if name}

    def read(self, name: str) -> bytes | None:
        """As of `Folder`."""
        fs, path = filesystem_of(self.called(name))
        try:
            return self._tried(name, "read", lambda: fs.cat_file(path))
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """As of `Folder`."""
        fs, path = filesystem_of(self.called(name))
        try:
            self._tried(name, "written", lambda: _put(fs, path, data))
        except FileNotFoundError as error:
            raise IqaError(f"{self.called(name)}: cannot be written (no such bucket); make it first") from error

    def remove(self, name: str) -> None:
        """As of `Folder`."""
        fs, path = filesystem_of(self.called(name))
        try:
            self._tried(name, "removed", lambda: fs.rm_file(path))
        except FileNotFoundError:
            return

    def _tried(self, name: str, what: str, action: Callable[[], T]) -> T:
        try:
            return retried(self.called(name), action)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise IqaError(f"{self.called(name)}: cannot be {what} ({error.strerror})") from error


def open_folder(name: str) -> Folder:
    """The folder of a path or a URL, there or not.

    Raises:
        MissingExtraError: a URL, and the package of its protocol is not installed.
        UsageError: no such protocol.
    """
    return RemoteFolder(name) if is_url(name) else LocalFolder(name)


def _entry(told: Mapping[str, Any]) -> Entry:
    times = [told.get(name) for name in ("LastModified", "last_modified", "mtime", "created")]
    written = next((time.timestamp() for time in times if isinstance(time, datetime)), None)
    if written is not None and written.is_integer():
        written += 1  # servers tell whole seconds; it was written before the end of that one
    return Entry(told["size"], written)


def _put(fs: Any, path: str, data: bytes) -> None:
    kinds = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    if {"file", "memory"} & set(kinds):
        fs.makedirs(path.rpartition("/")[0], exist_ok=True)  # object stores have no folders
    fs.pipe_file(path, data)

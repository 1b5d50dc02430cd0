"""Members of tars, here or at a URL: an index, read once, and then each by its place.

Nothing is unpacked, so a member's name can lead nowhere. Where a name is there twice the last one counts, as it does
for whoever unpacks; links are followed within the tar.
"""

import errno
import os
import posixpath
import tarfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from iqa_cli.storage import remote
from iqa_cli.storage.names import is_url
from iqa_cli.storage.window import Window

KEPT = 2_000_000  # members whose places are kept in all
LINKS = 8  # that lead from one to the next
_NO_PARTS = "the server gives no parts of files, and this tar is large: download it first"
_ENDS = {"EOFHeaderError", "EmptyHeaderError"}  # of tarfile: zeros, and no more bytes
WHOLE = 256 << 20  # bytes of a tar that is kept whole, where a server gives no parts


@dataclass(frozen=True, slots=True)
class Member:
    """Where the bytes of a member are; `target` is what a link leads to, `why` why there are none."""

    start: int
    size: int
    target: str = ""
    why: str = ""


@dataclass
class TarIndex:
    """The members of a tar by name, `./` left out.

    Attributes:
        twice: names that are there more than once.
        outside: names that lead out of the tar; these are no members here.
        size: of the tar in bytes.
        damage: what is wrong with the tar, after the members that are known; empty where it ends as it should.
        whole: all of it, where it can only be had so.
    """

    members: dict[str, Member] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    damage: str = ""
    size: int = 0
    whole: bytes | None = None

    def find(self, name: str) -> Member:
        """A member, through links. Raises OSError: it is not there, or its bytes are not."""
        member = self.members.get(name)
        for _ in range(LINKS):
            if member is None or not member.target:
                break
            member = self.members.get(member.target)
        if member is None or member.target:
            why = f"; {self.damage}" if self.damage else ""
            raise _error(
                "a link to nothing in this tar" if name in self.members else f"no such member in this tar{why}", name
            )
        if member.why:
            raise _error(member.why, name)
        return member


_indexes: "OrderedDict[tuple[Any, ...], TarIndex]" = OrderedDict()
_reading: dict[tuple[Any, ...], Lock] = {}
_guard = Lock()


def read_member(tar: str, name: str, most: int | None = None) -> bytes:
    """The bytes of a member, or at least the first `most`. Raises OSError as `iqa_cli.storage.access.read_bytes`."""
    index = index_of(tar)
    member = index.find(plain(name))
    length = member.size if most is None else min(most, member.size)
    data = _part(tar, index, member.start, length)
    if len(data) < length:
        raise _error(f"cut off: {len(data)} of its {length} bytes are in the tar", f"{tar}/{name}")
    return data


def has_member(tar: str, name: str) -> bool:
    """Whether a tar has such a member. Raises OSError where the tar cannot be read."""
    return plain(name) in index_of(tar).members


def open_member(tar: str, name: str) -> Window:
    """A member as a file that can be searched. Raises OSError."""
    index = index_of(tar)
    member = index.find(plain(name))
    return Window(member.size, lambda start, end: _part(tar, index, member.start + start, end - start))


def plain(name: str) -> str:
    """A member's name without `./` and doubled slashes."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def index_of(tar: str, see: "Callable[[str, BinaryIO, int], None] | None" = None) -> TarIndex:
    """The index of a tar, read once in a process, or anew where a file here has changed.

    Args:
        tar: its name.
        see: is shown each regular member while the index is read, and then reads it: its name, the tar as a file that
            stands at its start, its size.

    Raises:
        OSError: the tar cannot be read, or is none.
    """
    key = _key(tar)
    with _guard:
        lock = _reading.setdefault(key, Lock())
    with lock:
        if see is None and key in _indexes:
            with _guard:
                if key in _indexes:
                    _indexes.move_to_end(key)
                    return _indexes[key]
        index = _read_index(tar, see)
        with _guard:
            _indexes[key] = index
            while len(_indexes) > 1 and sum(len(each.members) for each in _indexes.values()) > KEPT:
                _reading.pop(_indexes.popitem(last=False)[0], None)
        return index


def _key(tar: str) -> tuple[Any, ...]:
    if is_url(tar):
        return (os.getpid(), tar)
    found = Path(tar).stat()
    return (tar, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _read_index(tar: str, see: "Callable[[str, BinaryIO, int], None] | None") -> TarIndex:
    if not is_url(tar):
        with Path(tar).open("rb") as opened:
            return _scanned(opened, TarIndex(size=os.fstat(opened.fileno()).st_size), see)
    facts = remote.facts_of(tar)
    size = facts.get("size")
    if size is None:
        raise _error("the server does not tell its size, so its members cannot be found: download it first", tar)
    if int(size) > WHOLE and not remote.gives_parts(tar, int(size)):
        raise _error(_NO_PARTS, tar)
    index = TarIndex(size=int(size))
    window = Window(index.size, lambda start, end: _part(tar, index, start, end - start))
    return _scanned(window, index, see)


def _scanned(opened: Any, index: TarIndex, see: "Callable[[str, BinaryIO, int], None] | None") -> TarIndex:
    archive = tarfile.TarFile.__new__(tarfile.TarFile)  # what headers are read by, without its own way through them
    archive.fileobj, archive.encoding, archive.errors, archive.pax_headers = opened, "utf-8", "surrogateescape", {}
    archive.offset, archive.tarinfo = 0, tarfile.TarInfo
    while True:
        begun = archive.offset
        if begun > index.size:  # by how much, the header before says
            index.damage = _damage("EmptyHeaderError", begun, index)
            break
        opened.seek(begun)
        try:
            info = tarfile.TarInfo.fromtarfile(archive)
            if archive.offset <= begun or info.size < 0:
                raise ValueError("leads back")
        except OSError:
            raise  # of reading, not of what is read
        except Exception as error:  # damaged headers make tarfile raise almost anything
            index.damage = _damage(type(error).__name__, begun, index)
            break
        _take(info, index)
        if see is not None and info.isreg() and not info.sparse and info.offset_data + info.size <= index.size:
            opened.seek(info.offset_data)
            see(plain(info.name), opened, info.size)
    return index


def _damage(kind: str, place: int, index: TarIndex) -> str:
    """What is wrong where there is no further header, by the name of the error; nothing where the tar ends."""
    if kind in _ENDS:
        over = place - index.size
        return f"the tar is cut off: {over} bytes are missing at its end" if over > 0 else ""
    if not index.members:
        raise _error("no tar, or damaged from its start: make it again with tar -cf", "")
    cut = kind == "TruncatedHeaderError"
    return f"the tar is {'cut off' if cut else 'damaged'} at byte {place}: what follows cannot be read"


def _take(info: tarfile.TarInfo, index: TarIndex) -> None:
    name = plain(info.name)
    if info.isdir() or not name:
        return
    if info.name.startswith("/") or ".." in name.split("/"):
        index.outside.append(info.name)
        return
    if name in index.members:
        index.twice.append(name)
    member = Member(info.offset_data, info.size)
    if info.issym():
        member = Member(0, 0, target=plain(posixpath.normpath(posixpath.join(posixpath.dirname(name), info.linkname))))
    elif info.islnk():
        member = Member(0, 0, target=plain(info.linkname))
    elif info.sparse is not None:
        member = Member(0, 0, why="a sparse file in the tar: pack it without --sparse")
    elif not info.isreg():
        member = Member(0, 0, why="a device or a pipe, no file")
    elif info.offset_data + info.size > index.size:
        member = Member(0, 0, why=f"cut off: the tar ends {info.offset_data + info.size - index.size} bytes too soon")
    index.members[name] = member


def _part(tar: str, index: TarIndex, start: int, length: int) -> bytes:
    """Bytes of a tar, of which a server may give all where a part was asked for."""
    if not is_url(tar):
        with Path(tar).open("rb") as opened:
            opened.seek(start)
            return opened.read(length)
    if not length:
        return b""
    if index.whole is None:
        data = remote.read(tar, start, start + length)
        if len(data) <= length:
            return data
        index.whole = data
    return index.whole[start : start + length]


def _error(why: str, name: str) -> OSError:
    return OSError(errno.EIO, why, name)

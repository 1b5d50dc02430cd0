"""What a name names: a file, a member of a tar (`00001.tar/key.jpg`), or either of these at a URL (`s3://bucket/a.jpg`).

Names stay strings, as they were typed: pathlib would eat a slash of a URL.
"""

import os
import re
from functools import lru_cache
from pathlib import Path, PurePath

from iqa_cli.errors import UsageError

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_PLAIN = re.compile(r"[^/\\.\0][^/\\]*(?:/[^/\\.][^/\\]*)*")  # a relative path in which pathlib would change nothing
_EATEN = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/(?!/)")
_TAR = re.compile(r"\.tar(?=/)", re.IGNORECASE)
_COMPRESSED = re.compile(r"(.*?\.(?:tar\.(gz|bz2|xz|zst|lz4)|(tgz|tbz2?|txz)))(?:/.*)?", re.IGNORECASE | re.DOTALL)


def is_url(name: str) -> bool:
    """Whether a name is a URL."""
    return "://" in name and _URL.match(name) is not None


def name_of(path: str | os.PathLike[str]) -> str:
    """The name that a path was made from: pathlib has one slash where a URL has two."""
    name = os.fspath(path)
    return name if isinstance(path, str) else _EATEN.sub(r"\1://", name, count=1)


def on_the_web(name: str) -> bool:
    """Whether a browser can open what is called so."""
    return protocol_of(name) in ("http", "https") and tar_parts(name) is None


def protocol_of(url: str) -> str:
    """What a URL begins with, `s3` of `s3://bucket/a.jpg`."""
    match = _URL.match(url)
    return match[1].lower() if match else "file"


def tar_parts(name: str) -> tuple[str, str] | None:
    """The tar and the member of `00001.tar/key.jpg`; None of any other name. A folder may be called like a tar."""
    if ".tar/" not in name and ".tar/" not in name.lower():
        return None
    url = _URL.match(name)
    start = name.find("/", url.end()) if url else 0  # of a URL after its host or bucket
    for found in _TAR.finditer(name, max(start, 0)):
        tar, member = name[: found.end()], name[found.end() :].strip("/")
        if member and (url or not os.path.isdir(tar)):  # noqa: PTH112 (names stay strings, and pathlib raises where it may not look)
            return tar, member
    return None


def is_tar(name: str) -> bool:
    """Whether a name is that of a tar, at a URL or here, where no folder is called so."""
    return name.lower().endswith(".tar") and (is_url(name) or not os.path.isdir(name))  # noqa: PTH112


def is_local_file(name: str) -> bool:
    """Whether a name is that of a file here, there or not: no URL, no member of a tar."""
    return not is_url(name) and tar_parts(name) is None


def joined(folder: str, name: str | PurePath) -> str:
    """The name of what is called `name`, relative, in a folder, in a tar or below a URL."""
    if not is_local_file(folder) or is_tar(folder):
        name = name.as_posix() if isinstance(name, PurePath) else name
        folder = folder.rstrip("/")
        while name.startswith(("./", "../")):
            step, _, name = name.partition("/")
            folder = folder if step == "." else folder.rpartition("/")[0]
        return f"{folder}/{name}"
    if isinstance(name, str) and _PLAIN.fullmatch(name) and os.sep == "/":
        folder = _written(folder)  # a million names of a list: pathlib is slow
        return name if folder == "." else f"{folder.rstrip('/')}/{name}"
    return str(Path(folder, name))


@lru_cache(maxsize=16)
def _written(folder: str) -> str:
    """A path of this machine as pathlib writes it."""
    return str(Path(folder))


def folder_of(name: str) -> str:
    """The folder, the tar or the URL in which something lies, that `joined` takes; of a name without one `.`."""
    if is_url(name) or tar_parts(name):
        return name.rstrip("/").rpartition("/")[0]
    return str(Path(name).parent)


def check_readable(name: str) -> None:
    """Raises UsageError for a compressed tar, or a member of one, of which no part can be read by itself."""
    if ".t" not in name.lower() or not (match := _COMPRESSED.fullmatch(name)):
        return
    if not is_url(name) and os.path.isdir(match[1]):  # noqa: PTH112
        return
    told = f"{match[1]}: a compressed tar, whose members cannot be read one by one"
    kind = (match[2] or match[3]).lower()
    remedy = "gunzip" if kind in ("gz", "tgz") else "unpack"
    raise UsageError(f"{told}: {remedy} it once, to a .tar (pictures in it are compressed already)")

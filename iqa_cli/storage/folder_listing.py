"""What is in a folder, wherever it lies: here, a tar, or below a URL."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import FolderContents, is_clutter, pictures_in, sort_in
from iqa_cli.ground.wording import counted, first_few, refusal
from iqa_cli.storage.names import check_readable, is_tar, is_url, protocol_of
from iqa_cli.storage.remote import filesystem_of, retried
from iqa_cli.storage.tar_members import index_of

BESIDE = {".json", ".txt", ".cls"}  # what tars in the webdataset layout have beside each picture


def listing(name: str, recursive: bool = False) -> FolderContents:
    """The pictures in a folder, in a tar or below a URL, sorted by their POSIX spelling.

    A picture is known by its suffix, in any case. Of folders and URLs subfolders are looked into only when
    `recursive`; a tar is one file, all of which counts.

    Raises:
        UsageError: it cannot be listed.
        MissingExtraError: the package of a protocol is not installed.
    """
    check_readable(name)
    if not is_tar(name) and not is_url(name):
        return pictures_in(name, recursive)
    found = FolderContents(name)
    try:
        if is_tar(name):
            index = index_of(name)
            _sort((name for name in index.members if Path(name).suffix.lower() not in BESIDE), found)
            found.special.extend(map(Path, index.outside))
            if index.twice:
                told = counted(len(index.twice), "name")
                found.remarks.append(f"{told} there more than once, of which the last counts: {first_few(index.twice)}")
            if index.damage:
                found.broken.append(index.damage)
                found.remarks.append(index.damage)
        else:
            _sort(_below(name, recursive, found), found)
    except OSError as error:
        raise UsageError(f"{name}: cannot be listed: {refusal(error)}") from error
    return found


def matching(name: str) -> list[str]:
    """The names that a pattern at a URL stands for, sorted; of anything else, and where nothing fits, itself.

    `*` and `[...]` are patterns, and `?` where it begins no query. Patterns of files here are for the shell.

    Raises UsageError and MissingExtraError as `listing`.
    """
    if not is_url(name) or not (set("*[" if name.startswith("http") else "*[?") & set(name)):
        return [name]
    fs, path = filesystem_of(name)
    before = name.removesuffix(path.lstrip("/"))
    try:
        found = retried(name, lambda: fs.glob(path))
    except OSError as error:
        raise UsageError(f"{name}: cannot be listed: {refusal(error)}") from error
    return sorted(before + str(each).lstrip("/") if before != name else str(each) for each in found) or [name]


def _sort(names: Iterable[str], found: FolderContents) -> None:
    for path in map(Path, names):
        if not any(map(is_clutter, path.parts)):
            sort_in(path, found)
    for kind in (found.pictures, found.unreadable, found.own):
        kind.sort(key=Path.as_posix)


def _below(url: str, recursive: bool, found: FolderContents) -> Iterator[str]:
    """The names of files below a URL, relative to it."""
    fs, path = filesystem_of(url)
    root = path.rstrip("/")
    listed: list[dict[str, Any]]
    if protocol_of(url) in ("http", "https"):
        listed = _links(fs, path, recursive)
    elif recursive:
        listed = list(retried(url, lambda: fs.find(root, detail=True)).values())
        if not listed:
            retried(url, lambda: fs.info(root))  # raises where nothing is there
    else:
        listed = retried(url, lambda: fs.ls(root, detail=True))
    for entry in listed:
        name = str(entry["name"]).removeprefix(root).strip("/")
        if entry.get("type") == "directory":
            if name and not is_clutter(name):
                found.subfolders.append(Path(name))
        elif name:
            yield name


def _links(fs: Any, url: str, recursive: bool) -> list[dict[str, Any]]:
    """What the page of a folder links below itself, as servers show folders; of folders their pages, too."""
    found, pages, seen = list[dict[str, Any]](), [url.rstrip("/") + "/"], set[str]()
    while pages:
        page = pages.pop()
        seen.add(page)
        for entry in retried(page, partial(fs.ls, page, detail=True)):
            name = str(entry["name"])
            if not name.startswith(page) or name == page or "?" in name:
                continue
            if recursive and entry.get("type") == "directory":
                pages += [] if name in seen or is_clutter(name.rstrip("/").rpartition("/")[2]) else [name]
            else:
                found.append(entry)
    return found

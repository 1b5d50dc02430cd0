"""What is in a folder: its files without those that systems and programs drop there, and its pictures."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.picture_formats import PICTURE_SUFFIXES, is_read, remedies
from iqa_cli.ground.wording import counted, first_few

# Side folders of Synology, QNAP, Windows, macOS's zip files and file systems. Some hold small copies of pictures.
_SYSTEM = {"@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information", "__macosx", "lost+found"}
_SYSTEM |= {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
_KINDS = 6  # suffixes that are told one by one
PAGE_MARK = ".iqa-page"  # an empty file that says: this folder holds the pictures of a page of `iqa compare`
MAP = re.compile(r".+\.[\w-]+\.(attention|quality|flaw-[\w-]+)\.png")  # as `iqa score --map` calls its pictures


def is_clutter(name: str) -> bool:
    """Whether a file or folder of that name is no part of any data: hidden, a lock, a side-car or a system's own.

    macOS leaves `._photo.png` beside `photo.png` on foreign disks, Office `~$scores.xlsx` beside an open sheet.
    """
    return name.startswith((".", "~$")) or name.lower() in _SYSTEM


def entries(folder: Path) -> list[Path]:
    """Files and subfolders of a folder without clutter, sorted. Raises OSError."""
    return sorted(path for path in folder.iterdir() if not is_clutter(path.name))


@dataclass(frozen=True)
class FolderContents:
    """The pictures of a folder, and what else there is and is passed over. Paths are relative to `folder`.

    Attributes:
        folder: as it was named.
        pictures: those that can be read, by their suffix.
        unreadable: known formats that are not read, or need an extra that is not installed.
        special: pipes, sockets and devices.
        own: maps that `iqa score --map` drew.
        pages: folders of pictures that belong to a page of `iqa compare`.
        others: files that are no pictures, by their suffix.
        subfolders: those that were not looked into.
        remarks: what else must be said of it.
        broken: what is wrong with a tar after the pictures that are here.
    """

    folder: str
    pictures: list[Path] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    special: list[Path] = field(default_factory=list)
    own: list[Path] = field(default_factory=list)
    pages: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    subfolders: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def passed_over(self) -> str:
        """What is there and not taken, by suffix and count, with the remedy: `12 .heic, 3 .txt`; empty for nothing."""
        files = Counter(path.suffix.lower() for path in (*self.unreadable, *self.others))
        pictures = {path.suffix.lower() for path in self.unreadable}
        kinds = sorted(files, key=lambda suffix: (-files[suffix], suffix not in pictures, suffix))
        told = [f"{files[suffix]} {suffix or 'without suffix'}" for suffix in kinds[:_KINDS]]
        if rest := sum(files[suffix] for suffix in kinds[_KINDS:]):
            told.append(f"{rest} of other kinds")
        if self.special:
            told.append(f"{counted(len(self.special), 'special file')} ({_few(self.special)})")
        if self.own:
            told.append(f"{counted(len(self.own), 'map')} drawn by iqa")
        if self.pages:
            told.append(f"the pictures of {counted(len(self.pages), 'page')} of iqa compare ({_few(self.pages)})")
        if self.subfolders:
            told.append(f"{counted(len(self.subfolders), 'subfolder')} (--recursive looks inside)")
        remedy = remedies(suffix for suffix in kinds if suffix in pictures)
        return ", ".join(told) + (remedy and f"; {remedy}")

    @property
    def messages(self) -> tuple[str, ...]:
        """What was passed over, in one line, and what else must be said; none where all was taken."""
        told = [f"passed over {self.passed_over}"] if self.passed_over else []
        return tuple(f"{self.folder}: {text}" for text in (*told, *self.remarks))


def pictures_in(folder: str | os.PathLike[str], recursive: bool = False) -> FolderContents:
    """The pictures in a folder, sorted by their POSIX spelling on every system.

    A picture is known by its suffix, in any case. Subfolders are looked into only when `recursive`, links to
    folders never (they may loop).

    Raises:
        UsageError: a folder cannot be listed.
    """
    found = FolderContents(os.fspath(folder))
    _look_into(Path(folder), Path(), recursive, found)
    for kind in (found.pictures, found.unreadable, found.special, found.own, found.pages):
        kind.sort(key=Path.as_posix)
    return found


def pictures_matching(folder: Path, pattern: str) -> FolderContents:
    """The pictures below a folder whose path in it matches a glob such as `**/*`, sorted; links as glob has them."""
    found = FolderContents(str(folder))
    for path in sorted(folder.glob(pattern)):
        inside = path.relative_to(folder)
        if path.is_dir() or any(map(is_clutter, inside.parts)):
            continue
        pages = [parent for parent in inside.parents if (folder / parent / PAGE_MARK).exists()]
        if not pages:
            _sort_in(inside, folder, path.is_file(), found)
        elif pages[-1] not in found.pages:
            found.pages.append(pages[-1])
    return found


def _look_into(root: Path, below: Path, recursive: bool, found: FolderContents) -> None:
    try:
        with os.scandir(root / below) as listed:
            inside = [entry for entry in listed if not is_clutter(entry.name)]
    except OSError as error:
        where = error.filename or root / below
        raise UsageError(f"{where}: cannot list this folder ({error.strerror}); check its permissions") from error
    for entry in inside:
        path = below / entry.name
        if not _is(entry, "dir"):
            _sort_in(path, root, _is(entry, "file"), found)
        elif entry.is_symlink():
            continue
        elif os.path.exists(root / path / PAGE_MARK):  # noqa: PTH110 (pathlib raises where it may not look)
            found.pages.append(path)
        elif recursive:
            _look_into(root, path, recursive, found)
        else:
            found.subfolders.append(path)


def sort_in(path: Path, found: FolderContents) -> None:
    """Take in a file by its suffix."""
    suffix = path.suffix.lower()
    if suffix not in PICTURE_SUFFIXES:
        found.others.append(path)
    elif not is_read(suffix):
        found.unreadable.append(path)
    else:
        (found.own if MAP.fullmatch(path.name) else found.pictures).append(path)


def _sort_in(path: Path, root: Path, is_file: bool, found: FolderContents) -> None:
    picture = path.suffix.lower() in PICTURE_SUFFIXES
    if picture and not is_file and os.path.exists(root / path):  # noqa: PTH110 (a link to nothing is left to whoever opens it)
        found.special.append(path)
    else:
        sort_in(path, found)


def _is(entry: os.DirEntry[str], kind: str) -> bool:
    try:
        return entry.is_dir() if kind == "dir" else entry.is_file()
    except OSError:  # links in a circle
        return False


def _few(paths: Sequence[Path]) -> str:
    return first_few([path.as_posix() for path in paths], limit=3)

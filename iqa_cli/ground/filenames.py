"""One comparison of file names, for pairs, manifests, score files, test lists and data sets.

The same name is spelt in several ways: macOS writes "é" as two code points where others write one, an old
list has it in Windows-1252, Windows parts folders by backslashes, and official copies differ in case.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from unicodedata import normalize

_DIGITS = re.compile(r"([0-9]+)")
ESCAPED = re.compile(r"\\udc([89a-f][0-9a-f])")


def name_key(name: str, any_case: bool = False) -> str:
    """What two spellings of a file name, or of a path with forward slashes, have in common.

    Args:
        name: as it is written in a list or on disk; undecodable bytes are taken as Windows-1252.
        any_case: whether upper and lower case are one.
    """
    if name.isascii():
        return name.lower() if any_case else name
    try:
        name.encode()
    except UnicodeEncodeError:
        name = name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return normalize("NFC", name.lower() if any_case else name)


def natural(path: str) -> list[tuple[int, int, str]]:
    """A key that sorts names as people do: `IMG_2` before `IMG_10`."""
    parts = _DIGITS.split(name_key(path))
    return [(0, int(part), part) if part.isdecimal() and part.isascii() else (1, 0, part) for part in parts]


def path_parts(path: str, any_case: bool = False) -> tuple[str, ...]:
    """Keys of the folders and of the file name of a path with either slash; an empty path has an empty name."""
    parts = name_key(path.replace("\\", "/"), any_case).split("/")
    return tuple(part for part in parts if part not in ("", ".")) or ("",)


def at_home(path: str | os.PathLike[str]) -> str:
    """A path as it was given, but for `~` and `~user` at its start where there is such a home folder."""
    return os.path.expanduser(os.fspath(path))  # noqa: PTH111 (pathlib raises RuntimeError for `~nobody/x`)


def escaped(text: str) -> str:
    r"""Text for formats without room for undecodable bytes of names: E9 is `\udce9`, which JSON reads as the byte."""
    return text.encode("utf-8", "backslashreplace").decode()


def restored(text: str) -> str:
    """The name that `escaped` wrote."""
    return ESCAPED.sub(lambda match: chr(0xDC00 + int(match[1], 16)), text) if "\\udc" in text else text


class Finder:
    """Finds the file that a list means under the spelling it has on disk."""

    def __init__(self) -> None:
        self._folders: dict[str, Mapping[str, str]] = {}

    def __call__(self, path: str) -> str:
        """The path as it is if there is such a file or nothing like it, else that of the file meant."""
        if path.isascii() and "\\" not in path and path == path.strip():
            return path  # which cannot be spelt otherwise: most paths cost no look at the disk
        slashes = path.replace("\\", "/")
        for candidate in dict.fromkeys((path, path.strip(), slashes, slashes.strip())):
            found = self._on_disk(candidate)
            if found is not None:
                return found
        return path

    def _on_disk(self, path: str) -> str | None:
        if os.path.lexists(path):
            return path
        folder = Path(path).anchor
        for part in Path(path).parts[1 if folder else 0 :]:
            joined = os.path.join(folder, part)  # noqa: PTH118 (pathlib would rewrite "./a")
            if not os.path.lexists(joined):
                spelt = self._names(folder or ".").get(name_key(part))
                if spelt is None:
                    return None
                joined = os.path.join(folder, spelt)  # noqa: PTH118
            folder = joined
        return folder

    def _names(self, folder: str) -> Mapping[str, str]:
        if folder not in self._folders:
            try:
                self._folders[folder] = {name_key(name): name for name in sorted(os.listdir(folder))}  # noqa: PTH208
            except OSError:
                self._folders[folder] = {}
        return self._folders[folder]

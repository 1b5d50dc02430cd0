"""Files of a dataset, found whatever the case and spelling of their names, among what systems drop between them.

Official copies are inconsistent: TID2013 lists I25_01_1.bmp, and keeps the reference as i25.bmp.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import name_key
from iqa_cli.ground.folders import entries


def find(root: Path, wanted: str) -> Path | None:
    """The first file or folder under `root` with a wanted name, in any case; None if there is none.

    `wanted` may be a path such as "Data/AllMOS_release.mat", several alternatives parted by " or ",
    and have `*` for anything.
    """
    for pattern in wanted.split(" or "):
        found = find_all(root, pattern)
        if found:
            return found[0]
    return None


def find_all(root: Path, pattern: str) -> list[Path]:
    """All files and folders under `root` that fit the pattern, sorted."""
    return _match(root, name_key(pattern, any_case=True).split("/"))


def require(root: Path, wanted: str) -> Path:
    """Like `find`, but there must be one. Raises UsageError."""
    found = find(root, wanted)
    if found is None:
        raise UsageError(f"{root}: no {wanted} in this folder; put it there as it was published")
    return found


class Folder:
    """Looks up the files of one folder, or of several taken as one, by name in any case."""

    def __init__(self, *folders: Path):
        self._first = folders[0]
        self._paths = {name_key(path.name, any_case=True): path for folder in folders for path in entries(folder)}

    def __getitem__(self, name: str) -> Path:
        """The file of that name; where there is none, the path it should have, for the audit to tell."""
        return self._paths.get(name_key(name, any_case=True), self._first / name)

    def __iter__(self) -> Iterator[Path]:
        return iter(sorted(self._paths.values()))


def _match(folder: Path, parts: list[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    matches = [path for path in entries(folder) if fnmatch(name_key(path.name, any_case=True), parts[0])]
    if len(parts) == 1:
        return matches
    return [deeper for match in matches for deeper in _match(match, parts[1:])]

"""Which images a folder holds."""

import os
from pathlib import Path

from iqa_cli.errors import UsageError


def images_in(folder: str, recursive: bool) -> list[Path]:
    """Image paths relative to `folder`, sorted by their POSIX spelling on every system.

    An image is known by its suffix, in any case. Hidden files and hidden subfolders are passed
    over; subfolders are looked into only when `recursive`, links to folders never (they may loop).

    Raises:
        UsageError: the folder cannot be listed or holds no image.
    """
    from iqa_cli.images import IMAGE_SUFFIXES

    names = [
        name
        for name in _files_in(folder, recursive)
        if name.suffix.lower() in IMAGE_SUFFIXES and not name.name.startswith(".")
    ]
    if not names:
        remedy = "" if recursive else "; --recursive looks into its subfolders too"
        raise UsageError(f"{folder}: no image in this folder{remedy}")
    return sorted(names, key=Path.as_posix)


def _files_in(folder: str, recursive: bool) -> list[Path]:
    """Every file under `folder`, relative to it, outside hidden subfolders."""
    files = []
    for parent, subfolders, names in os.walk(folder, onerror=_cannot_list):
        files += [Path(parent, name).relative_to(folder) for name in names]
        # os.walk descends into what is left in this list.
        subfolders[:] = [name for name in subfolders if recursive and not name.startswith(".")]
    return files


def _cannot_list(error: OSError) -> None:
    # os.walk would pass over an unreadable folder in silence.
    raise UsageError(f"{error.filename}: cannot list this folder ({error.strerror}); check its permissions")

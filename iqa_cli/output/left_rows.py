"""What an earlier run has left of a file of rows: the file itself, and the parts beside it of one that was killed."""

import re
from pathlib import Path

from iqa_cli.ground.atomic import SUFFIX
from iqa_cli.output.row_formats import ROW_FORMATS

PART = re.compile(r"\d{6}\.\w+")


def parts_folder(path: Path, format: str) -> Path | None:
    """Where the unfinished rows of a file are, in a format that keeps them apart; None in others."""
    parts = ROW_FORMATS[format].parts if format in ROW_FORMATS else ""
    real = path.resolve()
    return real.with_name(real.name + parts) if parts else None


def parts_of(path: Path, format: str) -> list[Path]:
    """The files of unfinished rows, in their order."""
    folder = parts_folder(path, format)
    if folder is None or not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if PART.fullmatch(file.name))


def remove_parts(path: Path, format: str) -> None:
    """Last first, so that a kill in between leaves the rows from the start; a folder with other files stays."""
    folder = parts_folder(path, format)
    if folder is None or not folder.is_dir():
        return
    for part in (*folder.glob(f".*{SUFFIX}"), *reversed(parts_of(path, format))):  # what a kill left half written first
        part.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def has_rows(path: Path, format: str) -> bool:
    """Whether an earlier run left something at `path`, be it unfinished."""
    folder = parts_folder(path, format)
    return (path.is_file() and path.stat().st_size > 0) or (folder is not None and folder.is_dir())


def state_of(path: Path, format: str) -> tuple:
    """What tells whether a file of rows, or a part of it, has been written since; empty where there is none."""
    found = [(file.name, file.stat()) for file in (path, *parts_of(path, format)) if file.is_file()]
    return tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def forget_rows(path: Path, format: str) -> None:
    """Empty a file of rows that a run replaces, before anything tells of that run: they are not taken for its own.

    Raises:
        OSError: the file cannot be written.
    """
    if path.is_file() and path.stat().st_size:
        path.write_bytes(b"")
    remove_parts(path, format)

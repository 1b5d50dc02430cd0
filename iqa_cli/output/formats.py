"""Which format the output takes."""

import importlib.util
from collections.abc import Collection
from pathlib import Path

from iqa_cli.errors import MissingExtraError, UsageError

FORMATS = ("table", "csv", "json", "jsonl", "parquet")  # of `iqa score`
SUFFIXES = {
    ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".parquet": "parquet",
    ".txt": "table", ".md": "markdown", ".tex": "latex",
}  # fmt: skip


def choose_format(
    explicit: str | None, path: Path | None, stdout_is_tty: bool, known: Collection[str] = FORMATS
) -> str:
    """The format asked for, else the one of the file's suffix, else a table for a person and CSV for a pipe.

    Raises UsageError for a format or suffix that is not among `known` and for Parquet on stdout,
    MissingExtraError when Parquet is meant and pyarrow is not installed.
    """
    if explicit is not None:
        format = explicit
    elif path is not None:
        format = SUFFIXES.get(path.suffix.lower())
    else:
        format = "table" if stdout_is_tty else "csv"

    if explicit is None and format not in known:
        suffixes = ", ".join(suffix for suffix, format in SUFFIXES.items() if format in known)
        raise UsageError(f"{path}: unknown suffix; use one of {suffixes}, or give --format")
    if format not in known:
        raise UsageError(f"unknown format {format!r}; use one of {', '.join(known)}")
    if format == "parquet" and path is None:
        raise UsageError("Parquet is not for stdout: name a file with -o FILE")
    if format == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError("Parquet output", "parquet")
    return format


def check_writable(*paths: Path) -> None:
    """Whatever would be found too late, after hours of scoring.

    Raises UsageError for a file in a folder that is not there, and for a folder in a file's place.
    """
    for path in paths:
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent} to write it to; make it first")
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; name a file")

"""Folders of parts, as tests look at them."""

from pathlib import Path

NAMES = "abcdefg"  # of the pairs of pictures that are scored


def contents(folder, pattern="*"):
    """What a folder has, by name, without what is told of the time."""
    files = (path for path in Path(folder).glob(pattern) if path.is_file())
    return {path.name: path.read_bytes() for path in files}


def lines(folder):
    """The rows of its parts in JSON Lines, in one order."""
    return sorted(line for data in contents(folder, "part-*").values() for line in data.decode().splitlines())

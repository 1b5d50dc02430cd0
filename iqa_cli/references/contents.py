"""What a file of encoded references holds, as its header tells: names, sizes, and the model that made them.

The file is a safetensors file. Its reference number N has the tensors `N.0`, `N.1`, ..., one for each part of the
model's encoding, M x ... float16 for M crops; the metadata `iqa.references` has everything else as JSON. Nothing but
the header is read here, without torch.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.json_text import json_value

SUFFIX = ".iqaref"
KEY = "iqa.references"
VERSION = 1
MOST_HEADER = 100_000_000  # bytes, as safetensors itself has it
HEAD = 8  # bytes: the length of the header, little-endian
NOT_OURS = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)  # what a foreign header raises


@dataclass(frozen=True)
class Maker:
    """What encoded the references.

    Attributes:
        model: its name.
        weights: the name of its weights.
        sha256: of these weights, 64 hexadecimal digits.
        crop: side of a crop in px.
        crops: where crops lie, in words.
        precision: in which they were computed.
        iqa: the version.
    """

    model: str
    weights: str
    sha256: str
    crop: int
    crops: str
    precision: str
    iqa: str


@dataclass(frozen=True)
class Entry:
    """One reference.

    Attributes:
        number: of its tensors.
        name: its path in the folder that was encoded, POSIX.
        width, height: in px.
        windows: top and left of each crop.
        parts: how many tensors it has.
        sha256: of their bytes, one after the other.
    """

    number: int
    name: str
    width: int
    height: int
    windows: tuple[tuple[int, int], ...]
    parts: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """The header of a file of references."""

    maker: Maker
    entries: Mapping[str, Entry]

    def text(self) -> str:
        """As it stands in the metadata."""
        images = [asdict(entry) for entry in self.entries.values()]
        return json.dumps({"version": VERSION, **asdict(self.maker), "images": images})

    @classmethod
    def of(cls, text: str) -> "Contents":
        """From the metadata. Raises ValueError, KeyError or TypeError for what no version has written."""
        told: dict[str, Any] = json_value(text)
        if told.pop("version") != VERSION:
            raise ValueError("another version")
        entries = [
            Entry(**{**entry, "windows": tuple((int(top), int(left)) for top, left in entry["windows"])})
            for entry in told.pop("images")
        ]
        return cls(Maker(**told), {entry.name: entry for entry in entries})


def is_reference_file(path: str) -> bool:
    """Whether a path is that of a file of references, by its suffix."""
    return path.lower().endswith(SUFFIX) and not os.path.isdir(path)  # noqa: PTH112


def name_in_file(path: str) -> tuple[str, str] | None:
    """The file and the name of a reference in it, of `gt.iqaref/a/1.png`; None of any other path."""
    for parent in Path(path).parents:
        if is_reference_file(str(parent)):
            return str(parent), Path(path).relative_to(parent).as_posix()
    return None


def container_of(path: str) -> str:
    """The file that a path is read from: that of references, if it is of one of them."""
    if SUFFIX not in path.lower():
        return path
    found = name_in_file(path)
    return path if found is None else found[0]


def read_contents(path: str) -> Contents:
    """The header of a file of references.

    Raises:
        UsageError: it cannot be read, is none, or is cut off.
    """
    try:
        told = Path(path).stat()
        return _read(path, told.st_mtime_ns, told.st_size)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def looks_like_references(path: str) -> bool:
    """Whether a file has the header of one of references, whatever it is called."""
    try:
        return KEY in json_value(_header(path))["__metadata__"]
    except (OSError, *NOT_OURS):
        return False


@lru_cache(maxsize=8)
def _read(path: str, changed: int, size: int) -> Contents:
    header = _header(path)
    try:
        told = json_value(header)
        contents = Contents.of(told.pop("__metadata__")[KEY])
        whole = HEAD + len(header) + max(int(tensor["data_offsets"][1]) for tensor in told.values())
    except NOT_OURS as error:
        raise UsageError(
            f"{path}: no references that this version of iqa can read; make it again by iqa encode"
        ) from error
    if size != whole:
        raise UsageError(f"{path}: is damaged, {size} bytes in the place of {whole}; make it again by iqa encode")
    return contents


def _header(path: str) -> bytes:
    """The JSON at the start of a safetensors file; empty where its length cannot be one."""
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(HEAD), "little")
        return file.read(length) if 2 <= length <= MOST_HEADER else b""

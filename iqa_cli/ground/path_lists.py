"""A stream of text that is either a table or a plain list of paths, as `find` prints it: which, and its parts."""

import io
import os
from collections.abc import Iterable, Iterator, Set
from itertools import chain
from pathlib import PurePath
from typing import TextIO

from iqa_cli.ground.csv_text import csv_cells
from iqa_cli.ground.picture_formats import PICTURE_SUFFIXES

NUL = "\0"


def list_or_lines(stream: TextIO, headers: Iterable[Set[str]]) -> tuple[bool, Iterator[str]]:
    """Tell a list of paths from a table, and read no further than that takes.

    A list has a path a line, or paths that end in NUL bytes (`find -print0`), which may hold line ends. It is one where
    the first name is no row of column names and no JSON, and names a file that is there or ends as pictures do.

    Args:
        stream: what arrives; a `TextIOWrapper` is read as UTF-8, whatever the locale says, and bytes that are not
            survive as Python keeps those of file names.
        headers: what a table has among its column names: all names of one of these.

    Returns:
        Whether it is a list; then its paths, else the lines as they are.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
        peek = getattr(stream.buffer, "peek", None)
        if peek and NUL.encode() in peek(1):  # no line may ever end
            return _first_is_path(_named(_chunks(stream)), headers)
    lines = iter(stream)
    start: list[str] = []
    for line in lines:
        start.append(line)
        if line.strip():
            break
    first = start[-1] if start else ""
    if NUL in first:
        return _first_is_path(_named(chain([first], lines)), headers)
    if not _is_path(_name(first), headers):
        return False, chain(start, lines)
    return True, (_name(line) for line in chain(start, lines) if line.strip())


def _first_is_path(names: Iterator[str], headers: Iterable[Set[str]]) -> tuple[bool, Iterator[str]]:
    first = next(names, "")
    if _is_path(first, headers):
        return True, chain([first], names)
    return False, iter([first + NUL])  # bytes that are no text, as whoever reads tables will say


def _chunks(stream: io.TextIOWrapper) -> Iterator[str]:
    """What has arrived, without waiting for more, decoded name by name."""
    read = getattr(stream.buffer, "read1", stream.buffer.read)
    rest = b""
    while block := read(1 << 16):
        whole, separator, rest = (rest + block).rpartition(NUL.encode())
        yield os.fsdecode(whole + separator)
    yield os.fsdecode(rest)


def _named(texts: Iterable[str]) -> Iterator[str]:
    """The names that NUL bytes end; the last may lack its own."""
    rest = ""
    for text in texts:
        *names, rest = (rest + text).split(NUL)
        yield from filter(None, names)
    if rest.strip():
        yield rest


def _name(line: str) -> str:
    return line.removeprefix("\ufeff").rstrip("\r\n")


def _is_path(name: str, headers: Iterable[Set[str]]) -> bool:
    if not name.strip() or any(header <= set(_cells(name)) for header in headers):
        return False
    picture = PurePath(name.strip()).suffix.lower() in PICTURE_SUFFIXES
    return (picture and not name.lstrip().startswith("{")) or os.path.lexists(name)


def _cells(line: str) -> list[str]:
    for _, cells in csv_cells([line]):
        return [cell.strip() for cell in cells] if isinstance(cells, list) else []
    return []

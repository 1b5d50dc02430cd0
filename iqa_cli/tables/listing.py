"""What there is (models, weights, data sets, ...): columns for a person, tabs for a pipe, facts of a single one."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from iqa_cli.tables.grid import one_line

GAP = 2  # characters between columns
READABLE = 100  # characters of a line of prose, however wide the terminal
LEAST = 18  # characters that prose keeps beside columns, however narrow the terminal


class ListFormat(StrEnum):
    """How a list is printed: `plain` is one line an entry, parted by tabs, for grep and cut."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"


@dataclass(frozen=True)
class Listing:
    """Entries in groups, each a row of texts, its name first.

    Attributes:
        columns: the headings. The last column is wrapped where room is short, the others never are.
        groups: heading and rows of each group; a heading is empty where there is but one group.
        right: places of the columns that stand on the right, as numbers do.
        piped: how many of the last columns are for a pipe alone, where there is room for them.
        first: heading of the mark that the names in `marked` carry, for a pipe.
        before, after: sentences and lines for a person, left out in a pipe.
    """

    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    right: tuple[int, ...] = ()
    piped: int = 0
    first: str = ""
    marked: frozenset[str] = frozenset()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """All rows, whatever their group."""
        return [row for _, rows in self.groups for row in rows]


def print_listing(listing: Listing, stream: TextIO, format: ListFormat | None = None) -> None:
    """As a table within the width of the terminal, or plain: what `format` says, else what the stream is."""
    if _is_plain(format, stream):
        stream.write("".join(f"{line}\n" for line in _plain(listing)))
        return
    console, listing = _console(stream), _narrowed(listing)
    widths = [max(map(cell_len, column)) for column in zip(listing.columns, *listing.rows, strict=True)]
    widths[0] = max([widths[0], *(cell_len(name) + GAP for name in listing.marked)])
    for line in listing.before:
        console.print(Text(line), soft_wrap=True)
    _print(console, Text(_line(listing.columns, widths, listing, console.width), style="bold"))
    for heading, rows in listing.groups:
        if heading:
            _print(console, Text(f"\n{heading}", style="dim"))
        for row in rows:
            name = f"{row[0]} *" if row[0] in listing.marked else row[0]
            _print(console, Text(_line((name, *row[1:]), widths, listing, console.width)))
    for line in listing.after:
        _print(console, Text(_wrapped(line, console.width), style="dim"))


def print_facts(facts: Sequence[tuple[str, str]], stream: TextIO, format: ListFormat | None = None) -> None:
    """What there is to know of one entry: a name and a text each, the text wrapped; plain with a tab between them."""
    if _is_plain(format, stream):
        stream.write("".join(f"{name}\t{one_line(text)}\n" for name, text in facts))
        return
    console = _console(stream)
    width = max(len(name) for name, _ in facts) + GAP
    for name, text in facts:
        wrapped = textwrap.indent(_wrapped(text, console.width - width), " " * width)[width:]
        _print(console, Text.assemble((name.ljust(width), "bold"), wrapped))


def _is_plain(format: ListFormat | None, stream: TextIO) -> bool:
    return format is ListFormat.PLAIN or (format is None and not stream.isatty())


def _console(stream: TextIO) -> Console:
    """As wide as the terminal; where there is none but a table was asked for, 80 characters or COLUMNS."""
    return Console(file=stream)


def _narrowed(listing: Listing) -> Listing:
    left = len(listing.columns) - listing.piped
    groups = tuple((heading, tuple(row[:left] for row in rows)) for heading, rows in listing.groups)
    return replace(listing, columns=listing.columns[:left], groups=groups, piped=0)


def _plain(listing: Listing) -> Iterator[str]:
    grouped = any(heading for heading, _ in listing.groups)
    mark = [listing.first] if listing.first else []
    yield "\t".join([*listing.columns, *mark, *["group"] * grouped])
    for heading, rows in listing.groups:
        for row in rows:
            marks = [("yes" if row[0] in listing.marked else "no")] if mark else []
            yield "\t".join([*map(one_line, row), *marks, *[heading] * grouped])


def _line(cells: Sequence[str], widths: Sequence[int], listing: Listing, room: int) -> str:
    texts = [one_line(cell) for cell in cells]
    padding = [" " * (width - cell_len(text)) for text, width in zip(texts, widths, strict=True)]
    padded = [
        pad + text if place in listing.right else text + pad
        for place, (text, pad) in enumerate(zip(texts, padding, strict=True))
    ]
    start = sum(widths[:-1]) + GAP * (len(widths) - 1)
    last = padded[-1] if len(widths) - 1 in listing.right else _wrapped(texts[-1], max(LEAST, room - start))
    return (" " * GAP).join([*padded[:-1], last.replace("\n", "\n" + " " * start)]).rstrip()


def _wrapped(text: str, room: int) -> str:
    """Lines of whole words: an address or a command is never broken within one."""
    return textwrap.fill(text, min(max(room, LEAST), READABLE), break_long_words=False, break_on_hyphens=False)


def _print(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)

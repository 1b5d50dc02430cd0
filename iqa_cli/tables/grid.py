"""One table, whatever it is written in, and how its numbers are worded."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from iqa_cli.records import ScoreRange
from iqa_cli.terminal import printable

MISSING = "–"
ASIDES_TOLD = ("In brackets", "±:", "#:")  # how a sentence of a caption begins that tells what small print is
SECOND_TOLD = ("Underlined:",)  # and one that tells what is underlined
SIGNIFICANT = 0.05  # p after Holm's correction
ARROWS = {True: " ↑", False: " ↓", None: ""}


@dataclass(frozen=True)
class Column:
    """A heading, with an arrow where a direction is better; numbers stand on the right.

    `below` is small print under the heading on a terminal, such as the range of a score.
    """

    name: str
    higher_is_better: bool | None = None
    numeric: bool = True
    below: str = ""

    @property
    def heading(self) -> str:
        """The name and its arrow."""
        return self.name + ARROWS[self.higher_is_better]


@dataclass(frozen=True)
class Cell:
    """`text`, marked "best", "second", "bad" or not at all; `aside` is small print, an interval or so, never a name."""

    text: str
    aside: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: cells by row, and the numbers of the rows before which a line separates sections."""

    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sections: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, title: str, caption: str, columns: Sequence[tuple[Column, Sequence[Cell]]], sections: Sequence[int] = ()
    ) -> "Grid":
        """A table from its columns, each with its cells from top to bottom."""
        rows = zip(*(cells for _, cells in columns), strict=True)
        return cls(title, caption, tuple(column for column, _ in columns), tuple(rows), tuple(sections))

    def without(self, asides: bool = False, second: bool = False) -> "Grid":
        """The table without small print, or without the mark of the second best, and without their words below it."""
        told = (ASIDES_TOLD if asides else ()) + (SECOND_TOLD if second else ())

        def plainer(cell: Cell) -> Cell:
            mark = "" if second and cell.mark == "second" else cell.mark
            return replace(cell, aside="" if asides else cell.aside, mark=mark)

        rows = tuple(tuple(map(plainer, row)) for row in self.rows)
        return replace(self, rows=rows, caption=_caption(s for s in _sentences(self.caption) if not s.startswith(told)))


def said_once(grids: Iterable[Grid]) -> Iterator[Grid]:
    """The tables, to be read one after another: no sentence below one that stands below an earlier one."""
    said: set[str] = set()
    for grid in grids:
        sentences = _sentences(grid.caption)
        yield replace(grid, caption=_caption(sentence for sentence in sentences if sentence not in said))
        said.update(sentences)


def _sentences(caption: str) -> list[str]:
    return caption.removesuffix(".").split(". ")


def _caption(sentences: Iterable[str]) -> str:
    text = ". ".join(sentences)
    return f"{text}." if text else ""


def number(value: float, decimals: int = 3, sign: str = "") -> str:
    """A fixed number of decimals, with `sign` "+" also a plus; a dash for NaN."""
    if value == math.inf:
        return "∞"
    return f"{value:{sign}.{decimals}f}" if math.isfinite(value) else MISSING


def decimals_of(values: Sequence[float]) -> int:
    """Decimals that show three figures of the middle value, for columns in units of their own."""
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    return max(0, 2 - math.floor(math.log10(median(sizes)))) if sizes else 3


def score_decimals(range: ScoreRange, scores: Iterable[float]) -> int:
    """Decimals that tell scores apart as papers write them: 2 of decibels, 3 of five levels, 4 of 0 to 1.

    A range with an open end does not tell of which size its scores are: then their middle does.
    """
    if range.low is None or range.high is None:
        sizes = [abs(score) for score in scores if math.isfinite(score)]
        size = median(sizes) if sizes else math.inf
        return 4 if size < 1 else 3 if size < 10 else 2
    return 3 if range.high - range.low > 2 else 4


def marks(values: Sequence[float], higher_is_better: bool = True, decimals: int = 3) -> list[str]:
    """ "best", "second" or "" for each value: equal as shown is equal, and all that are equal share the mark.

    NaN is never marked, nor a value without a rival.
    """
    shown = [None if math.isnan(value) else round(value, decimals) for value in values]
    ranked = sorted({value for value in shown if value is not None}, reverse=higher_is_better)
    names = dict(zip(ranked, ("best", "second"), strict=False)) if len(shown) - shown.count(None) > 1 else {}
    return ["" if value is None else names.get(value, "") for value in shown]


def numbers(
    values: Sequence[float],
    decimals: int = 3,
    asides: Sequence[str] | None = None,
    marked: Sequence[str] | None = None,
) -> list[Cell]:
    """One column of cells, from what stands in each of them."""
    none = [""] * len(values)
    cells = zip(values, asides or none, marked or none, strict=True)
    return [Cell(number(value, decimals), aside, mark) for value, aside, mark in cells]


def one_line(text: str) -> str:
    r"""Text that stays on its line and commands no terminal: a line end is shown as \n."""
    return printable(text).replace("\n", r"\n")


def p_text(p: float) -> str:
    """A p value as papers write it."""
    return "<0.001" if p < 0.001 else number(p)


def interval_text(low: float, high: float, decimals: int = 3) -> str:
    """`[low, high]`, or nothing where there is no interval."""
    ends = number(low, decimals), number(high, decimals)
    return "" if MISSING in ends else f"[{', '.join(ends)}]"


def percent(share: float) -> str:
    """A share of one, as `20 %`."""
    return f"{100 * share:g} %"

"""One table, whatever it is written in: Markdown, LaTeX for a paper, or (`console.py`) a terminal.

Names come from people's files: each writer shows every character as text and obeys none.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from iqa_cli.terminal import printable

MISSING = "–"
ARROWS = {True: " ↑", False: " ↓", None: ""}

MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$])")
MARKDOWN_LIST = re.compile(r"^(\d*)(?=[.)+-](\s|$))")  # at the start of a line
MARKDOWN_MARKS = {"best": "**{}**", "second": "<ins>{}</ins>", "": "{}"}

# After "\\" LaTeX takes "[" and "*" for arguments, hence their braces; the last two lines are signs of our own.
LATEX_SPECIAL = str.maketrans(
    {char: "\\" + char for char in "_%&#${}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
    | {"[": "{[}", "*": "{*}", '"': "{''}"}
    | {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "Δ": r"$\Delta$"}
    | {"±": r"$\pm$", "×": r"$\times$", "–": "--"}
)
LATEX_MARKS = {"best": r"\textbf{{{}}}", "second": r"\underline{{{}}}", "": "{}"}


@dataclass(frozen=True)
class Column:
    """A heading, with an arrow where a direction is better; numbers stand on the right."""

    name: str
    higher_is_better: bool | None = None
    numeric: bool = True

    @property
    def heading(self) -> str:
        """The name and its arrow."""
        return self.name + ARROWS[self.higher_is_better]


@dataclass(frozen=True)
class Cell:
    """`text`, marked "best", "second" or not at all; `aside` is small print such as an interval, never a name."""

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


def number(value: float, decimals: int = 3, sign: str = "") -> str:
    """A fixed number of decimals, with `sign` "+" also a plus; a dash for NaN and infinity."""
    return f"{value:{sign}.{decimals}f}" if math.isfinite(value) else MISSING


def decimals_of(values: Sequence[float]) -> int:
    """Decimals that show three figures of the middle value, for columns in units of their own."""
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    return max(0, 2 - math.floor(math.log10(median(sizes)))) if sizes else 3


def marks(values: Sequence[float], higher_is_better: bool = True, decimals: int = 3) -> list[str]:
    """ "best", "second" or "" for each value: equal as shown is equal, and all that are equal share the mark.

    NaN is never marked, nor a value without a rival.
    """
    shown = [round(value, decimals) if math.isfinite(value) else None for value in values]
    ranked = sorted({value for value in shown if value is not None}, reverse=higher_is_better)
    names = dict(zip(ranked, ("best", "second"), strict=False)) if len(shown) - shown.count(None) > 1 else {}
    return [names.get(value, "") for value in shown]


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


def markdown_text(text: str) -> str:
    """Text as Markdown that shows just this."""
    return MARKDOWN_LIST.sub(r"\1\\", MARKDOWN_SPECIAL.sub(r"\\\1", one_line(text)))


def latex_text(text: str) -> str:
    """Text as LaTeX that shows just this; letters beyond Latin need XeLaTeX or LuaLaTeX."""
    escaped = one_line(text).translate(LATEX_SPECIAL)
    apart = re.sub(r"-(?=-)", "-{}", escaped) if "--" in text else escaped  # or two hyphens make a dash
    return re.sub(r"(?<![\w.}-])-(?=\d)|(?<=\{\[\})-(?=\d)", "$-$", apart)  # a minus, not a hyphen


def markdown_table(grid: Grid) -> str:
    """A heading, the table (GitHub's dialect), the caption; the second is underlined by `<ins>`."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    def write(cell: Cell) -> str:
        marked = MARKDOWN_MARKS[cell.mark].format(markdown_text(cell.text))
        return f"{marked} {cell.aside}" if cell.aside else marked

    head = line([markdown_text(column.heading) for column in grid.columns])
    rule = line(["---:" if column.numeric else ":---" for column in grid.columns])
    rows = [line([write(cell) for cell in row]) for row in grid.rows]
    return "\n".join([f"### {markdown_text(grid.title)}", "", head, rule, *rows, "", markdown_text(grid.caption), ""])


def latex_table(grid: Grid) -> str:
    r"""A `table` that needs `\usepackage{booktabs}` and nothing else."""

    def line(cells: Sequence[str]) -> str:
        return "    " + " & ".join(cells) + r" \\"

    def head(column: Column) -> str:
        words = [latex_text(word) for word in column.heading.split()]
        # Numbers are narrow: a heading all on one line would push the table off the page.
        return rf"\shortstack{{{words[0]}\\{' '.join(words[1:])}}}" if column.numeric and words[1:] else " ".join(words)

    def write(cell: Cell) -> str:
        marked = LATEX_MARKS[cell.mark].format(latex_text(cell.text))
        return rf"{marked} {{\scriptsize {latex_text(cell.aside)}}}" if cell.aside else marked

    rows = []
    for place, row in enumerate(grid.rows):
        rows += [r"    \midrule"] * (place in grid.sections) + [line([write(cell) for cell in row])]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{latex_text(grid.title)}. {latex_text(grid.caption)}}}",
            r"  \smallskip",
            r"  \footnotesize",
            r"  \setlength{\tabcolsep}{3pt}",
            rf"  \begin{{tabular}}{{@{{}}{''.join('r' if column.numeric else 'l' for column in grid.columns)}@{{}}}}",
            r"    \toprule",
            line([head(column) for column in grid.columns]),
            r"    \midrule",
            *rows,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )

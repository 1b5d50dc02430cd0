"""A table in LaTeX, for a paper."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from iqa_cli.errors import UsageError
from iqa_cli.tables.grid import Cell, Column, Grid, one_line

# After "\\" LaTeX takes "[" and "*" for arguments, hence their braces; the last two lines are signs of our own.
SPECIAL = str.maketrans(
    {char: "\\" + char for char in "_%&#${}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
    | {"[": "{[}", "*": "{*}", '"': "{''}"}
    | {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "Δ": r"$\Delta$", "∞": r"$\infty$"}
    | {"±": r"$\pm$", "×": r"$\times$", "–": "--"}
)
LATEX_PARTS = ("intervals", "underline")
MARKS = {"best": r"\textbf{{{}}}", "second": r"\underline{{{}}}", "": "{}"}


@dataclass(frozen=True)
class LatexStyle:
    """What tables show beside the best in bold: small print (intervals, ranks), and the second best underlined."""

    intervals: bool = True
    underline: bool = True

    @classmethod
    def parse(cls, text: str, formats: Collection[str] = ("latex",)) -> Self:
        """From words parted by commas, or "none".

        Raises UsageError for another word, or where something is to be left out and none of the `formats` is LaTeX.
        """
        words = [word.strip() for word in text.split(",")]
        unknown = [word for word in words if word not in LATEX_PARTS]
        if unknown and words != ["none"]:
            raise UsageError(
                f"--latex {text}: {unknown[0]!r} is none of {', '.join(LATEX_PARTS)}; none leaves both out"
            )
        style = cls(**{part: part in words for part in LATEX_PARTS})
        if style != cls() and "latex" not in formats:
            raise UsageError(f"--latex {text}: says what tables in LaTeX show; ask for one, -o FILE.tex")
        return style

    def apply(self, grids: Iterable[Grid]) -> list[Grid]:
        """The tables with no more than that."""
        return [grid.without(asides=not self.intervals, second=not self.underline) for grid in grids]


def latex_text(text: str) -> str:
    """Text as LaTeX that shows just this; letters beyond Latin need XeLaTeX or LuaLaTeX."""
    escaped = one_line(text).translate(SPECIAL)
    apart = re.sub(r"-(?=-)", "-{}", escaped) if "--" in text else escaped  # or two hyphens make a dash
    return re.sub(r"(?<![\w.}-])-(?=\d)|(?<=\{\[\})-(?=\d)", "$-$", apart)  # a minus, not a hyphen


def latex_table(grid: Grid) -> str:
    r"""A `table` that needs `\usepackage{booktabs}` and nothing else."""

    def line(cells: Sequence[str]) -> str:
        return "    " + " & ".join(cells) + r" \\"

    def head(column: Column) -> str:
        words = [latex_text(word) for word in column.heading.split()]
        # Numbers are narrow: a heading all on one line would push the table off the page.
        return rf"\shortstack{{{words[0]}\\{' '.join(words[1:])}}}" if column.numeric and words[1:] else " ".join(words)

    def write(cell: Cell) -> str:
        marked = MARKS[cell.mark].format(latex_text(cell.text))
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

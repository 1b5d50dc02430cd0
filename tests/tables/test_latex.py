"""Tables in LaTeX: every character shows as itself, and what is shown can be chosen."""

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.tables.grid import Cell, Column, Grid, said_once
from iqa_cli.tables.latex import LatexStyle, latex_table, latex_text


def test_latex_may_keep_one_of_intervals_and_underline():
    rows = ((Cell("0.9", "[0.8, 1]", "best"),), (Cell("0.8", "[0.7, 0.9]", "second"),))
    grid = Grid("T", "Means. In brackets the interval. Underlined: the second.", (Column("x"),), rows)
    (intervals,), (underline,) = (LatexStyle.parse(word).apply([grid]) for word in ("intervals", "underline"))
    assert intervals.caption == "Means. In brackets the interval." and intervals.rows[1][0].mark == ""
    assert underline.caption == "Means. Underlined: the second." and underline.rows[1][0].aside == ""
    assert LatexStyle.parse("underline,intervals").apply([grid]) == [grid]


def test_latex_of_anything_else_is_refused_by_name():
    with pytest.raises(UsageError, match="'bold' is none of intervals, underline"):
        LatexStyle.parse("intervals,bold")


def test_what_latex_leaves_out_is_refused_where_no_table_is_in_latex():
    with pytest.raises(UsageError, match=r"--latex underline: .*-o FILE\.tex"):
        LatexStyle.parse("underline", ["csv", "markdown"])
    assert not LatexStyle.parse("underline", ["csv", "latex"]).intervals
    assert LatexStyle.parse("intervals,underline", ["csv"]) == LatexStyle()


def test_a_sentence_below_several_tables_is_said_once():
    first, second = Grid("A", "Means. Bold: the best.", (), ()), Grid("B", "Bold: the best.", (), ())
    assert [grid.caption for grid in said_once([first, second])] == ["Means. Bold: the best.", ""]


@pytest.mark.parametrize("char", list("_%&#${}"))
def test_latex_escapes_its_special_characters(char):
    assert latex_text(f"a{char}b") == f"a\\{char}b"


@pytest.mark.parametrize(("char", "name"), [("~", "asciitilde"), ("^", "asciicircum"), ("`", "asciigrave")])
def test_latex_names_the_characters_it_cannot_escape(char, name):
    assert latex_text(f"a{char}b") == f"a\\text{name}{{}}b"


def test_latex_keeps_backslashes_brackets_hyphens_and_minus_apart():
    assert latex_text(r"a\b") == r"a\textbackslash{}b"
    assert latex_text("[x]*") == "{[}x]{*}"
    assert latex_text("a--b-1") == "a-{}-b-1"
    assert latex_text("[-0.1, -0.2]") == "{[}$-$0.1, $-$0.2]"


def test_latex_marks_the_best_bold_and_the_second_underlined():
    rows = ((Cell("0.9", mark="best"),), (Cell("0.8", mark="second"),), (Cell("0.7", "[0.6, 0.8]"),))
    text = latex_table(Grid("T", "c.", (Column("PLCC fit", True),), rows))
    assert r"\textbf{0.9}" in text and r"\underline{0.8}" in text and r"0.7 {\scriptsize {[}0.6, 0.8]}" in text
    assert r"fit $\uparrow$" in text

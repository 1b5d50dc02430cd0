"""A mean for each result folder."""

import math
import random
import tracemalloc
from statistics import fmean

import pytest
from rows import written

from iqa_cli.output import Columns, Means
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

PSNR = (ModelInfo("psnr", ScoreRange(0, None)),)


def columns(*folders):
    return Columns(paired=False, extra=None, models=("psnr",), folders=folders)


def rows(**scores):
    """A record a file; `a_1=3` is that of a/1.png."""
    given = [(name.replace("_", "/") + ".png", value) for name, value in scores.items()]
    infinite = Score(None, "infinite")
    return [Record(Job(name), {"psnr": infinite if math.isinf(value) else Score(value)}) for name, value in given]


def means(records, *folders):
    found = Means(columns(*folders))
    for record in records:
        found.add(record)
    return {mean.folder: mean.of("psnr") for mean in found}


def test_each_folder_has_a_mean_of_its_own_in_the_order_named():
    records = rows(a_1=1, b_1=5, a_2=2, b_2=7)
    assert means(records, "b", "./a/") == {"b": 6, "./a/": 1.5}


def test_without_several_folders_there_is_one_mean_of_all():
    assert means(rows(a_1=1, b_1=5)) == {"": 3}


def test_of_a_folder_in_another_the_inner_one_has_the_image_and_files_of_none_are_others():
    assert means(rows(a_1=1, a_in_1=3, x=9), "a", "a/in") == {"a": 1, "a/in": 3, "other files": 9}


def test_a_table_of_several_folders_has_a_mean_a_folder_and_none_over_all():
    table = written("table", rows(a_1=20, a_2=22, b_1=30, b_2=math.inf), columns("a", "b"), PSNR)
    ends = [line.split() for line in table.splitlines() if line.split()[:1] == ["mean"]]
    assert ends == [["mean", "of", "a", "21.0000"], ["mean", "of", "b", "30.0000"], ends[-1]]
    assert " ".join(ends[-1]) == "mean psnr of b: 1 infinite left out (identical images)"


def test_a_document_says_how_many_rows_are_behind_a_mean():
    found = Means(columns("a", "b"))
    for record in (*rows(a_1=20, b_1=math.inf), Record(Job("b/2.png"), error="b/2.png: broken")):
        found.add(record)
    assert found.to_document() == [
        {"folder": "a", "rows": 1, "failed": 0, "mean": {"psnr": 20}, "infinite": {"psnr": 0}},
        {"folder": "b", "rows": 2, "failed": 1, "mean": {"psnr": None}, "infinite": {"psnr": 1}},
    ]


def scored(values, name="a.png"):
    """The means after rows of that image or frame with these scores."""
    found = Means(columns())
    for value in values:
        found.add_row({"image": name, "error": None, "psnr": value})
    return found


def test_a_mean_is_exact_to_the_bit_whatever_was_added_in_what_order():
    draw = random.Random(1)
    values = [draw.uniform(-1, 1) * 10.0 ** draw.randint(-300, 300) for _ in range(999)] + [1e300, 0.1, -1e300, 5e-324]
    for name in ("a.png", "a.mp4#3"):
        (mean,) = scored([*values, math.inf, None], name)
        assert mean.of("psnr") == fmean(values) and mean.infinite("psnr") == 1 and mean.rows == len(values) + 2


@pytest.mark.parametrize("first", ["a.png", "a.mp4#3"])
def test_rows_that_are_no_clip_cost_no_memory_each(first):
    found = scored([1.5], first)
    tracemalloc.start()
    try:
        for number in range(20_000):
            found.add_row({"image": "b.png", "error": None, "psnr": number / 7})
        assert tracemalloc.get_traced_memory()[0] < 20_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("columns", [columns(), columns("a", "b")])
def test_nothing_scored_has_no_mean(columns):
    assert list(Means(columns)) == []

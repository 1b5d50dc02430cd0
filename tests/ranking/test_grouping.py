"""From records and glances to places, groups and keepers."""

from functools import partial

import numpy as np
import pytest

from iqa_cli.meaning import Percentiles, meaning
from iqa_cli.ranking.glances import Glance
from iqa_cli.ranking.grouping import rank
from iqa_cli.ranking.ranking_grids import answer, ranking_grid
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

LEVELS = ScoreRange(1, 5)
TRIQ = ModelInfo("triq", LEVELS)
PERCENTILES = Percentiles("PHOTOS", tuple(1 + 4 * step / 20 for step in range(21)))
MEANINGS = {"triq": partial(meaning, range=LEVELS, full_reference=False, percentiles=PERCENTILES)}


def record(path, score, error=None):
    return Record(Job(path), {} if score is None else {"triq": Score(score)}, error)


def scene(number):
    """A glance of a photograph of scene `number`, far from that of others."""
    rng = np.random.default_rng(number)
    return Glance(40, 30, None, np.repeat(rng.integers(0, 2, (1, 64)).astype(bool), 6, axis=0))


def ranked(scores, scenes, grouping="similar", models=(TRIQ,)):
    records = [record(path, score, None if score is not None else f"{path}: damaged") for path, score in scores.items()]
    glances = {path: scene(number) for path, number in scenes.items()}
    return rank(records, glances, models, MEANINGS, grouping)


SCORES = {"x/a": 2.0, "x/b": 4.5, "x/c": None, "y/d": 3.0, "y/e": 4.0}


def test_the_best_is_first_and_what_failed_has_no_place():
    found = ranked(SCORES, {})
    assert [(p.path, p.place) for p in found.photographs] == [
        ("x/b", 1), ("y/e", 2), ("y/d", 3), ("x/a", 4), ("x/c", None),
    ]  # fmt: skip
    assert found.photographs[0].words == {"triq": "excellent"} and found.photographs[0].percentiles["triq"] == 87.5
    assert found.percentile_of == {"triq": "PHOTOS"} and found.photographs[-1].error == "x/c: damaged"


def test_groups_are_numbered_by_their_best_which_alone_is_kept():
    found = ranked(SCORES, {"x/a": 1, "y/e": 1, "x/b": 2, "y/d": 3})
    assert {p.path: p.group for p in found.photographs} == {"x/a": 1, "y/e": 1, "x/b": None, "y/d": None, "x/c": None}
    assert [p.path for p in found.keepers] == ["x/b", "y/e", "y/d"]
    assert [p.path for p in found.groups[1]] == ["y/e", "x/a"]


@pytest.mark.parametrize(("grouping", "keepers"), [("folder", ["x/b", "y/e"]), ("none", ["x/b", "y/e", "y/d", "x/a"])])
def test_folders_are_groups_where_that_is_asked_for(grouping, keepers):
    assert [p.path for p in ranked(SCORES, dict.fromkeys(SCORES, 1), grouping).keepers] == keepers


def test_frames_of_one_clip_are_a_group_of_folders():
    found = ranked({"x/clip.mp4#1": 2.0, "x/clip.mp4#9": 3.0, "x/a": 1.5, "x/b": 1.2}, {}, "folder")
    assert [[p.path for p in group] for group in found.groups.values()] == [
        ["x/clip.mp4#9", "x/clip.mp4#1"],
        ["x/a", "x/b"],
    ]


def test_equal_scores_share_a_place_and_the_first_given_is_kept():
    found = ranked({"a": 3.0, "b": 3.0, "c": 2.0}, {"a": 1, "b": 1})
    assert [p.place for p in found.photographs] == [1, 1, 3]
    assert [p.path for p in found.keepers] == ["a", "c"]


def test_of_a_model_whose_lower_scores_are_better_the_lowest_is_first():
    lower = ModelInfo("triq", ScoreRange(0, 100, higher_is_better=False))
    found = ranked({"a": 3.0, "b": 1.0, "c": None}, {}, models=(lower,))
    assert [p.path for p in found.photographs] == ["b", "a", "c"]


def test_lists_are_cut_from_the_top_or_from_the_bottom():
    found = ranked(SCORES, {"x/a": 1, "y/e": 1})
    assert [p.path for p in found.listed(top=2)] == ["x/b", "y/e"]
    assert [p.path for p in found.listed(worst=2)] == ["x/a", "y/d"]
    assert [p.path for p in found.listed(worst=2, keepers=True)] == ["y/d", "y/e"]
    assert len(found.listed(top=99)) == 5


def test_the_table_and_its_answer_say_what_to_keep():
    found = ranked(SCORES, {"x/a": 1, "y/e": 1})
    grid = ranking_grid(found, found.listed())
    assert [row[-1].text for row in grid.rows] == ["", "best 1", "", "1", ""]
    assert grid.rows[-1][2].text == "–"
    assert grid.title == "4 photographs by triq, 1 not scored"
    assert ranking_grid(found, found.listed(worst=2)).title == "2 of 4 photographs by triq, 1 not scored"
    assert answer(found) == [
        "Keep 3 of 4 photographs: the best of 1 group of 2 that show the same, and 2 that stand alone",
        "Best: x/b with triq 4.500, excellent, better than 87 % of PHOTOS",
    ]
    assert answer(ranked({"a": None}, {})) == ["No photograph could be scored"]

"""What a person and a script are told of evidence."""

import json

import numpy as np
import pytest

from iqa_cli.explaining.explanation import NOTHING, explanation, place, words_of

FLAWS = ("blur", "noise", "cast")

NOWHERE = np.full((3, 4, 4), -4.0)


def logit(probability):
    return np.log(probability / (1 - np.array(probability)))


def test_flaws_that_are_probable_enough_are_told_the_most_probable_first():
    told = explanation(FLAWS, logit([0.75, 0.65, 0.92]), NOWHERE)
    assert told["told"] == ["cast", "blur"]
    assert told["words"] == "cast 92 %; blur 75 %"
    assert told["probabilities"] == {"blur": 0.75, "noise": 0.65, "cast": 0.92}
    assert told["where"].keys() == {"blur", "cast"}


def test_where_no_flaw_is_probable_nothing_is_known():
    told = explanation(FLAWS, logit([0.69, 0.1, 0.3]), NOWHERE)
    assert (told["told"], told["words"], told["where"]) == ([], NOTHING, {})


def test_probabilities_stay_between_0_and_1_and_nobody_is_told_a_hundred_percent():
    told = explanation(FLAWS, np.array([1e6, -1e6, 0.0]), NOWHERE)
    assert told["probabilities"] == {"blur": 1.0, "noise": 0.0, "cast": 0.5}
    assert told["words"] == "blur 99 %"


def test_cells_of_the_flaws_that_are_told_come_along_as_json_has_them():
    cells = np.stack([np.full((2, 3), 4.0), np.zeros((2, 3)), np.zeros((2, 3))])
    told = explanation(FLAWS, logit([0.92, 0.1, 0.1]), cells)
    assert told["where"] == {"blur": [[0.98] * 3] * 2}
    assert told["words"] == "blur 92 % (everywhere)"
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (slice(0, 3), slice(0, 3), "top left"),
        (slice(7, 10), slice(None), "bottom"),
        (slice(None), slice(8, 10), "right"),
        (slice(4, 6), slice(4, 6), "middle"),
        (slice(0, 9), slice(0, 9), "everywhere"),
        (slice(0, 0), slice(0, 0), ""),
    ],
)
def test_the_place_of_cells_has_a_name(rows, columns, words):
    cells = np.full((10, 10), 0.1)
    cells[rows, columns] = 0.9
    assert place(cells) == words


def test_cells_that_show_a_flaw_less_clearly_than_others_do_not_count():
    cells = np.full((10, 10), 0.75)
    cells[:, 5:] = 0.99
    assert place(cells) == "right"
    assert place(np.full((10, 10), 0.75)) == "everywhere"


def test_details_without_an_explanation_have_no_words():
    assert words_of({"label": "good"}) is None

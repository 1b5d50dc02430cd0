"""Scores of distortions beyond the level that people were asked about, and shares that differ by type."""

import math

import numpy as np
import pytest

from iqa_cli.distortions import DISTORTIONS, expected_score, expected_std, parameter_at
from iqa_cli.training.cells import cell_score, cell_spread, goes_beyond, highest_level, shares_by_type

BEYOND = np.linspace(5, 8, 13)


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_up_to_the_fifth_level_scores_are_the_published_ones(kind):
    for level in (1, 2.5, 4, 5):
        assert cell_score(kind, level) == expected_score(kind, level)
        assert cell_spread(kind, level) == expected_std(kind, level)


@pytest.mark.parametrize("kind", list(filter(goes_beyond, DISTORTIONS)))
def test_beyond_it_scores_go_on_to_fall_and_never_reach_one(kind):
    scores = np.array([cell_score(kind, level) for level in BEYOND])
    parameters = [parameter_at(kind, level) for level in BEYOND]
    moved = np.abs(np.diff(parameters)) > 0  # until the parameter's end
    assert moved.sum() >= 4 and (np.diff(scores)[moved] < 0).all() and (scores > 1).all()
    assert scores[0] == expected_score(kind, 5)
    assert cell_spread(kind, 8) < cell_spread(kind, 5)


def test_what_is_left_above_one_falls_with_a_power_of_the_parameter():
    # White noise: twice the variance from level 4 to 5 leaves 1.3007 of 1.7096; twice again leaves as large a share.
    level = 5 + 3 * math.log(2) / math.log(200)  # variance 0.01 at level 5, 2 at level 8
    assert parameter_at(11, level) == pytest.approx(0.02)
    assert cell_score(11, level) == pytest.approx(1 + 1.3007 * 1.3007 / 1.7096, abs=1e-4)


@pytest.mark.parametrize("kind", [5, 7, 18, 25])
def test_types_whose_scores_do_not_fall_with_a_positive_parameter_end_at_the_fifth(kind):
    assert highest_level(kind) == 5 and cell_score(kind, 8) == expected_score(kind, 5)


@pytest.mark.parametrize(
    ("value", "shares"),
    [
        (0.6, {1: 0.6, 25: 0.6}),
        (1, {1: 1.0, 10: 1.0}),
        ([0.1] * 24 + [0.5], {1: 0.1, 25: 0.5}),
        ({"others": 0.5, "JPEG": 0, "contrast change": 0.2}, {1: 0.5, 10: 0.0, 25: 0.2}),
        ({"jitter": 0.3}, {19: 0.3, 1: 0.0}),
        ("kadid10k", {14: 0.65, 9: 0.64, 10: 0.0, 20: 0.0}),
    ],
)
def test_shares_are_one_for_all_a_list_a_table_by_name_or_the_published_ones(value, shares):
    found = shares_by_type(value)
    assert len(found) == 25 and {kind: found[kind - 1] for kind in shares} == pytest.approx(shares)
    assert shares_by_type(found) == found


@pytest.mark.parametrize("nothing", [0, 0.0, (), [0] * 25, {"others": 0}])
def test_no_share_at_all_is_none(nothing):
    assert shares_by_type(nothing) == ()


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("tid2013", "'tid2013' names no shares by type: there is kadid10k"),
        ({"blur": 0.5}, "no distortion is called 'blur'"),
        ([0.5] * 24, "25 numbers from 0"),
        (-0.5, "25 numbers from 0"),
        ({"others": "half"}, "25 numbers from 0"),
    ],
)
def test_other_shares_are_refused(value, complaint):
    with pytest.raises(ValueError, match=complaint):
        shares_by_type(value)

"""Comparisons of made-up scores: directions, infinities, ties, what counts and what is told."""

from math import inf, isnan, nan

import numpy as np
import pytest
from compared import DISTANCE, LPIPS, PSNR, comparison

from iqa_cli.comparison import infinite
from iqa_cli.comparison.method_grids import image_grids, summary_grids


def cells(grid, name):
    place = [column.name for column in grid.columns].index(name)
    return [row[place] for row in grid.rows]


def of(found, model, name):
    return [getattr(row, name) for row in found.summaries[model]]


def test_of_a_distance_the_lowest_is_best_everywhere():
    table = np.array([[0.1, 0.2, 0.6], [0.3, 0.1, 0.9], [0.5, 0.4, 0.7]])
    found = comparison({"distance": table}, [DISTANCE])
    assert of(found, "distance", "rank") == [1, 2, 3]
    assert of(found, "distance", "wins") == [2, 1, 0]
    assert of(found, "distance", "difference") == pytest.approx(table.mean(axis=1) - table[0].mean())
    (details, *_) = summary_grids(found)
    assert [cell.mark for cell in cells(details, "distance")] == ["best", "second", ""]
    _, worst = image_grids(found, 1)
    assert [cell.text for cell in cells(worst, "Image")] == ["i2", "i2", "i2"]


def test_models_of_opposite_direction_agree_when_they_order_alike():
    table = np.array([[30.0, 31], [28, 29], [26, 20]])
    found = comparison({"psnr": table, "distance": 1 / table}, [PSNR, DISTANCE])
    assert found.agreement.srocc[0, 1] == pytest.approx(1)
    assert found.same_best == {("psnr", "distance"): 1.0}


def test_an_infinite_distance_is_no_score():
    found = comparison({"distance": np.array([[0.1, inf], [0.2, 0.3]])}, [DISTANCE])
    assert found.images == ("i0",) and "i1" in found.notes[-1]


def test_images_differ_most_where_only_some_are_infinite_and_not_at_all_where_all_are():
    table = np.array([[50, inf, inf, 40.0], [20, inf, 30, 10]])
    np.testing.assert_array_equal(infinite.spread(table), [30, 0, inf, 30])
    differing, _ = image_grids(comparison({"psnr": table}, [PSNR]), 4)
    assert [cell.text for cell in cells(differing, "Image")] == ["i2", "i0", "i3", "i1"]
    assert [cell.text for cell in cells(differing, "Spread")] == ["∞", "30.00", "30.00", "0.00"]


def test_means_say_how_many_images_they_are_of():
    found = comparison({"psnr": np.array([[inf, inf, inf], [30, inf, 31], [28, 29, 27.0]])}, [PSNR])
    (details, *_) = summary_grids(found)
    assert details.caption.startswith("Means over 2 images")
    assert of(found, "psnr", "rank") == [1, 2, 3] and of(found, "psnr", "mean") == [inf, 30.5, 27.5]
    assert any(note.startswith("a: equal to the reference on every image") for note in found.notes)


def test_when_every_image_is_infinite_for_some_method_there_are_wins_but_no_means():
    found = comparison({"psnr": np.array([[inf, 30], [30, inf]])}, [PSNR])
    assert all(isnan(mean) for mean in of(found, "psnr", "mean")) and of(found, "psnr", "wins") == [1, 1]


def test_candidates_equal_as_shown_share_a_rank():
    (grid, *_) = summary_grids(comparison({"psnr": np.array([[30.001], [30.002], [29]])}, [PSNR], single=True))
    assert [cell.aside for cell in cells(grid, "psnr")] == ["#1", "#1", "#3"]


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ([0.0512, 0.0549, 0.09], ["0.0512", "0.0549", "0.0900"]),
        ([0.5, 1.25, 3.5], ["0.500", "1.250", "3.500"]),
        ([9, 30.0, 41], ["9.00", "30.00", "41.00"]),
    ],
)
def test_scores_of_a_range_without_an_end_have_decimals_by_their_size(scores, shown):
    (grid, *_) = summary_grids(comparison({"lpips": np.array([scores]).T}, [LPIPS], single=True))
    assert [cell.text for cell in cells(grid, "lpips")] == shown
    assert [cell.aside for cell in cells(grid, "lpips")] == ["#1", "#2", "#3"]
    assert [cell.mark for cell in cells(grid, "lpips")] == ["best", "second", ""]


def test_a_candidate_without_a_score_stands_last_and_is_no_part_of_the_agreement():
    tables = {"psnr": np.array([[nan], [20.0], [30]]), "distance": np.array([[nan], [0.2], [0.1]])}
    found = comparison(tables, [PSNR, DISTANCE], single=True)
    (grid,) = summary_grids(found)
    assert [cell.text for cell in cells(grid, "Candidate")] == ["c", "b", "a"]
    assert found.agreement is None  # two are left


def test_more_images_narrow_the_interval_and_sharpen_the_evidence():
    rng = np.random.default_rng(0)
    table = np.array([[30.0], [29.5]]) + rng.normal(0, 1, (2, 200))
    few, many = (comparison({"psnr": table[:, :n]}, [PSNR]).summaries["psnr"] for n in (5, 200))
    assert many[0].high - many[0].low < few[0].high - few[0].low
    assert many[1].p_holm < 0.01 < few[1].p_holm

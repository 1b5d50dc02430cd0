"""Different and similar pairs, better and worse images: against brute force, simulation and SciPy's tests."""

import numpy as np
import pytest
from scipy import stats

from iqa_cli.statistics import krasula as module
from iqa_cli.statistics.delong import area_interval, mirrored_areas, placements, roc_areas
from iqa_cli.statistics.krasula import krasula, significance, some_pairs


def cases(m, n, models=2, seed=0):
    rng = np.random.default_rng(seed)
    shared_m, shared_n = rng.normal(size=m), rng.normal(size=n)
    positive = 1 + shared_m + 0.7 * rng.normal(size=(models, m))
    return positive.round(1), (shared_n + 0.7 * rng.normal(size=(models, n))).round(1)  # rounded: with ties


def brute_force(positive, negative):
    return np.mean([(p > n) + 0.5 * (p == n) for p in positive for n in negative])


def opinions(images=40, seed=0, raters=20):
    rng = np.random.default_rng(seed)
    mos = rng.uniform(1, 5, images)
    scores = {"good": mos + rng.normal(0, 0.3, images), "poor": mos + rng.normal(0, 2, images)}
    return scores, mos, rng.uniform(0.5, 1, images), np.full(images, float(raters))


def test_the_area_is_the_share_of_pairs_of_cases_in_order_with_half_for_ties():
    positive, negative = cases(30, 20)
    areas, _ = roc_areas(positive, negative)
    assert areas == pytest.approx([brute_force(*model) for model in zip(positive, negative, strict=True)])
    expected = [stats.mannwhitneyu(p, n).statistic / 600 for p, n in zip(positive, negative, strict=True)]
    assert areas == pytest.approx(expected)


def test_the_covariance_is_the_sum_over_placements_that_delong_and_others_give():
    positive, negative = cases(25, 35, models=3)
    kernel = (positive[:, :, None] > negative[:, None, :]) + 0.5 * (positive[:, :, None] == negative[:, None, :])
    expected = np.cov(kernel.mean(axis=2)) / 25 + np.cov(kernel.mean(axis=1)) / 35
    _, covariance = roc_areas(positive, negative)
    assert covariance == pytest.approx(expected)
    above, below = placements(positive, negative)
    assert above == pytest.approx(kernel.mean(axis=2))
    assert below == pytest.approx(kernel.mean(axis=1))


def test_the_standard_error_is_that_of_new_samples():
    areas = np.array([roc_areas(*cases(60, 40, seed=seed))[0] for seed in range(600)])
    _, covariance = roc_areas(*cases(60, 40, seed=1000))
    assert np.sqrt(covariance[0, 0]) == pytest.approx(areas[:, 0].std(), rel=0.25)
    assert np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) == pytest.approx(
        (areas[:, 0] - areas[:, 1]).std(), rel=0.3
    )


def test_cases_that_stand_on_both_sides_have_the_standard_error_of_new_samples():
    draws = [np.random.default_rng(seed).normal(0.4, 1, (1, 80)) for seed in range(600)]
    areas = np.array([mirrored_areas(draw)[0][0] for draw in draws])
    found = np.mean([np.sqrt(mirrored_areas(draw)[1][0, 0]) for draw in draws[:50]])
    assert found == pytest.approx(areas.std(), rel=0.1)


def test_an_interval_stays_within_0_and_1():
    assert area_interval(0.99, 0.01) == pytest.approx((0.794, 1), abs=1e-3)
    assert area_interval(0.5, 0.0) == (0.5, 0.5)
    assert np.isnan(area_interval(0.5, np.nan)).all()


def test_pairs_are_significant_by_the_z_of_their_standard_errors():
    mos, std, raters = np.array([3.0, 3.5, 3.05]), np.array([1.0, 0.8, 1.0]), np.array([20.0, 30.0, 20.0])
    first, second = np.array([0, 1, 0]), np.array([1, 0, 2])
    z = 0.5 / np.sqrt(1 / 20 + 0.64 / 30)
    assert z > stats.norm.ppf(0.95)
    assert significance(mos, std, raters, first, second).tolist() == [-1, 1, 0]
    # A little less and it is not.
    mos[1] = 3 + 0.999 * stats.norm.ppf(0.95) * np.sqrt(1 / 20 + 0.64 / 30)
    assert significance(mos, std, raters, first, second).tolist() == [0, 0, 0]


def test_images_that_all_rated_alike_differ_by_the_least_difference():
    none = np.zeros(2)
    assert significance(np.array([3.0, 3.1]), none, np.full(2, 5.0), np.array([0]), np.array([1])).tolist() == [-1]


def test_the_analysis_is_that_of_its_parts_by_brute_force():
    scores, mos, std, raters = opinions()
    found = krasula(scores, mos, std, raters)
    pairs = [(i, j) for i in range(40) for j in range(i + 1, 40)]
    z = [(mos[i] - mos[j]) / np.sqrt(std[i] ** 2 / raters[i] + std[j] ** 2 / raters[j]) for i, j in pairs]
    signs = [int(np.sign(value)) if abs(value) >= stats.norm.ppf(0.95) else 0 for value in z]
    assert (found.pairs, found.different) == (780, sum(sign != 0 for sign in signs))
    for model, column in scores.items():
        gaps = [column[i] - column[j] for i, j in pairs]
        different = [abs(gap) for gap, sign in zip(gaps, signs, strict=True) if sign]
        similar = [abs(gap) for gap, sign in zip(gaps, signs, strict=True) if not sign]
        right = [gap * sign for gap, sign in zip(gaps, signs, strict=True) if sign]
        values = found.rows[model].values
        assert values["auc_different"] == pytest.approx(brute_force(different, similar))
        assert values["auc_better"] == pytest.approx(brute_force(right, [-gap for gap in right]))
        assert values["c0"] == pytest.approx(np.mean([gap > 0 for gap in right]))


def test_a_better_model_is_better_in_all_and_significantly():
    found = krasula(*opinions())
    assert [matrix.statistic for matrix in found.differences] == ["auc_different", "auc_better", "c0"]
    for matrix in found.differences:
        (pair,) = matrix.pairs
        assert (pair.first, pair.second) == ("good", "poor")
        assert pair.low > 0
        assert pair.p < 0.001


def test_the_same_scores_twice_do_not_differ_and_an_inverted_model_is_below_one_half():
    scores, *people = opinions()
    found = krasula({"one": scores["good"], "same": scores["good"], "inverted": -scores["good"]}, *people)
    assert all(matrix.pairs[0].p == 1 and matrix.pairs[0].difference == 0 for matrix in found.differences)
    assert found.rows["inverted"].values["auc_better"] < 0.1
    assert found.rows["inverted"].values["auc_different"] == found.rows["one"].values["auc_different"]


def test_of_a_single_different_pair_no_difference_is_certain():
    mos, std, raters = np.array([1.0, 2.0, 4.0]), np.array([0.1, 3.0, 3.0]), np.array([20.0, 3.0, 20.0])
    found = krasula({"right": mos, "constant": np.ones(3)}, mos, std, raters)
    assert (found.pairs, found.different) == (3, 1)
    assert all(np.isnan(found.rows["right"].intervals[name]).all() for name in ("auc_different", "auc_better"))
    of_different, of_better, c0 = (matrix.pairs[0] for matrix in found.differences)
    for pair in (of_different, of_better):
        assert pair.difference == 0.5 and np.isnan([pair.low, pair.high, pair.p, pair.p_holm]).all()
    assert (c0.difference, c0.p) == (1, 1) and np.isnan([c0.low, c0.high]).all()


def test_where_all_images_are_alike_or_all_differ_there_is_no_analysis():
    scores, mos, std, raters = opinions()
    assert krasula(scores, np.full(40, 3.0), std, raters) is None
    assert krasula(scores, mos, np.zeros(40), raters) is None


def test_of_very_many_pairs_a_random_part_is_taken_each_once(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 500)
    first, second, everything = some_pairs(60, seed=0)
    assert (len(first), everything) == (500, 60 * 59 // 2)
    assert (first < second).all() and first.min() >= 0 and second.max() < 60
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == 500
    assert len(np.unique(some_pairs(32, seed=0)[0])) == 31  # all of them


def test_every_pair_has_a_number_of_its_own(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 434)
    first, second, everything = some_pairs(30, seed=1)
    assert everything == 435
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == 434

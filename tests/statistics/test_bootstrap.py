"""The bootstrap over references, and the differences between models that rest on it."""

import numpy as np
import pytest
from reports import clustered

from iqa_cli.errors import UsageError
from iqa_cli.statistics.agreement import summarise
from iqa_cli.statistics.bootstrap import draw_resamples, holm, interval, p_value
from iqa_cli.statistics.correlation import krocc, plcc, srocc
from iqa_cli.statistics.differences import compare_models, enough_resamples
from iqa_cli.statistics.resampled import resampled_krocc, resampled_mean, resampled_plcc, resampled_srocc


@pytest.mark.parametrize("with_groups", [True, False], ids=["by reference", "by image"])
def test_every_resampled_statistic_is_that_of_the_resampled_images(with_groups):
    rng = np.random.default_rng(4)
    group = rng.integers(7, size=60) if with_groups else np.arange(60)
    predicted, mos = rng.integers(9, size=60) * 1.5, rng.integers(6, size=60) / 7  # many ties
    draws = draw_resamples(group if with_groups else None, 60, resamples=20, seed=5)
    images = [np.repeat(np.arange(60), counts[draws.member]) for counts in draws.counts]
    pairs = [(resampled_srocc, srocc), (resampled_krocc, krocc), (resampled_plcc, plcc)]
    for resampled, once in pairs:
        assert resampled(predicted, mos, draws) == pytest.approx([once(predicted[i], mos[i]) for i in images])
    assert resampled_mean(mos, draws) == pytest.approx([mos[i].mean() for i in images])


def test_a_draw_takes_whole_references_as_many_as_there_are_and_is_repeatable():
    draws = draw_resamples(["b", "a", "b", "c"], 4, resamples=50, seed=1)
    assert draws.counts.shape == (50, 3)
    assert (draws.counts.sum(axis=1) == 3).all()
    assert draws.member.tolist() == [1, 0, 1, 2]
    assert (draws.counts == draw_resamples(["b", "a", "b", "c"], 4, resamples=50, seed=1).counts).all()
    assert (draws.counts != draw_resamples(["b", "a", "b", "c"], 4, resamples=50, seed=2).counts).any()


def test_95_percent_intervals_hold_the_true_correlation_in_about_95_percent_of_datasets():
    rho, datasets = 0.8, 200
    truth = {resampled_srocc: 6 / np.pi * np.arcsin(rho / 2), resampled_plcc: rho}  # of a bivariate normal
    held = dict.fromkeys(truth, 0)
    for seed in range(datasets):
        predicted, mos, group = clustered(50, 6, rho, seed)
        draws = draw_resamples(group, group.size, resamples=300, seed=seed)
        for resampled, value in truth.items():
            low, high = interval(resampled(predicted, mos, draws), 50)
            held[resampled] += low <= value <= high
    assert all(0.89 <= count / datasets <= 0.99 for count in held.values()), held


def test_duplicating_every_image_within_its_reference_does_not_shrink_the_interval_but_fools_one_by_image():
    predicted, mos, group = clustered(40, 3, 0.7, seed=1)
    many = [np.tile(values, 4) for values in (predicted, mos, group)]

    def width(predicted, mos, group):
        low, high = interval(resampled_srocc(predicted, mos, draw_resamples(group, len(mos), 1000)), 40)
        return high - low

    assert width(*many) == pytest.approx(width(predicted, mos, group), rel=1e-3)
    assert width(many[0], many[1], None) < 0.6 * width(predicted, mos, None)


def test_the_interval_of_a_shuffled_predictor_holds_0():
    predicted, mos, _ = clustered(40, 10, 0.9, seed=2)
    shuffled = summarise(np.random.default_rng(0).permutation(predicted), mos, resamples=500).overall
    for name in ("srocc", "krocc", "plcc"):
        low, high = getattr(shuffled.interval, name)
        assert low < 0 < high


def test_one_reference_gives_no_interval_and_so_do_draws_mostly_without_a_value():
    assert np.isnan(interval([0.5] * 100, clusters=1)).all()
    assert np.isnan(interval([0.5] * 90 + [np.nan] * 10, clusters=9)).all()
    assert interval([0.5] * 99 + [np.nan], clusters=9) == (0.5, 0.5)


def test_holm_is_what_is_computed_by_hand():
    # Sorted .01 .02 .03 .04 times 4 3 2 1 is .04 .06 .06 .04, and a later one is never below an earlier.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, np.nan, 0.7]) == pytest.approx([1, np.nan, 1], nan_ok=True)
    assert holm([]).size == 0


def test_a_p_value_counts_the_rarer_side_twice_and_the_data_as_one_draw():
    assert p_value([1.0] * 97 + [-1.0] * 2) == pytest.approx(2 * 3 / 100)
    assert p_value([1.0] * 99) == pytest.approx(2 / 100)
    assert p_value([0.0] * 99) == 1


def test_identical_models_do_not_differ_and_a_clearly_better_one_does():
    predicted, mos, group = clustered(30, 10, 0.9, seed=6)
    worse = predicted + np.random.default_rng(0).normal(size=mos.size)
    found = compare_models({"a": predicted, "twin": predicted, "worse": worse}, mos, group)
    assert list(found) == ["srocc", "plcc"]
    for name, correlation in (("srocc", srocc), ("plcc", plcc)):
        matrix = found[name]
        assert matrix.models == ("a", "twin", "worse")
        assert matrix.difference[0, 2] == correlation(predicted, mos) - correlation(worse, mos)
        assert (matrix.difference == -matrix.difference.T).all()
        assert (matrix.p[0, 1], matrix.p_holm[0, 1], matrix.difference[0, 1]) == (1, 1, 0)
        assert 0 < matrix.low[0, 2] < matrix.difference[0, 2] < matrix.high[0, 2]
        assert matrix.low[2, 0] == -matrix.high[0, 2]
        assert matrix.p[0, 2] < matrix.p_holm[0, 2] < 0.05
        assert [(pair.first, pair.second) for pair in matrix.pairs] == [
            ("a", "twin"),
            ("a", "worse"),
            ("twin", "worse"),
        ]


def test_a_model_of_the_same_order_has_the_same_srocc_with_certainty():
    predicted, mos, _ = clustered(20, 5, 0.9, seed=7)
    assert compare_models({"a": predicted, "b": np.exp(predicted)}, mos)["srocc"].p[0, 1] == 1


def test_pairing_finds_a_difference_that_two_separate_intervals_would_miss():
    predicted, mos, group = clustered(40, 10, 0.8, seed=8)
    nearly = predicted + np.random.default_rng(1).normal(scale=0.4, size=mos.size)
    draws = draw_resamples(group, mos.size)
    alone = [interval(resampled_srocc(x, mos, draws), 40) for x in (predicted, nearly)]
    assert alone[0][0] < alone[1][1]  # they overlap
    assert compare_models({"a": predicted, "b": nearly}, mos, group)["srocc"].p[0, 1] < 0.05


def test_equally_good_models_are_called_different_in_about_5_percent_of_datasets():
    found = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        mos = rng.normal(size=120)
        a, b = (mos + rng.normal(size=120) for _ in range(2))
        found += compare_models({"a": a, "b": b}, mos, np.arange(120) // 3, resamples=300)["plcc"].p[0, 1] < 0.05
    assert found / 150 <= 0.1


def test_a_constant_model_takes_no_part_in_the_correction():
    predicted, mos, group = clustered(30, 5, 0.9, seed=9)
    found = compare_models({"a": predicted, "b": -predicted, "flat": np.ones(mos.size)}, mos, group)["srocc"]
    assert np.isnan(found.p_holm[0, 2])
    assert found.p_holm[0, 1] == found.p[0, 1] < 0.05


def test_there_are_draws_enough_for_the_smallest_p_value_to_survive_the_correction():
    for models in (2, 5, 10, 20):
        pairs = models * (models - 1) // 2
        assert pairs * 2 / (enough_resamples(pairs) + 1) < 0.05


def test_one_reference_is_no_evidence_of_a_difference():
    predicted, mos, _ = clustered(10, 5, 0.9, seed=10)
    found = compare_models({"a": predicted, "b": -predicted}, mos, np.zeros(50))["srocc"].pairs[0]
    assert np.isnan([found.low, found.p, found.p_holm]).all()
    with pytest.raises(UsageError, match="two models or more, there are 1"):
        compare_models({"a": predicted}, mos)

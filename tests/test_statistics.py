"""The statistics behind `iqa eval` and `iqa compare`, against SciPy and against hand-computed cases."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from iqa_cli.errors import UsageError
from iqa_cli.statistics.bootstrap import draw_resamples, holm, interval, p_value
from iqa_cli.statistics.correlation import krocc, mae, plcc, rmse, srocc
from iqa_cli.statistics.differences import compare_models, enough_resamples
from iqa_cli.statistics.logistic import fit_logistic, logistic4, logistic5
from iqa_cli.statistics.measures import measure
from iqa_cli.statistics.methods import rank_agreement, summarise_methods, wins
from iqa_cli.statistics.permutation import sign_flip_p
from iqa_cli.statistics.resampled import resampled_krocc, resampled_mean, resampled_plcc, resampled_srocc
from iqa_cli.statistics.splits import repeated_splits, summarise_splits
from iqa_cli.statistics.summary import summarise

CORRELATIONS = [srocc, krocc, plcc]


def clustered(references: int, versions: int, rho: float, seed: int):
    """Predictions and MOS, each standard normal, of correlation `rho`, that share 30 % of variance in a reference."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(references), versions)
    z = np.sqrt(0.3) * rng.normal(size=(2, references))[:, group] + np.sqrt(0.7) * rng.normal(size=(2, group.size))
    return z[0], rho * z[0] + np.sqrt(1 - rho**2) * z[1], group


# Correlations


def test_correlations_with_ties_are_what_is_computed_by_hand():
    predicted, mos = [1, 2, 2, 3], [1, 2, 3, 3]
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3.5, 3.5: covariance 3.75, variances 4.5 and 4.5.
    assert srocc(predicted, mos) == pytest.approx(3.75 / 4.5)
    # Four concordant pairs, one tied on either side: 4 / sqrt(5 · 5).
    assert krocc(predicted, mos) == pytest.approx(4 / 5)
    # Deviations −1, 0, 0, 1 and −1.25, −0.25, 0.75, 0.75: 2 / sqrt(2 · 2.75).
    assert plcc(predicted, mos) == pytest.approx(2 / np.sqrt(5.5))


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_an_inverted_model_shows_negative(correlation):
    mos = np.array([1.0, 2.5, 3.0, 4.5, 5.0])
    assert correlation(-mos, mos) == pytest.approx(-1)


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(
    ("predicted", "mos"),
    [([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 2, 3, 4], [2, 2, 2, 2]), ([1, 2], [1, 2]), ([], [])],
    ids=["constant predictions", "constant labels", "two images", "no image"],
)
def test_a_correlation_that_is_not_defined_is_nan_without_a_warning(correlation, predicted, mos):
    assert np.isnan(correlation(predicted, mos))


def test_predictions_that_differ_by_rounding_only_have_a_rank_but_no_line():
    predicted = 1e9 + np.arange(4) * 1.2e-7
    assert np.isnan(plcc(predicted, [1, 2, 3, 4]))


def test_errors_are_in_mos_units():
    assert rmse([1, 2, 3], [1, 2, 6]) == pytest.approx(np.sqrt(3))
    assert mae([1, 2, 3], [1, 2, 6]) == pytest.approx(1)


def test_bad_input_is_told_in_one_line():
    with pytest.raises(UsageError, match="3 predictions cannot be compared with 2 labels"):
        srocc([1, 2, 3], [1, 2])
    with pytest.raises(UsageError, match=r"mos has 2 of 3 values .* first at position 1"):
        srocc([1, 2, 3], [1, np.nan, np.inf])
    with pytest.raises(UsageError, match="one column"):
        plcc([[1, 2]], [1, 2])
    with pytest.raises(UsageError, match="2 group labels cannot belong to 3 images"):
        summarise([1, 2, 3], [1, 2, 3], group=["a", "b"])


# The logistic


@pytest.mark.parametrize(("top", "bottom"), [(4.5, 1.2), (1.2, 4.5)], ids=["increasing", "decreasing"])
@pytest.mark.parametrize("unit", [1.0, 1000.0, 0.001])
def test_the_4_parameter_logistic_recovers_known_parameters_from_noisy_data(top, bottom, unit):
    rng = np.random.default_rng(1)
    x = rng.uniform(20, 50, 2000)
    y = logistic4(x, top, bottom, 34, 3) + rng.normal(0, 0.1, x.size)
    fit = fit_logistic(x * unit, y)
    assert (fit.function, fit.converged, fit.message, fit.decreasing) == ("logistic4", True, "", top < bottom)
    assert fit.parameters == pytest.approx((top, bottom, 34 * unit, 3 * unit), rel=0.03)


@pytest.mark.parametrize("sign", [1, -1], ids=["increasing", "decreasing"])
def test_the_5_parameter_logistic_recovers_the_curve_from_noisy_data(sign):
    rng = np.random.default_rng(2)
    x = rng.uniform(20, 50, 2000)
    truth = logistic5(x, 2 * sign, 0.4, 34, 0.02 * sign, 2.5)
    fit = fit_logistic(x, truth + rng.normal(0, 0.1, x.size), parameters=5)
    assert (fit.function, fit.converged, fit.decreasing) == ("logistic5", True, sign < 0)
    assert fit(x) == pytest.approx(truth, abs=0.03)


def test_the_residual_of_the_fit_is_the_noise_and_the_correlation_after_it_is_the_higher():
    rng = np.random.default_rng(3)
    x = rng.uniform(20, 50, 3000)
    y = logistic4(x, 1800, 900, 34, 2) + rng.normal(0, 30, x.size)  # the scale of PIPAL
    found = measure(x, y, fit_logistic(x, y))
    assert found.rmse == pytest.approx(30, rel=0.03)
    assert found.mae == pytest.approx(30 * np.sqrt(2 / np.pi), rel=0.03)
    assert found.plcc_fitted > found.plcc + 0.01
    assert found.main == found.srocc + found.plcc


def test_a_step_is_fitted_without_overflow():
    x = np.linspace(-1, 1, 101)
    fit = fit_logistic(x, np.where(x > 0.005, 5.0, 1.0))
    assert fit(np.array([-1e6, 1e6])) == pytest.approx([1, 5], abs=0.01)


@pytest.mark.parametrize("parameters", [4, 5])
def test_a_fit_that_fails_gives_the_straight_line_and_says_so(parameters):
    x, y = np.array([1.0, 1, 2, 2, 3, 3]), np.array([1.0, 2, 2, 4, 3, 5])
    fit = fit_logistic(x, y, parameters)
    assert (fit.function, fit.converged) == ("linear", False)
    assert f"needs more than {parameters} distinct predictions, there are 3" in fit.message
    assert "straight line" in fit.message
    line = stats.linregress(x, y)
    assert fit.parameters == pytest.approx((line.slope, line.intercept))


def test_a_fit_that_does_not_converge_says_so():
    x, y, _ = clustered(20, 5, 0.5, seed=0)
    fit = fit_logistic(x, y, max_evaluations=2)
    assert (fit.function, fit.converged) == ("linear", False)
    assert "did not converge in 2 evaluations" in fit.message


def test_exactly_straight_data_come_out_straight():
    x = np.linspace(0, 10, 50)
    for parameters in (4, 5):
        assert fit_logistic(x, 3 - 0.2 * x, parameters)(x) == pytest.approx(3 - 0.2 * x, abs=0.01)


def test_constant_predictions_are_fitted_by_the_mean_and_correlate_with_nothing():
    mos = [1.0, 2, 3, 4, 5, 6]
    fit = fit_logistic([7.0] * 6, mos)
    assert not fit.converged
    assert fit([7.0, 9.0]) == pytest.approx([3.5, 3.5])
    assert np.isnan(measure([7.0] * 6, mos, fit).plcc_fitted)


def test_only_the_two_logistics_can_be_asked_for():
    with pytest.raises(UsageError, match="4 or 5 parameters, not 3"):
        fit_logistic([1, 2, 3], [1, 2, 3], parameters=3)


# The bootstrap


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


# The summary


def test_a_summary_has_a_row_overall_for_each_type_and_for_each_reference():
    predicted, mos, group = clustered(10, 8, 0.9, seed=3)
    kind = np.tile(["jpeg", "blur"], 40)
    summary = summarise(predicted, mos, group, kind, resamples=100)
    assert [(a.subset, a.name, a.images, a.references) for a in (summary.overall, *summary.by_type)] == [
        ("all", "all", 80, 10),
        ("type", "blur", 40, 10),
        ("type", "jpeg", 40, 10),
    ]
    assert [a.name for a in summary.by_group] == [str(k) for k in range(10)]
    blur = kind == "blur"
    assert summary.by_type[0].value.srocc == stats.spearmanr(predicted[blur], mos[blur]).statistic
    assert summary.by_group[2].value.krocc == stats.kendalltau(predicted[16:24], mos[16:24]).statistic
    assert np.isnan(summary.by_group[2].interval.srocc).all()
    row = summary.rows()[0]
    assert len(summary.rows()) == 13
    assert row["srocc_low"] < row["srocc"] < row["srocc_high"]
    assert row["rmse_low"] < row["rmse"] < row["rmse_high"]
    assert (row["fit"], row["fit_message"]) == ("logistic4", "")


def test_an_inverted_model_is_negative_in_every_correlation_and_keeps_its_errors():
    predicted, mos, _ = clustered(20, 10, 0.9, seed=4)
    right, inverted = (summarise(sign * predicted, mos, resamples=200).overall for sign in (1, -1))
    for name in ("srocc", "krocc", "plcc", "plcc_fitted", "main"):
        assert getattr(inverted.value, name) == pytest.approx(-getattr(right.value, name), abs=1e-4)
        assert getattr(inverted.interval, name)[1] < 0
    assert inverted.value.rmse == pytest.approx(right.value.rmse, rel=1e-4)


def test_a_constant_model_has_no_correlation_and_no_warning():
    found = summarise(np.full(30, 0.5), np.linspace(1, 5, 30), resamples=50).overall
    assert all(np.isnan([getattr(found.value, n) for n in ("srocc", "krocc", "plcc", "plcc_fitted", "main")]))
    assert np.isnan(found.interval.srocc).all()
    assert "straight line" in found.row()["fit_message"]


def test_two_images_give_nan_throughout():
    found = summarise([1, 2], [1, 2]).overall
    assert all(np.isnan(value) for value in vars(found.value).values())


# Splits


def test_a_split_keeps_every_reference_on_one_side_and_tests_a_fifth_of_them():
    group = np.repeat([f"I{k:02}" for k in range(25)], 4)
    splits = repeated_splits(group, share=0.2, repeats=6, seed=9)
    for train, test in splits:
        assert not set(group[train]) & set(group[test])
        assert sorted([*train, *test]) == list(range(100))
        assert len(set(group[test])) == 5
    assert len({tuple(split.test) for split in splits}) > 1
    for before, after in zip(splits, repeated_splits(group, share=0.2, repeats=8, seed=9), strict=False):
        assert (before.test == after.test).all()


@pytest.mark.parametrize(("share", "sizes"), [(0.01, (2, 1)), (0.99, (1, 2))])
def test_neither_side_of_a_split_is_empty(share, sizes):
    train, test = repeated_splits(["a", "b", "c"], share=share, repeats=1)[0]
    assert (len(train), len(test)) == sizes


def test_a_split_that_cannot_be_made_is_refused():
    with pytest.raises(UsageError, match="two references or more, there are 1"):
        repeated_splits(["a", "a"])
    with pytest.raises(UsageError, match="between 0 and 1"):
        repeated_splits(["a", "b"], share=1.0)


def test_medians_are_over_the_test_sides():
    predicted, mos, group = clustered(15, 10, 0.8, seed=5)
    splits = repeated_splits(group, repeats=7)
    found = summarise_splits(predicted, mos, splits)
    each = [stats.spearmanr(predicted[test], mos[test]).statistic for _, test in splits]
    assert (found.splits, found.fits_failed) == (7, 0)
    assert found.median.srocc == np.median(each)
    assert found.row()["srocc_std"] == pytest.approx(np.std(each))


# Differences between models


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


# Methods on the same images


def test_wins_of_a_tie_are_shared():
    scores = {"a": [3, 2, 5, 1], "b": [1, 2, 5, 1], "c": [2, 1, 5, 2]}
    assert wins(scores) == pytest.approx({"a": 1 + 1 / 2 + 1 / 3, "b": 1 / 2 + 1 / 3, "c": 1 / 3 + 1})
    assert wins(scores, higher_is_better=False) == pytest.approx(
        {"a": 1 / 3 + 1 / 2, "b": 1 + 1 / 3 + 1 / 2, "c": 4 / 3}
    )


def test_the_sign_flip_test_agrees_with_scipy_where_it_is_exact():
    rng = np.random.default_rng(11)
    rows = rng.normal(0.4, size=(3, 9))
    expected = [stats.permutation_test((row,), np.mean, permutation_type="samples").pvalue for row in rows]
    assert sign_flip_p(rows) == pytest.approx(expected)
    large = rng.normal(0.15, size=(1, 200))
    assert sign_flip_p(large) == pytest.approx(stats.ttest_1samp(large[0], 0).pvalue, abs=0.02)
    assert sign_flip_p(np.zeros((2, 20))) == pytest.approx(1)


@pytest.mark.parametrize("direction", [1, -1], ids=["higher is better", "lower is better"])
def test_methods_are_compared_with_the_best_in_the_direction_of_the_metric(direction):
    rng = np.random.default_rng(12)
    best = rng.normal(30, 3, 80)
    scores = {"poor": best - direction * rng.uniform(0.5, 1.5, 80), "best": best, "twin": best.copy()}
    poor, top, twin = summarise_methods(scores, higher_is_better=direction > 0)
    assert (poor.rank, top.rank, twin.rank) == (3, 1, 1)
    assert (poor.wins, top.wins, twin.wins) == (0, 40, 40)
    assert top.mean == pytest.approx(best.mean())
    half = 1.96 * best.std() / np.sqrt(80)
    assert (top.low, top.high) == pytest.approx((best.mean() - half, best.mean() + half), abs=0.15)
    assert direction * poor.difference_high < 0 > direction * poor.difference_low
    assert poor.p_holm == pytest.approx(2 * poor.p) and poor.p_holm < 0.01
    assert (twin.difference, twin.p_holm) == (0, 1)
    assert np.isnan([top.p, top.p_holm]).all()


def test_three_images_are_never_significant():
    worse, _ = summarise_methods({"worse": [1.0, 1.1, 1.2], "better": [9.0, 9.1, 9.2]})
    assert worse.p == pytest.approx(2 / 2**3)


def test_one_method_alone_is_the_best_of_all():
    (only,) = summarise_methods({"only": [1.0, 2.0, 4.0]})
    assert (only.rank, only.wins, only.difference) == (1, 3, 0)
    with pytest.raises(UsageError, match="counts are: a 2, b 1"):
        summarise_methods({"a": [1, 2], "b": [1]})


def test_agreement_between_metrics_is_their_rank_correlation_over_candidates():
    scores = {"iqt": [0.9, 0.7, 0.7, 0.1], "psnr": [40, 30, 35, 20], "inverted": [-40, -30, -35, -20]}
    found = rank_agreement(scores)
    assert found.metrics == ("iqt", "psnr", "inverted")
    assert found.srocc[0, 1] == found.srocc[1, 0] == pytest.approx(stats.spearmanr(scores["iqt"], scores["psnr"])[0])
    assert found.krocc[1, 2] == pytest.approx(-1)
    assert np.isnan(rank_agreement({"iqt": [1, 2], "psnr": [3, 4]}).srocc).all()


def test_the_statistics_need_no_torch():
    modules = ["summary", "splits", "differences", "methods"]
    code = "".join(f"import iqa_cli.statistics.{m}\n" for m in modules) + "import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

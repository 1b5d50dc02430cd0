"""Restoration methods compared on the same images."""

import numpy as np
import pytest
from scipy import stats

from iqa_cli.errors import UsageError
from iqa_cli.statistics.method_ranking import rank_agreement, sign_flip_p, summarise_methods, wins


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

"""What one model is worth on one dataset, as a whole and over repeated splits."""

import numpy as np
import pytest
from reports import clustered
from scipy import stats

from iqa_cli.errors import UsageError
from iqa_cli.statistics.agreement import summarise
from iqa_cli.statistics.repeated_splits import repeated_splits, summarise_splits


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
    overall = summary.overall
    for name in ("srocc", "rmse"):
        low, high = getattr(overall.interval, name)
        assert low < getattr(overall.value, name) < high
    assert (overall.fit.function, overall.fit.message) == ("logistic4", "")


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
    assert "straight line" in found.fit.message


def test_two_images_give_nan_throughout():
    found = summarise([1, 2], [1, 2]).overall
    assert all(np.isnan(value) for value in vars(found.value).values())


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
    assert found.deviation.srocc == pytest.approx(np.std(each))

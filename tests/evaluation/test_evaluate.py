"""From scores and labels to a report."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from iqa_cli.datasets import Item
from iqa_cli.errors import IqaError, UsageError
from iqa_cli.evaluation.evaluate import evaluate
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.evaluation.rated import (
    Source,
)
from iqa_cli.evaluation.report import Scored, ScoreSet


def scored(scores, mos, references=5):
    items = [
        Item(Path(f"{n}.png"), Path("r.png"), m, type="ab"[n % 2], group=str(n % references)) for n, m in enumerate(mos)
    ]
    return Scored(Source("set", "Set", tuple(items)), scores)


def report_of(scores, mos, higher=None, references=5, **options):
    one = scored(scores, mos, references)
    directions = {model: (higher or {}).get(model, True) for model in scores}
    return evaluate(ScoreSet((one,), directions, {}), EvaluationProtocol(**{"resamples": 50} | options)).datasets[0]


@pytest.fixture
def opinions():
    rng = np.random.default_rng(0)
    mos = rng.uniform(1, 5, 60)
    return mos, mos + rng.normal(0, 0.5, 60)


def test_the_correlations_are_those_of_scipy(opinions):
    mos, scores = opinions
    found = report_of({"iqt": scores}, mos).summaries["iqt"].overall.value
    assert found.srocc == pytest.approx(stats.spearmanr(scores, mos).statistic)
    assert found.krocc == pytest.approx(stats.kendalltau(scores, mos).statistic)
    assert found.plcc == pytest.approx(stats.pearsonr(scores, mos).statistic)


def test_an_inverted_model_shows_negative_and_a_lower_is_better_one_positive(opinions):
    mos, scores = opinions
    report = report_of({"inverted": -scores, "distance": -scores}, mos, {"distance": False})
    found = {model: summary.overall.value for model, summary in report.summaries.items()}
    assert found["inverted"].srocc == pytest.approx(-found["distance"].srocc)
    assert found["distance"].srocc > 0.9
    assert found["inverted"].plcc_fitted < 0
    assert np.array_equal(report.scores["distance"], -scores)


def test_a_constant_model_has_no_correlation_and_breaks_nothing(opinions):
    mos, scores = opinions
    report = report_of({"constant": np.ones(60), "iqt": scores}, mos)
    assert np.isnan(report.summaries["constant"].overall.value.srocc)
    assert any("straight line" in note for note in report.notes)


def test_infinite_and_failed_scores_are_left_out_of_every_model_and_told(opinions):
    mos, scores = opinions
    psnr, ssim = scores.copy(), scores.copy()
    psnr[3], ssim[:2] = np.inf, np.nan
    report = report_of({"psnr": psnr, "ssim": ssim}, mos)
    assert {summary.overall.images for summary in report.summaries.values()} == {57}
    assert "left out: 1 image with an infinite psnr (identical images)" in report.notes
    assert "left out: 2 images without a score of ssim" in report.notes
    assert np.isnan(report.scores["psnr"][3])
    with pytest.raises(IqaError, match="no image has a score of every model"):
        report_of({"psnr": np.full(60, np.nan)}, mos)


def test_types_and_groups_are_rows_only_when_asked_for(opinions):
    mos, scores = opinions
    plain, full = report_of({"iqt": scores}, mos), report_of({"iqt": scores}, mos, by=("type", "group"))
    assert (plain.summaries["iqt"].by_type, plain.summaries["iqt"].by_group) == ((), ())
    assert [row.name for row in full.summaries["iqt"].by_type] == ["a", "b"]
    assert len(full.summaries["iqt"].by_group) == 5


def test_intervals_rest_on_references_and_few_of_them_are_told(opinions):
    mos, scores = opinions
    of_references, of_images = (report_of({"iqt": scores}, mos, references=n) for n in (5, 60))
    assert of_references.summaries["iqt"].overall.references == 5
    assert of_images.summaries["iqt"].overall.references == 60
    assert "5 references only: the intervals are too narrow, differences prove little" in of_references.notes
    assert not of_images.notes


def test_without_resamples_there_are_no_intervals_and_no_differences(opinions):
    mos, scores = opinions
    report = report_of({"iqt": scores, "psnr": scores**2}, mos, resamples=0)
    assert np.isnan(report.summaries["iqt"].overall.interval.srocc).all()
    assert report.differences == ()


def test_splits_by_reference_are_medians_that_a_seed_repeats(opinions):
    mos, scores = opinions
    one, same, other = (report_of({"iqt": scores}, mos, split="reference", seed=s) for s in (1, 1, 2))
    assert one.splits["iqt"].splits == 10
    assert one.splits == same.splits
    assert one.splits != other.splits


def test_several_models_are_compared_in_pairs(opinions):
    mos, scores = opinions
    noise = np.random.default_rng(1).permutation(60)
    report = report_of({"iqt": scores, "psnr": scores + 0.01 * noise, "noise": noise}, mos)
    srocc, plcc = report.differences
    assert (srocc.statistic, plcc.statistic, len(srocc.pairs)) == ("srocc", "plcc", 3)
    assert srocc.difference[0, 2] == pytest.approx(
        stats.spearmanr(scores, mos).statistic - stats.spearmanr(noise, mos).statistic
    )


@pytest.mark.parametrize("options", [{"split": "image"}, {"logistic": 3}, {"by": ("level",)}])
def test_an_unknown_choice_is_refused_before_anything_is_computed(options):
    with pytest.raises(UsageError, match="choose"):
        EvaluationProtocol(**options)

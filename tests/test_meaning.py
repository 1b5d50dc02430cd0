"""A score in words and among photographs."""

import json

import numpy as np
import pytest
import torch
from rows import SINGLE, written

from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.meaning import IMPAIRMENT, QUALITY, Percentiles, in_words, meaning
from iqa_cli.options.crops import CropRule
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange
from iqa_cli.registry import find_model
from iqa_cli.scorer import Scorer

LEVELS = ScoreRange(1, 5)
QUANTILES = tuple(np.sort(np.random.default_rng(0).uniform(1, 5, 21)))
KNOWN = Percentiles("BIQ2021", QUANTILES)
MEANT = {"label": "good", "percentile": 83.4, "percentile_of": "BIQ2021"}


@pytest.mark.parametrize("score", [QUANTILES[0] - 1, *QUANTILES, *np.linspace(1, 5, 50), QUANTILES[-1] + 1])
def test_the_percentile_is_interpolated_between_quantiles(score):
    assert KNOWN.below(score) == pytest.approx(np.interp(score, QUANTILES, np.linspace(0, 100, 21)))


def test_equal_quantiles_are_passed_over():
    assert Percentiles("", (1.0, 2.0, 2.0, 2.0, 3.0)).below(2.0) == 75
    assert Percentiles("", (1.0, 1.0, 1.0)).below(1.0) == 100


@pytest.mark.parametrize(
    ("score", "level"), [(0.9, 1), (1.49, 1), (1.5, 2), (2.5, 3), (3.49, 3), (4.0, 4), (4.5, 5), (5.2, 5)]
)
def test_the_label_is_the_nearest_level_of_the_recommendation(score, level):
    assert meaning(score, LEVELS, full_reference=False)["label"] == QUALITY[level - 1]
    assert meaning(score, LEVELS, full_reference=True)["label"] == IMPAIRMENT[level - 1]


def test_scores_of_other_scales_have_no_label_and_lower_may_be_better():
    assert meaning(30.0, ScoreRange(0, None), full_reference=True) == {}
    distance = ScoreRange(1, 5, higher_is_better=False)
    assert meaning(QUANTILES[4], distance, False, KNOWN) == {"percentile": 80.0, "percentile_of": "BIQ2021"}


def test_words_never_promise_more_than_the_number():
    assert in_words(MEANT) == "good, better than 83 % of BIQ2021"
    best = meaning(QUANTILES[-1] + 1, LEVELS, False, KNOWN)
    assert best["percentile"] == 99 and in_words(best).endswith("better than 99 % of BIQ2021")
    assert in_words({"label": "fair", "crops": 20}) == "fair"
    assert in_words({}) == ""


def test_the_meaning_is_among_the_details_and_python_can_ask_for_it(untrained, photo):
    spec = find_model("triq")
    known = Percentiles("some", (1.0, *[3.0] * 19, 5.0))
    executor = Executor(spec, untrained("triq").model, device=torch.device("cpu"), rule=CropRule(2), percentiles=known)
    (score,) = executor.score([Sample(photo(64, 64).astype(np.float32) / 255)])
    meant = Scorer(executor).meaning(score.value)
    assert meant == {name: score.details[name] for name in ("label", "percentile", "percentile_of")}
    assert meant["label"] in QUALITY


def test_the_table_of_a_single_image_tells_it_below_and_json_beside_it():
    record = Record(Job("a.png"), {"triq": Score(3.9, details=MEANT)})
    models = (ModelInfo("triq", LEVELS),)
    told = "triq: good, better than 83 % of BIQ2021"
    assert told in written("table", [record], SINGLE, models)
    assert told not in written("table", [record, record], SINGLE, models)
    (row,) = json.loads(written("json", [record], SINGLE, models))["rows"]
    assert row["details"]["triq"] == {"status": "ok", **MEANT}
    assert "good" not in written("csv", [record], SINGLE, models)

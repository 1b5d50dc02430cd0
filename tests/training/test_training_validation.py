"""A model judged on what was held out, and the card that tells of it."""

import math
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch
from miniature import short_recipe
from scipy import stats
from torch import nn

from iqa_cli.models.base import FullReference
from iqa_cli.training import finish, validation
from iqa_cli.training.examples import Example, level_distribution
from iqa_cli.training.finish import figures
from iqa_cli.training.gather import Data
from iqa_cli.training.optimiser import Average
from iqa_cli.training.picture_files import Picture, evenly
from iqa_cli.training.recipe import Recipe, load_recipe
from iqa_cli.training.recipe_parts import Stage
from iqa_cli.training.validation import Predictions, evaluate

STAGE = Stage("synthetic", steps=3, crop=64, batch=1, versions=2, lr=1e-3)
NOTHING = Data([], [], [], [])


class Mean(FullReference):
    """Tells how bright the distorted image is."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def encode(self, images):
        return images

    def compare(self, reference, distorted):
        return distorted.mean(dim=(1, 2, 3)) * self.factor


def test_agreement_is_that_of_scipy_over_all_and_within_groups():
    rng = np.random.default_rng(0)
    label, group = rng.uniform(1, 5, 60), np.repeat([1, 2, 3], 20)
    predicted = label + rng.normal(0, 0.5, 60)
    found = Predictions(predicted, label, group)
    assert found.srocc() == pytest.approx(stats.spearmanr(predicted, label).statistic)
    assert found.plcc() == pytest.approx(stats.pearsonr(predicted, label).statistic)
    assert found.rmse() == pytest.approx(math.sqrt(((predicted - label) ** 2).mean()))
    assert found.srocc_by_stratum()[2] == pytest.approx(stats.spearmanr(predicted[20:40], label[20:40]).statistic)


def test_figures_are_valid_json_where_a_model_answers_always_the_same(photo, saved, monkeypatch):
    monkeypatch.setattr(validation, "LEVELS", (1, 5))
    held_out = [Picture(saved("p.png", photo(64, 64)), size=(64, 64))]
    told = figures(
        Recipe("iqt-c", (STAGE,), precision="fp32"), Mean(0.0), replace(NOTHING, photographs_held_out=held_out)
    )
    assert told["srocc"] is None and set(told["srocc_by_type"].values()) == {None} and told["images"] == 50


def pair(saved, photo, size, score, number):
    images = [Picture(saved(f"{n}{number}.png", photo(*size, number) // (n + 1)), size=size[::-1]) for n in range(2)]
    return Example(images[1], images[0], score, level_distribution(torch.tensor([score]), 0.7)[0])


def test_a_held_out_pair_is_judged_by_the_mean_of_its_crops_and_a_small_one_mirrored(saved, photo):
    examples = [pair(saved, photo, (200, 250), 2.0, 0), pair(saved, photo, (150, 160), 4.0, 1)]
    seen = [batch for batch, _ in validation.rated_images(examples, 192, 5)]
    assert [batch.distorted.shape[-2:] for batch in seen] == [(192, 192)] * 2
    small = examples[1].image.read()
    mirrored = np.pad(small, ((0, 42), (0, 32), (0, 0)), mode="reflect")
    assert np.array_equal(seen[1].distorted[0].permute(1, 2, 0), mirrored)
    found = evaluate(
        Mean(), None, replace(STAGE, kind="rated"), replace(NOTHING, rated_held_out=examples), short_recipe()
    )
    expected = [batch.distorted.float().mean().item() / 255 for batch in seen]
    assert found.predicted.tolist() == pytest.approx(expected, rel=1e-4) and found.label.tolist() == [2, 4]


def test_where_there_are_several_sources_the_figures_tell_the_order_within_each(saved, photo):
    scores = [1.0, 4.0, 3.0, 2.0, 2.5, 3.5]
    held_out = [
        replace(pair(saved, photo, (192, 192), score, number), source=f"biq2021 ss0{1 + number % 2}")
        for number, score in enumerate(scores)
    ]
    recipe = short_recipe()
    data = replace(NOTHING, rated_held_out=held_out)
    told = finish.figures(recipe, Mean(), data)
    said = evaluate(Mean(), None, recipe.stages[0], data, recipe).predicted
    expected = [stats.spearmanr(said[first::2], scores[first::2]).statistic for first in (0, 1)]
    assert list(told["srocc_by_source"]) == ["biq2021 ss01", "biq2021 ss02"]
    assert list(told["srocc_by_source"].values()) == pytest.approx(expected, abs=1e-4)
    assert "| biq2021 ss02 |" in finish.card(recipe, data, told)


def test_the_average_is_judged_and_the_model_stays_as_it_is(saved, photo):
    model = Mean(1.0)
    average = Average(Mean(2.0), 0.9)
    data = replace(NOTHING, rated_held_out=[pair(saved, photo, (192, 192), 2.0, 0)])
    stage = replace(STAGE, kind="rated")
    own, averaged = (evaluate(model, a, stage, data, short_recipe()).predicted for a in (None, average))
    assert averaged == pytest.approx(2 * own) and model.factor.item() == 1


def test_a_glance_takes_pictures_evenly():
    assert evenly(list(range(10)), None) == list(range(10))
    assert evenly(list(range(10)), 3) == [0, 3, 6]
    assert evenly(list(range(2)), 5) == [0, 1]


def test_the_entry_is_toml_and_the_card_tells_data_recipe_figures_and_limits(tmp_path):
    (path := tmp_path / "w.safetensors").write_bytes(b"weights")
    recipe = load_recipe("triq-koniq-livewild")
    told = {"kind": "rated", "images": 3, "srocc": 0.5, "plcc": None, "rmse": 1.0}
    (entry,) = tomllib.loads(finish.entry(recipe, path, told))["weight"]
    assert entry["size"] == 7 and entry["model"] == "triq" and (entry["low"], entry["high"]) == (1, 5)
    assert entry["results"][0]["command"].startswith("iqa train triq-koniq-livewild --data koniq10k=PATH --data")
    (tmp_path / "before.safetensors").write_bytes(b"weights")
    text = finish.card(recipe, NOTHING, told, [tmp_path / "before.safetensors"])
    assert "Starts from before.safetensors (sha256 9a129038d9a0)" in text
    for part in (
        "## Trained on",
        "KonIQ-10k",
        "120 epochs of 32 rated pictures",
        "SROCC 0.5",
        "## Limits",
        "optimistic",
    ):
        assert part in text


def test_a_card_of_synthetic_labels_has_figures_by_type_and_names_the_weakest():
    told = {"kind": "synthetic", "images": 3, "srocc": 0.5, "plcc": 0.5, "rmse": 1.0,
            "srocc_by_type": {"lens blur": 0.9, "JPEG": 0.1, "jitter": None}}  # fmt: skip
    text = finish.card(Recipe("iqt-c", (STAGE,), name="mine"), NOTHING, told)
    assert "| lens blur | 0.9 |" in text and "Weakest: JPEG (0.1), lens blur (0.9)." in text
    assert "not people's opinions of these images" in text

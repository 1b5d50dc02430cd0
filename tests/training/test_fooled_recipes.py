"""Recipes that learn against being fooled: how they are read, and what is refused."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from miniature import SYNTHETIC

from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.training import gather
from iqa_cli.training.batches import Batches
from iqa_cli.training.gather import Data
from iqa_cli.training.recipe import Recipe, load_recipe
from iqa_cli.training.recipe_parts import Fooled, Photographs
from iqa_cli.training.teachers import Teachers

STAGE = "[[stage]]\nkind = '{kind}'\nsteps = 1\ncrop = 64\nbatch = 1\n"
SYNTHETIC_STAGE, RATED_STAGE = STAGE.format(kind="synthetic"), STAGE.format(kind="rated")


@pytest.mark.parametrize(
    ("model", "stage", "complaint"),
    [
        ("triq", SYNTHETIC_STAGE + "fooled = {}", "for models with a reference, which triq has not"),
        ("iqt", RATED_STAGE + "fooled = {}", "for synthetic stages"),
        ("iqt", SYNTHETIC_STAGE + "fooled = 0.4", r"fooled is a table, as fooled = \{ weight = 1.0 \}, not 0.4"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { strength = 1 }", "unknown key strength in fooled"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { weight = 0 }", "weight of fooled is a number above 0"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { pairs = 1.5 }", "pairs is a whole number"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { pairs = 0 }", "pairs of fooled is a number from 1"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { pairs = 50 }", "keeps 48 pairs, of which it cannot take 50"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { steps = 20 }", "longest is at least 20"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { rate = 0.01 }", "rate of fooled is two numbers above 0"),
        ("iqt", SYNTHETIC_STAGE + "fooled = { rate = [0.1, 0.01] }", "the lower one first"),
    ],
)
def test_what_cannot_be_learnt_against_being_fooled_is_refused_when_the_recipe_is_read(
    tmp_path, model, stage, complaint
):
    path = tmp_path / "mine.toml"
    path.write_text(f"model = '{model}'\n{stage}")
    with pytest.raises(UsageError, match=complaint) as refused:
        load_recipe(str(path))
    assert str(refused.value).startswith(f"{path}: ")


def test_a_stage_says_how_it_learns_against_being_fooled(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f"model = 'iqt'\n{SYNTHETIC_STAGE}fooled = {{ weight = 0.4, rate = [0.004, 0.01] }}")
    assert load_recipe(str(path)).stages[0].fooled == Fooled(weight=0.4, rate=(0.004, 0.01))
    assert [stage.fooled and stage.fooled.weight for stage in load_recipe("iqt-lite-default").stages] == [None, 1, 0.4]


def test_a_recipe_against_being_fooled_has_teachers_though_its_labels_need_none(pictures):
    recipe = Recipe("iqt", (replace(SYNTHETIC, fooled=Fooled()),), metrics=("mdsi",))
    assert recipe.needs_teachers and not replace(recipe, stages=(SYNTHETIC,)).needs_teachers
    found = pictures(*[(80, 80)] * 2)
    teachers = Teachers(("mdsi",), *4 * [np.zeros(0)], maps=())
    scores = [Batches(recipe, Data(found, [], [], [], teachers=who))[0].score.tolist() for who in (None, teachers)]
    assert scores[0] == scores[1]  # people's means, as without them


def test_metrics_that_are_not_installed_are_told_with_their_extra_before_the_run(tmp_path, saved, photo, monkeypatch):
    for number in range(8):
        saved(f"photos/{number}.png", photo(80, 80, number))
    monkeypatch.setitem(sys.modules, "piq", None)
    recipe = Recipe("iqt", (replace(SYNTHETIC, fooled=Fooled()),), photographs=(Photographs("photos"),), holdout=0.4)
    with pytest.raises(MissingExtraError, match=r"pip install 'iqa-cli\["):
        gather.gather(recipe, {"photos": tmp_path / "photos"}, report=lambda message: None)

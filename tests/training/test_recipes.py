"""Recipes: the shipped ones, how one's own is read, and what is refused."""

from dataclasses import replace

import pytest
from miniature import TIMM, SmallTimm

from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.models import backbones
from iqa_cli.registry import find_model
from iqa_cli.training import pretrained
from iqa_cli.training.recipe import Recipe, load_recipe, names
from iqa_cli.training.recipe_parts import Rated, Stage

SYNTHETIC = Stage("synthetic", steps=3, crop=64, batch=1)
PAPERS = ("iqt-kadid10k", "iqt-c-pipal", "triq-koniq-livewild", "vit-iqa-koniq", "r50-vit-iqa-koniq")
DEFAULTS = ("iqt-default", "iqt-c-default", "iqt-lite-default", "triq-default", "triq-lite-default")
WHEEL = ("iqt-lite-default", "triq-lite-default")


def test_the_recipes_of_the_papers_and_of_the_embedded_weights_are_shipped():
    assert set(names()) >= {*PAPERS, *DEFAULTS}


@pytest.mark.parametrize("name", names())
def test_a_shipped_recipe_names_a_model_and_says_what_it_is(name):
    found = load_recipe(name)
    assert found.name == name and name.startswith(found.model)
    assert find_model(found.model).trained
    assert found.about.strip() and found.licence
    assert any(stage.kind == "rated" for stage in found.stages) == bool(found.rated)
    assert found.pretrained == ("timm" if name in PAPERS else "wheel" if name in WHEEL else "")


def test_the_list_of_recipes_has_one_line_for_each(capsys):
    with pytest.raises(SystemExit) as left:
        main(["train", "--list"])
    lines = capsys.readouterr().out.splitlines()
    assert left.value.code == 0
    assert [line.split("\t")[0] for line in lines[1:]] == names()


def test_one_recipe_tells_all_that_is_said_of_it(capsys):
    with pytest.raises(SystemExit):
        main(["train", "iqt-kadid10k", "--list"])
    facts = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert facts["about"] == " ".join(load_recipe("iqt-kadid10k").about.split())
    assert (facts["--data"], facts["model"]) == ("kadid10k", "iqt")


@pytest.mark.parametrize(("name", "crop"), [("iqt-kadid10k", 256), ("iqt-c-pipal", 192)])
def test_the_recipes_of_iqt_are_those_of_its_paper(name, crop):
    recipe = load_recipe(name)
    (stage,), (source,) = recipe.stages, recipe.rated
    assert (stage.crop, stage.batch, stage.lr, recipe.optimiser) == (crop, 16, 2e-4, "adam")
    assert recipe.frozen == ("backbone",) and recipe.pretrained == "timm" and source.split == "reference"
    assert stage.rate(0) == 1 and replace(stage, epochs=0, steps=100).rate(50) == pytest.approx(0.5)  # cosine


def test_the_recipe_of_triq_is_that_of_its_paper():
    recipe = load_recipe("triq-koniq-livewild")
    main_stage, fine_tuning = recipe.stages
    assert [source.data for source in recipe.rated] == ["koniq10k", "koniq10k-512", "live-wild"]
    assert [source.split for source in recipe.rated if not source.follows] == ["stratified", "stratified"]
    assert recipe.rated[1].follows == "koniq10k"
    assert (main_stage.lr, fine_tuning.lr, fine_tuning.from_best) == (5e-5, 1e-6, True)
    assert main_stage.crop == fine_tuning.crop == 0 and main_stage.warmup == 10
    assert not recipe.frozen


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("iqt-kadid10k", "inception_resnet_v2.tf_in1k"),
        ("iqt-c-pipal", "inception_resnet_v2.tf_in1k"),
        ("triq-koniq-livewild", "resnet50"),
        ("vit-iqa-koniq", "vit_base_patch16_384.orig_in21k_ft_in1k"),
        ("r50-vit-iqa-koniq", "vit_base_r50_s16_384.orig_in21k_ft_in1k"),
    ],
)
def test_a_recipe_of_a_paper_starts_from_weights_that_timm_has(name, tag, monkeypatch):
    timm = SmallTimm()
    monkeypatch.setattr(backbones, "import_timm", lambda: timm)
    recipe = load_recipe(name)
    pretrained.build(find_model(recipe.model), recipe.pretrained)
    assert timm.asked == [(tag, True)]
    assert TIMM.is_model_pretrained(tag)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("model = 'iqt'\nepochs = 3", "unknown key epochs in recipe"),
        ("model = 'iqt'\n[[stage]]\nkind = 'rated'\nsteps = 1\ncrop = 0\nbatch = 1\nrate = 1", "rate in stage"),
        ("model = 'iqt'\n[[rated]]\ndata = 'a'\nmos = 'b'", "unknown key mos in rated"),
        ("model = 'iqt'\n[rated]\ndata = 'a'", r"write \[\[rated\]\] instead of \[rated\]"),
        ("model = 'iqt'\n[[photographs]]\nfolder = 'a'", "unknown key folder in photographs"),
        ("model = 'iqt'\n[[rated]]\ndata = 'a'\nsplit = 'random'", "split is one of name, reference, stratified"),
        ("model = 'iqt'\n[[stage]]\nkind = 'real'\nsteps = 1\ncrop = 0\nbatch = 1", "synthetic, rated or distilled"),
        ("model = 'iqt'\n[[stage]]\nkind = 'rated'", "crop"),
        (
            "model = 'iqt'\noptimiser = 'sgd'\n[[stage]]\nkind = 'rated'\nsteps = 1\ncrop = 9\nbatch = 1",
            "'sgd' is none",
        ),
        (
            "model = 'iqt'\npretrained = 'hub'\n[[stage]]\nkind = 'rated'\nsteps = 1\ncrop = 9\nbatch = 1",
            "'hub' is none of timm, wheel",
        ),
        ("model = 'iqt'\nconsensus = 1.5", "from 0 to 1"),
        ("model = 'iqt'\nmetrics = ['lpips']", "'lpips' is none of haarpsi, mdsi, vsi"),
        ("model = 'iqt'\n[content]\nblur = 0.2", "no distortion is called 'blur'"),
        ("model = 'iqt'", "at least one"),
        ("model = ", "Invalid value"),
    ],
)
def test_a_recipe_that_will_not_do_is_refused_with_its_file(tmp_path, text, complaint):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint) as refused:
        load_recipe(str(path))
    assert str(refused.value).startswith(f"{path}: ")


def test_a_recipe_of_ones_own_is_called_by_its_file_and_takes_changes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("model = 'triq'\n[[stage]]\nkind = 'rated'\nsteps = 1\ncrop = 0\nbatch = 1\n[[rated]]\ndata = 'a'")
    stages = (Stage("rated", steps=1, crop=0, batch=1),)
    assert load_recipe(str(path), seed=5) == Recipe("triq", stages, rated=(Rated("a"),), name="mine", seed=5)


def test_an_unknown_recipe_is_answered_with_the_shipped_ones():
    with pytest.raises(UsageError, match=r"no recipe 'iqt-best'.*iqt-c-default.*iqt-c-second, iqt-default"):
        load_recipe("iqt-best")


@pytest.mark.parametrize(
    ("model", "stage", "complaint"),
    [
        ("psnr", {}, "nothing to learn"),
        ("iqt-c", {"crop": 250}, "at most 192 px"),
        ("iqt-c", {"kind": "rated", "crop": 0}, "at most 192 px"),
        ("triq", {"crop": 0}, "needs a crop"),
        ("triq", {"steps": 0}, "steps, or epochs"),
        ("triq", {"epochs": 1}, "steps, or epochs"),
        ("triq", {"steps": 0, "epochs": 1}, "without end"),
        ("triq", {"batch": "many"}, "number from 1"),
        ("triq", {"accumulate": 0}, "number from 1"),
        ("iqt-lite", {"kind": "rated", "distorted": 1}, "rated stages of iqt-lite have neither distorted"),
        ("iqt-lite", {"kind": "rated", "degraded": 0.5}, "nor grid: they need pairs"),
        ("iqt-c", {"kind": "rated", "grid": 2}, "nor grid: they need pairs"),
    ],
)
def test_a_recipe_that_cannot_run_is_refused_before_it_does(model, stage, complaint):
    with pytest.raises(ValueError, match=complaint):
        Recipe(model, (replace(SYNTHETIC, **stage),))


def test_a_step_falls_into_its_stage():
    found = Recipe("iqt", (replace(SYNTHETIC, steps=3), replace(SYNTHETIC, steps=2, lr=1)))
    assert [found.stage_at(step) for step in range(5)] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    assert found.steps == 5
    with pytest.raises(IndexError):
        found.stage_at(5)


def test_epochs_are_counted_in_steps_warm_up_and_hold_too():
    stage = Stage("rated", epochs=3, crop=0, batch=2, warmup=1, hold=2)
    assert stage.in_steps(10) == replace(stage, epochs=0, steps=30, warmup=10, hold=20)
    assert SYNTHETIC.in_steps(10) == SYNTHETIC

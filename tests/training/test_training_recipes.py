"""Every shipped recipe in miniature, from its data to weights that score."""

import hashlib
import json
import os
import re
import tomllib

import layouts
import numpy as np
import pytest
import torch
from matplotlib.image import imread
from miniature import SmallTimm, log_of, pairs, run, short_recipe, small_recipe

from iqa_cli.__main__ import main
from iqa_cli.commands.train import WRITTEN
from iqa_cli.datasets.splits import by_group
from iqa_cli.distortions import DISTORTIONS
from iqa_cli.evaluation.rated import from_manifest, only_listed
from iqa_cli.models import backbones
from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint, finish, teachers, validation
from iqa_cli.training.recipe import load_recipe, names
from iqa_cli.weights import load_trained

FILES = set(WRITTEN) - {"best.pt"}


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Every data set that a shipped recipe names, in miniature and in its official layout."""
    root = tmp_path_factory.mktemp("material")
    layouts.write_kadid10k(root / "kadid10k", references=3, size=72, types=2, levels=2)
    layouts.write_pipal(root / "pipal", references=3, size=72, groups=2)
    layouts.write_koniq(root / "koniq", images=12, size=(96, 64))
    layouts.write_koniq(root / "koniq", images=12, size=(64, 48), folder="512x384")
    layouts.write_live_wild(root / "live-wild", images=12, size=64)
    layouts.write_biq2021(root / "biq2021", images=14, size=136)
    for number in range(4):
        layouts.save_picture(root / "photos" / f"photo{number}.png", 80, number)
    names = {"koniq10k": "koniq", "koniq10k-512": "koniq"}
    every = ("kadid10k", "pipal", "koniq10k", "koniq10k-512", "live-wild", "biq2021", "photos")
    return {name: root / names.get(name, name) for name in every}


@pytest.fixture
def small_timm(monkeypatch):
    """Pretrained backbones are small random ones; metrics are measured on little."""
    timm = SmallTimm()
    monkeypatch.setattr(backbones, "import_timm", lambda: timm)
    monkeypatch.setattr(backbones.ResNet50, "COUNTS", (1, 1, 1, 1))
    monkeypatch.setattr(teachers, "PHOTOGRAPHS", 1)
    monkeypatch.setattr(teachers, "CROP", 64)
    monkeypatch.setattr(teachers, "LEVELS", np.array([1.0, 5.0]))
    monkeypatch.setattr(validation, "DISTORTIONS", {kind: DISTORTIONS[kind] for kind in (1, 10)})
    monkeypatch.setattr(finish, "MEASURED", 1)
    return timm


# The legs before the last differ from it in numbers only.
LEGS = [pytest.param(n, marks=pytest.mark.slow) if n.endswith(("-first", "-second")) else n for n in names()]


@pytest.mark.parametrize("name", LEGS)
def test_a_shipped_recipe_ends_with_weights_that_score_their_entry_card_and_curves(
    name, material, small_timm, tmp_path
):
    recipe = small_recipe(load_recipe(name))
    path, told = run(recipe, material, tmp_path / "out")
    assert {tag for tag, pretrained in small_timm.asked if pretrained} or recipe.pretrained != "timm"
    assert {p.name for p in (tmp_path / "out").iterdir()} - {"best.pt"} == FILES | {f"{name}.safetensors"}

    spec = find_model(recipe.model)
    loaded = load_trained(spec, path)
    assert loaded.model.config == spec.default_config()
    with torch.no_grad():
        score = loaded.model(*(1 + spec.full_reference) * [torch.rand(1, 3, 64, 64)])
    assert score.isfinite().all()

    figures = json.loads((tmp_path / "out" / "figures.json").read_text(), parse_constant=pytest.fail)
    assert figures["kind"] == recipe.stages[-1].kind and figures["images"] > 0 and -1 <= figures["srocc"] <= 1
    assert len(figures.get("srocc_by_type", {})) == (2 if figures["kind"] == "synthetic" else 0)
    (entry,) = tomllib.loads((tmp_path / "out" / "weights.toml").read_text())["weight"]
    assert (entry["name"], entry["model"], entry["size"]) == (name, recipe.model, path.stat().st_size)
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"SROCC {figures['srocc']}" in (tmp_path / "out" / "card.md").read_text()
    steps, losses = log_of(tmp_path / "out")
    assert steps[-1] == str(checkpoint.load_state(tmp_path / "out" / "last.pt")["position"]["step"])
    assert np.isfinite(losses).all() and imread(tmp_path / "out" / "curves.png").ndim == 3
    assert any("held out: SROCC" in line for line in told)


def test_names_of_held_out_images_that_are_not_utf_8_survive_to_the_end_of_a_run(tmp_path):
    pairs(tmp_path)
    rows = []
    for number in range(4):
        name = os.fsdecode(b"caf\xe9%d.png" % number)
        (tmp_path / f"r{number}_1.png").rename(tmp_path / name)
        rows.append({"reference": f"r{number}.png", "distorted": name, "mos": 2 + number / 2})
    listed = tmp_path / "pairs.jsonl"
    listed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path, _ = run(short_recipe(), {"mine": listed}, tmp_path / "out")
    held_out = (path.parent / "held-out.txt").read_bytes().splitlines()
    assert len(held_out) == 1 and re.fullmatch(rb"caf\xe9\d.png", held_out[0])
    assert (path.parent / "card.md").is_file()


def test_what_was_held_out_can_be_told_from_images_of_the_same_name(tmp_path):
    rows = []
    for number, scene in enumerate("abcd"):
        for name in ("reference", "1, blurred", "2"):
            layouts.save_picture(tmp_path / scene / f"{name}.png", 72, number, len(name) / 20)
        rows += [[f"{scene}/reference.png", f"{scene}/{name}.png", number + 1] for name in ("1, blurred", "2")]
    layouts.write_csv(tmp_path / "mine.csv", ["reference", "distorted", "mos"], rows)
    recipe = short_recipe()
    path, _ = run(recipe, {"mine": tmp_path / "mine.csv"}, tmp_path / "out")
    source = from_manifest(tmp_path / "mine.csv")
    listed = only_listed(source, path.parent / "held-out.txt").items
    assert listed == by_group(source.items, recipe.rated[0].holdout, recipe.seed).test and len(listed) == 2


def test_trained_weights_are_what_iqa_score_takes(tmp_path, capsys):
    path, _ = run(short_recipe(), {"mine": pairs(tmp_path)}, tmp_path / "out")
    images = [str(tmp_path / name) for name in ("r0.png", "r0_1.png")]
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["score", *images, "--model", "iqt-c", "--weights", str(path), "--format", "json"])
    assert left.value.code == 0 and "iqt-c" in capsys.readouterr().out

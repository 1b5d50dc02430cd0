"""Training in miniature: pretrained backbones replaced by small random ones, recipes and data of a few steps."""

import csv
from dataclasses import replace
from pathlib import Path

import layouts
import numpy as np
import torch

from iqa_cli.models import backbones
from iqa_cli.training.batches import Batches
from iqa_cli.training.examples import Example, level_distribution
from iqa_cli.training.finish import train_and_save
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Rated, Stage

CPU = torch.device("cpu")
TIMM = backbones.import_timm()
SYNTHETIC = Stage("synthetic", steps=3, crop=64, batch=3, versions=4)
RATED = Stage("rated", steps=4, crop=48, batch=4)
HOLDOUT = 0.4  # so that a handful of images has some on either side


class SmallTimm:
    """Stands for timm: the same architectures with few layers, random even where pretrained ones are `asked`."""

    def __init__(self):
        self.asked = []

    def create_model(self, tag, pretrained=False, **options):
        self.asked.append((tag, pretrained))
        name = tag.split(".")[0]
        if name == "inception_resnet_v2":
            return _inception(name)
        if name == "resnet50":
            options["layers"] = backbones.ResNet50.COUNTS
        if name.startswith("vit"):
            options |= {"embed_dim": 64, "depth": 1, "num_heads": 2}
        model = TIMM.create_model(name, **options)
        if name.startswith("vit_base_r50"):
            for stage in model.patch_embed.backbone.stages:
                stage.blocks = stage.blocks[:1]
        return model


def _inception(name):
    """Whole in name only: just the part that the models keep has memory."""
    with torch.device("meta"):
        whole = TIMM.create_model(name)
    for part in (*backbones.InceptionResNetV2Prefix.STEM, "mixed_5b", "repeat"):
        getattr(whole, part).to_empty(device="cpu")
        for layer in getattr(whole, part).modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return whole


def small_stage(stage):
    """The stage cut to one epoch or two steps, of small crops."""
    length = {"epochs": 1} if stage.epochs else {"steps": 2, "schedule": None}
    return replace(
        stage, **length, warmup=min(stage.warmup, 1), hold=0, crop=min(stage.crop, 64), batch=4,
        versions=min(stage.versions, 2), distorted=min(stage.distorted, 2), accumulate=min(stage.accumulate, 2),
    )  # fmt: skip


def small_recipe(recipe):
    """The recipe with all its stages, each in miniature."""
    return replace(
        recipe,
        stages=tuple(map(small_stage, recipe.stages)),
        rated=tuple(replace(source, holdout=HOLDOUT) for source in recipe.rated),
        holdout=HOLDOUT,
        glance=1,
    )


def pairs(root, references=4, each=2, size=72):
    """A manifest of distorted images, `each` of a reference; a quarter of the references is then held out."""
    rows = []
    for number in range(references):
        layouts.save_picture(root / f"r{number}.png", size, number)
        for version in range(each):
            layouts.save_picture(root / f"r{number}_{version}.png", size, number, version / 10)
            rows.append([f"r{number}.png", f"r{number}_{version}.png", 4.5 - version])
    layouts.write_csv(root / "pairs.csv", ["reference", "distorted", "mos"], rows)
    return root / "pairs.csv"


def short_recipe(**changed):
    """IQT-C on `pairs`, four steps of two crops with a frozen random backbone: the quickest there is."""
    stage = Stage("rated", steps=4, crop=64, batch=2, lr=1e-3, warmup=1)
    facts = {"rated": (Rated("mine", split="reference", holdout=0.25),), "precision": "fp32", "save_every": 1,
             "frozen": ("backbone",), "name": "short", "validate_every": 4}  # fmt: skip
    return Recipe(**{"model": "iqt-c", "stages": (stage,), **facts, **changed})


TOML = """
model = "iqt-c"
precision = "fp32"
frozen = ["backbone"]
save_every = 1
validate_every = 4

[[rated]]
data = "mine"
split = "reference"
holdout = 0.25

[[stage]]
kind = "rated"
steps = {steps}
crop = 64
batch = {batch}
lr = 1e-3
"""


def run(recipe, paths, out, **how):
    """`train_and_save` in this process; gives the weight file and what was told."""
    told = []
    path = train_and_save(recipe, paths, Path(out), device=CPU, workers=0, report=told.append, **how)
    return path, told


def examples(images, references=None):
    """Rated images with scores from 1.5 to 4.5."""
    scores = np.linspace(1.5, 4.5, len(images)).tolist()
    return [
        Example(image, references and references[n], score, level_distribution(torch.tensor([score]), 0.7)[0])
        for n, (image, score) in enumerate(zip(images, scores, strict=True))
    ]


def batches_of(stages, data, rank=0, world=1, **changed):
    """The batches of a recipe for TRIQ."""
    return Batches(Recipe("triq", stages, seed=7, **changed), data, rank, world)


def log_of(out):
    """Steps and losses of a run's `log.csv`."""
    with (out / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["step"] for row in rows], np.array([float(row["loss"]) for row in rows])


def same_tensors(one, other, **tolerance):
    """Fail where two sets of tensors differ; exactly unless a tolerance is given."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, **(tolerance or {"rtol": 0, "atol": 0}), msg=name)

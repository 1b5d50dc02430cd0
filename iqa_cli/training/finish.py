"""A whole training run: from a recipe and folders to a weight file and its figures."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.registry import find_model
from iqa_cli.training.data import Data, gather
from iqa_cli.training.evaluation import evaluate
from iqa_cli.training.loop import train
from iqa_cli.training.recipe import Recipe
from iqa_cli.weights import load_trained, save_weights

MEASURED = 40  # held-out photographs: 5,000 synthetic pairs, or 400 rated photographs


def train_and_save(
    recipe: Recipe, folders: dict[str, Path], out: Path, *, report: Callable[[str], None] = print, **how
) -> Path:
    """Train, write `out`/MODEL.safetensors (float16) and `out`/figures.json; returns the weight file.

    The figures are of the file as it will be used: read back, in float32.

    `how` is passed to `train`: resume, init, device, workers.
    """
    data = gather(recipe, folders)
    report(
        f"{recipe.model}: {len(data.photographs)} photographs and {len(data.rated)} rated ones to learn from, "
        f"{len(data.photographs_held_out)} and {len(data.rated_held_out)} held out"
    )
    model = train(recipe, data, out, report=report, **how)
    path = out / f"{recipe.model}.safetensors"
    spec = find_model(recipe.model)
    save_weights(path, recipe.model, spec.default_config(), model.state_dict(), half=True)
    report("measuring on held-out photographs")
    told = figures(replace(recipe, precision="fp32"), load_trained(spec, path).model, data)
    (out / "figures.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return path


def figures(recipe: Recipe, model: nn.Module, data: Data) -> dict:
    """Agreement with held-out labels of the last stage's kind, over all and by distortion type."""
    with torch.no_grad():
        found = evaluate(model, None, recipe.stages[-1], data, recipe, MEASURED)
    told = {
        "kind": recipe.stages[-1].kind,
        "images": len(found.label),
        "srocc": _rounded(found.srocc()),
        "plcc": _rounded(found.plcc()),
    }
    if told["kind"] == "synthetic":
        told["srocc_by_type"] = {DISTORTIONS[k].name: _rounded(v) for k, v in found.srocc_by_group().items()}
    return told


def _rounded(correlation: float) -> float | None:
    """To four digits; None where all predictions are equal and there is no correlation."""
    return round(correlation, 4) if math.isfinite(correlation) else None

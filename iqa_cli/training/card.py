"""What goes with a weight file: its entry for weights.toml, and its model card."""

import json
from collections.abc import Sequence
from pathlib import Path

from iqa_cli.registry import find_model
from iqa_cli.training.data import Data
from iqa_cli.training.recipe import Recipe, Stage
from iqa_cli.weights.cache import sha256_of


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
        "training_data": _one_line(recipe.about),
        "low": spec.low,
        "high": spec.high,
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
        for part, name in ((data.photographs, "photographs, distorted on the fly"), (data.rated, "rated images"))
        if part
    ]
    blocks = [
        f"# {spec.title}: `{recipe.name}`",
        f"Scores {what}, {spec.low:g} to {spec.high:g}, higher is better. {spec.paper}.",
        f"Use: `iqa score ... --model {recipe.model} --weights {recipe.name}.safetensors`. Licence: {recipe.licence}.",
        "## Trained on",
        f"{_one_line(recipe.about)} Learnt from: {' and '.join(learnt)}.",
        "## Recipe",
        f"`{_command(recipe)}`, seed {recipe.seed}, {recipe.optimiser}, {recipe.precision}. {_start(recipe, init)}",
        "\n".join(f"- {_stage(stage)}" for stage in recipe.stages),
        "## Measured",
        f"{_sentence(figures)}. Chosen weights: {recipe.keep}.",
    ]
    if figures.get("srocc_by_type"):
        rows = [f"| {name} | {value} |" for name, value in figures["srocc_by_type"].items()]
        blocks.append("\n".join(["| type | SROCC |", "|---|---|", *rows]))
    blocks += ["## Limits", _limits(recipe, figures)]
    return "\n\n".join(blocks) + "\n"


def _start(recipe: Recipe, init: Sequence[Path]) -> str:
    if init:
        return "Starts from " + ", then ".join(f"{path.name} (sha256 {sha256_of(path)[:12]})" for path in init) + "."
    return "Starts from timm's ImageNet weights." if recipe.pretrained else "Starts at random."


def _limits(recipe: Recipe, figures: dict) -> str:
    limits = ["Measured on held-out pictures of the data it was trained on, not on other data sets."]
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
    return f"{length} of {stage.batch} {stage.kind} pictures, {crops}, learning rate {stage.lr:g}"


def _command(recipe: Recipe) -> str:
    data = dict.fromkeys(source.data for source in (*recipe.photographs, *recipe.rated))
    return " ".join(["iqa train", recipe.name, *(f"--data {name}=PATH" for name in data), "--out RUN"])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML's strings, numbers and lists of these are JSON's

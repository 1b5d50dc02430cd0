"""What the weights reach on the photographs their recipe held out; the figures in weights.toml come from here.

    python benchmarks/held_out.py iqt-default --data photos=DIR --data biq2021=DIR [--weights FILE] [--json FILE]

With a reference: every held-out photograph's centre crop in 25 types at levels 1 to 5, labels are KADID-10k's
human means. Without: held-out rated photographs, whole, at native resolution.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.registry import find_model
from iqa_cli.training.gather import Data, gather
from iqa_cli.training.picture_files import evenly
from iqa_cli.training.recipe import Recipe, load_recipe
from iqa_cli.training.validation import LEVELS, Predictions, centre, rated_images, synthetic_pairs
from iqa_cli.weights import load_trained


def score(executor: Executor, batches) -> tuple[Predictions, np.ndarray]:
    """Scores by the engine itself beside the labels, and which images differ from their reference at all."""
    predicted, labels, types, changed = [], [], [], []
    for number, (batch, type) in enumerate(batches):
        images = batch.distorted.permute(0, 2, 3, 1).float().div(255).numpy()
        reference = None if batch.reference is None else batch.reference[0].permute(1, 2, 0).float().div(255).numpy()
        key = f"photograph {number // len(DISTORTIONS)}"
        predicted += [s.value for s in executor.score([Sample(image, reference, key) for image in images])]
        changed += [reference is None or not np.array_equal(image, reference) for image in images]
        labels += batch.score.tolist()
        types += [type] * len(images)
    return Predictions(np.array(predicted), np.array(labels), np.array(types)), np.array(changed)


def synthetic_figures(found: Predictions, changed: np.ndarray, identity: np.ndarray) -> dict:
    """Predictions over all and by type, the mean score at each level, and the place of identical images.

    The score must fall from level to level where people's mean does: colour shift's rises from 4 to 5.
    """
    by_type = found.srocc_by_stratum()
    table = {}
    for kind, distortion in DISTORTIONS.items():
        levels = found.predicted[found.stratum == kind].reshape(-1, len(LEVELS))
        table[distortion.name] = {
            "srocc": round(by_type[kind], 3),
            "mean_score_by_level": [round(float(v), 2) for v in levels.mean(axis=0)],
            "falls_with_level": bool((np.diff(levels.mean(axis=0))[np.diff(distortion.means) < 0] < 0).all()),
            "monotone_type": distortion.monotone,
        }
    below = found.predicted < np.repeat(identity, len(found.predicted) // len(identity))
    return {
        "srocc": round(found.srocc(), 4),
        "plcc": round(found.plcc(), 4),
        "identity_mean": round(float(identity.mean()), 3),
        "identity_lowest": round(float(identity.min()), 3),
        "identical_scores_highest": round(float(below[changed].mean()), 4),
        "falls_for_every_monotone_type": all(t["falls_with_level"] for t in table.values() if t["monotone_type"]),
        "types": table,
    }


def measure(recipe: Recipe, executor: Executor, data: Data, most: int | None) -> dict:
    """The figures of one model."""
    if recipe.stages[-1].kind == "rated":
        found, _ = score(executor, rated_images(data.rated_held_out, 0, 1))
        return {
            "images": len(found.label),
            "srocc": round(found.srocc(), 4),
            "plcc": round(found.plcc(), 4),
            "rmse": round(found.rmse(), 4),
        }
    crop = recipe.stages[-1].crop
    photographs = evenly(data.photographs_held_out, most)
    found, changed = score(executor, synthetic_pairs(photographs, crop))
    crops = [centre(photograph.read(), crop).astype(np.float32) / 255 for photograph in photographs]
    same = [executor.score([Sample(c, c, f"identical {i}")])[0].value for i, c in enumerate(crops)]
    return {
        "photographs": len(photographs),
        "pairs": len(found.label),
        **synthetic_figures(found, changed, np.array(same)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--photographs", type=int, help="so many of the held-out photographs, evenly taken; all")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    recipe = load_recipe(options.recipe)
    folders = {name: Path(folder) for name, folder in (pair.split("=", 1) for pair in options.data)}
    spec = find_model(recipe.model)
    model = load_trained(spec, options.weights).model
    executor = Executor(spec, model, device=torch.device("cpu"), precision=options.precision)
    figures = {
        "recipe": options.recipe,
        "precision": options.precision,
        **measure(recipe, executor, gather(replace(recipe, content=0.0, consensus=0.0), folders), options.photographs),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

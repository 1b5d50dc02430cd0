"""What the weights reach on the photographs their recipe held out; the figures in weights.toml come from here.

    python benchmarks/held_out.py iqt-default --data photos=DIR --data biq2021=DIR [--weights FILE] [--json FILE]

With a reference: every held-out photograph's centre crop in 25 types at levels 1 to 5, labels are KADID-10k's
human means. Without: held-out rated photographs, whole, at native resolution; and, of so many of the recipe's other
photographs as `--photographs` says, how well the score follows the level of each type.
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
from iqa_cli.statistics.correlation import srocc
from iqa_cli.training.gather import Data, gather
from iqa_cli.training.picture_files import evenly
from iqa_cli.training.recipe import Recipe, load_recipe
from iqa_cli.training.validation import LEVELS, Predictions, centre, rated_images, sources_of, synthetic_pairs
from iqa_cli.weights import load_trained

WHOLE = 512  # px of a photograph that is judged whole


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


def followed_levels(executor: Executor, data: Data, most: int) -> dict[str, float]:
    """By type, the rank correlation of score and level, the sign turned, in the median over held-out photographs."""
    photographs = evenly([p for p in data.photographs_held_out if p.fits(WHOLE)], most)
    found, _ = score(executor, synthetic_pairs(photographs, WHOLE))
    table = {}
    for kind, distortion in DISTORTIONS.items():
        rows = found.predicted[found.stratum == kind].reshape(-1, len(LEVELS))
        table[distortion.name] = round(float(np.median([srocc(row, -np.array(LEVELS)) for row in rows])), 2)
    return table


def measure(recipe: Recipe, executor: Executor, data: Data, most: int | None) -> dict:
    """The figures of one model."""
    if not recipe.stages[-1].synthetic:
        found, _ = score(executor, rated_images(data.rated_held_out, 0, 1))
        sources = sources_of(data.rated_held_out)
        return {
            "images": len(found.label),
            "srocc": round(found.srocc(), 4),
            "plcc": round(found.plcc(), 4),
            "rmse": round(found.rmse(), 4),
            "srocc_by_source": {sources[n]: round(value, 3) for n, value in found.srocc_by_stratum().items()},
            **({"follows_levels": followed_levels(executor, data, most)} if most else {}),
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


def without_teachers(recipe: Recipe) -> Recipe:
    """The recipe without what metrics say of its labels, which takes minutes to find out and is not asked here."""
    return replace(recipe, content=0.0, consensus=0.0, stages=tuple(replace(s, fooled=None) for s in recipe.stages))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--photographs", type=int, help="so many of those held out, evenly taken; all with a reference")
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
        **measure(recipe, executor, gather(without_teachers(recipe), folders), options.photographs),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""All the pictures of a run, in memory, with the held-out ones apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iqa_cli.errors import UsageError
from iqa_cli.training.pictures import fits, is_held_out, read, read_labels, read_photographs
from iqa_cli.training.recipe import Recipe, Stage


@dataclass
class Data:
    """Pictures in memory: what is learnt from, and what is held out."""

    photographs: list[np.ndarray]
    photographs_held_out: list[np.ndarray]
    rated: list[np.ndarray]
    scores: list[float]
    rated_held_out: list[np.ndarray]
    scores_held_out: list[float]


def gather(recipe: Recipe, folders: dict[str, Path]) -> Data:
    """Read everything a recipe needs into memory.

    Raises:
        UsageError: a folder or file is missing, or a stage could not fill its batches.
    """
    crop = recipe.largest_crop("synthetic")
    photographs = [read_photographs(recipe.photographs, folders, recipe.holdout, out, crop) for out in (False, True)]
    rated = {False: [], True: []}
    if recipe.rated:
        for path, score in read_labels(recipe.rated, folders):
            rated[is_held_out(path, recipe.holdout)].append((path, score))
    images = {out: read([path for path, _ in rows]) for out, rows in rated.items()}
    scores = {out: [score for _, score in rows] for out, rows in rated.items()}
    data = Data(*photographs, images[False], scores[False], images[True], scores[True])
    for stage in recipe.stages:
        _check(stage, data)
    return data


def _check(stage: Stage, data: Data) -> None:
    """Found now, not after hours of training."""
    if stage.kind == "synthetic":
        needed, learnt, held_out = 1, data.photographs, data.photographs_held_out
    else:
        learnt = [image for image in data.rated if fits(image, stage)]
        needed, held_out = stage.references, data.rated_held_out
    if stage.kind == "rated" and not stage.crop and len({image.shape for image in learnt}) > 1:
        raise UsageError("a stage that takes rated photographs whole needs them of one size: give it a crop")
    if len(learnt) < needed or not held_out:
        raise UsageError(
            f"a {stage.kind} stage needs {needed} pictures to learn from and 1 held out, "
            f"but there are {len(learnt)} and {len(held_out)}: put more into its folder"
        )

"""All the pictures of a run, in memory, with the held-out ones apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iqa_cli.training.pictures import is_held_out, read, read_labels, read_photographs
from iqa_cli.training.recipe import Recipe


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
        UsageError: a folder or file is missing.
    """
    photographs = [read_photographs(recipe.photographs, folders, recipe.holdout, out) for out in (False, True)]
    rated = {False: [], True: []}
    if recipe.rated:
        for path, score in read_labels(recipe.rated, folders):
            rated[is_held_out(path, recipe.holdout)].append((path, score))
    images = {out: read([path for path, _ in rows]) for out, rows in rated.items()}
    scores = {out: [score for _, score in rows] for out, rows in rated.items()}
    return Data(*photographs, images[False], scores[False], images[True], scores[True])

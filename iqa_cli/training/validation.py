"""A model in training judged on held-out pictures: its scores, and how they agree with the labels."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from iqa_cli.distortions import DISTORTIONS, distort, expected_score
from iqa_cli.executing.pieces import reflected
from iqa_cli.models.base import Model
from iqa_cli.options.crops import CropRule, windows
from iqa_cli.registry import find_model
from iqa_cli.statistics.correlation import plcc, srocc
from iqa_cli.training.batches import Batch
from iqa_cli.training.examples import Example
from iqa_cli.training.gather import Data
from iqa_cli.training.objective import predict
from iqa_cli.training.optimiser import Average
from iqa_cli.training.picture_files import Picture, evenly
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage
from iqa_cli.training.synthesis import to_tensor, to_uint8

LEVELS = (1, 2, 3, 4, 5)
RATED_FOR_ONE = 10  # a rated photograph is one prediction, a synthetic one 125
CROPS = 5  # of a rated image with a reference, while training; `iqa score` takes more


@dataclass(frozen=True)
class Predictions:
    """Predictions beside labels; `stratum` is the number of a distortion type, or of a rated image's source in
    alphabetical order.

    A correlation is NaN where all predictions are equal.
    """

    predicted: np.ndarray
    label: np.ndarray
    stratum: np.ndarray

    def srocc(self) -> float:
        """Spearman's rank correlation over everything."""
        return srocc(self.predicted, self.label)

    def plcc(self) -> float:
        """Pearson's correlation over everything, no fit."""
        return plcc(self.predicted, self.label)

    def rmse(self) -> float:
        """Root mean squared error on the scale 1 to 5."""
        return float(np.sqrt(np.mean((self.predicted.astype(float) - self.label) ** 2)))

    def srocc_by_stratum(self) -> dict[int, float]:
        """Spearman's rank correlation within each stratum."""
        members = {int(stratum): self.stratum == stratum for stratum in np.unique(self.stratum)}
        return {g: srocc(self.predicted[own], self.label[own]) for g, own in members.items()}


def synthetic_pairs(photographs: Iterable[Picture], crop: int) -> Iterator[tuple[Batch, int]]:
    """Every type at every whole level on the centre crop of each photograph: one batch a (photograph, type)."""
    for number, photograph in enumerate(p.read() for p in photographs):
        reference = centre(photograph, crop)
        pixels = reference.astype(np.float32) / 255
        for kind in DISTORTIONS:
            rng = np.random.default_rng([number, kind])
            distorted = [to_uint8(distort(pixels, kind, level, rng)) for level in LEVELS]
            scores = torch.tensor([expected_score(kind, level) for level in LEVELS])
            yield Batch(to_tensor(distorted), scores, reference=to_tensor([reference])), kind


def centre(image: np.ndarray, crop: int) -> np.ndarray:
    """The crop x crop window in the middle of an image."""
    top, left = ((side - crop) // 2 for side in image.shape[:2])
    return image[top : top + crop, left : left + crop]


def rated_images(examples: Iterable[Example], crop: int, crops: int) -> Iterator[tuple[Batch, int]]:
    """Rated images one at a time: whole, or as `crops` crops of side `crop` on a grid where there is a reference."""
    examples = list(examples)
    sources = sources_of(examples)
    for example in examples:
        stratum = sources.index(example.source)
        score = torch.tensor([example.score])
        if not example.reference:
            yield Batch(to_tensor([example.image.read()]), score), stratum
            continue
        both = [reflected(picture.read(), crop) for picture in (example.image, example.reference)]
        height, width = both[0].shape[:2]
        places = windows(height, width, crop, CropRule(crops))
        cut = [[i[top : top + crop, left : left + crop] for top, left in places] for i in both]
        yield Batch(to_tensor(cut[0]), score, reference=to_tensor(cut[1])), stratum


def sources_of(examples: Iterable[Example]) -> list[str]:
    """The sources that rated images come from, in alphabetical order."""
    return sorted({example.source for example in examples})


def predictions(batches: Iterator[tuple[Batch, int]], predict: Callable[[Batch], Tensor]) -> Predictions:
    """Run `predict` over the batches and lay its scores beside the labels.

    Where a batch has more images than scores, they are crops of one image, whose score is their mean.
    """
    columns: dict[str, list[np.ndarray]] = defaultdict(list)
    for batch, stratum in batches:
        predicted = predict(batch).float().cpu().numpy()
        columns["predicted"].append(predicted.reshape(len(batch.score), -1).mean(axis=1))
        columns["label"].append(batch.score.numpy())
        columns["stratum"].append(np.full(len(batch.score), stratum))
    return Predictions(**{name: np.concatenate(parts) for name, parts in columns.items()})


@torch.no_grad()
def evaluate(
    model: Model,
    average: Average | None,
    stage: Stage,
    data: Data,
    recipe: Recipe,
    most: int | None = None,
) -> Predictions:
    """How a model (with the averaged weights, if given) agrees with the labels of held-out pictures.

    `stage` says of which kind; `most` limits the photographs for a glance.
    """
    judge = deepcopy(model)
    if average:
        average.copy_to(judge)
    judge.eval()
    device = next(judge.parameters()).device

    def judged(batch: Batch) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            predicted = predict(judge, batch, device)
        return judge.scores(predicted)

    if stage.synthetic:
        fitting = [p for p in data.photographs_held_out if p.fits(stage.crop)]
        return predictions(synthetic_pairs(evenly(fitting, most), stage.crop), judged)
    examples = evenly(data.rated_held_out, most and most * RATED_FOR_ONE)
    crop = find_model(recipe.model).crop or 0
    return predictions(rated_images(examples, crop, CROPS), judged)

"""Scores on held-out pictures, and how they agree with the labels."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from iqa_cli.distortions import DISTORTIONS, distort, expected_score
from iqa_cli.engine.crops import CropRule, windows
from iqa_cli.engine.executor import reflected
from iqa_cli.statistics.correlation import plcc, srocc
from iqa_cli.training.batches import Batch
from iqa_cli.training.data import Example
from iqa_cli.training.pictures import Picture
from iqa_cli.training.synthesis import to_tensor, to_uint8

LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Agreement:
    """Predictions beside labels; `group` is the number of a distortion type, 0 for rated images.

    A correlation is NaN where all predictions are equal.
    """

    predicted: np.ndarray
    label: np.ndarray
    group: np.ndarray

    def srocc(self) -> float:
        """Spearman's rank correlation over everything."""
        return srocc(self.predicted, self.label)

    def plcc(self) -> float:
        """Pearson's correlation over everything, no fit."""
        return plcc(self.predicted, self.label)

    def rmse(self) -> float:
        """Root mean squared error on the scale 1 to 5."""
        return float(np.sqrt(np.mean((self.predicted.astype(float) - self.label) ** 2)))

    def srocc_by_group(self) -> dict[int, float]:
        """Spearman's rank correlation within each group."""
        members = {int(group): self.group == group for group in np.unique(self.group)}
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
    for example in examples:
        score = torch.tensor([example.score])
        if not example.reference:
            yield Batch(to_tensor([example.image.read()]), score), 0
            continue
        both = [reflected(picture.read(), crop) for picture in (example.image, example.reference)]
        places = windows(*both[0].shape[:2], crop, CropRule(crops))
        cut = [[i[top : top + crop, left : left + crop] for top, left in places] for i in both]
        yield Batch(to_tensor(cut[0]), score, reference=to_tensor(cut[1])), 0


def agreement(batches: Iterator[tuple[Batch, int]], predict: Callable[[Batch], Tensor]) -> Agreement:
    """Run `predict` over the batches and lay its scores beside the labels.

    Where a batch has more images than scores, they are crops of one image, whose score is their mean.
    """
    columns: dict[str, list[np.ndarray]] = defaultdict(list)
    for batch, group in batches:
        predicted = predict(batch).float().cpu().numpy()
        columns["predicted"].append(predicted.reshape(len(batch.score), -1).mean(axis=1))
        columns["label"].append(batch.score.numpy())
        columns["group"].append(np.full(len(batch.score), group))
    return Agreement(**{name: np.concatenate(parts) for name, parts in columns.items()})

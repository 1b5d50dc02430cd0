"""Scores on held-out photographs, and how they agree with the labels."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from iqa_cli.distortions import DISTORTIONS, distort, expected_score
from iqa_cli.training.batches import Batch, to_tensor, to_uint8

LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Agreement:
    """Predictions beside labels; `group` is a distortion type, or 0 for rated photographs.

    A correlation is NaN where all predictions are equal.
    """

    predicted: np.ndarray
    label: np.ndarray
    group: np.ndarray

    def srocc(self) -> float:
        """Spearman's rank correlation over everything."""
        return _correlation("spearmanr", self.predicted, self.label)

    def plcc(self) -> float:
        """Pearson's correlation over everything, no fit."""
        return _correlation("pearsonr", self.predicted, self.label)

    def srocc_by_group(self) -> dict[int, float]:
        """Spearman's rank correlation within each group."""
        members = {int(group): self.group == group for group in np.unique(self.group)}
        return {g: _correlation("spearmanr", self.predicted[own], self.label[own]) for g, own in members.items()}


def _correlation(kind: str, predicted: np.ndarray, label: np.ndarray) -> float:
    from scipy import stats

    if np.ptp(predicted) == 0 or np.ptp(label) == 0:  # SciPy would warn in the middle of training
        return float("nan")
    return float(getattr(stats, kind)(predicted.astype(float), label.astype(float)).statistic)


def synthetic_pairs(photographs: list[np.ndarray], crop: int) -> Iterator[tuple[Batch, int]]:
    """Every type at every whole level on the centre crop of each photograph: one batch a (photograph, type)."""
    for number, photograph in enumerate(photographs):
        top, left = ((side - crop) // 2 for side in photograph.shape[:2])
        reference = photograph[top : top + crop, left : left + crop]
        pixels = reference.astype(np.float32) / 255
        for kind in DISTORTIONS:
            rng = np.random.default_rng([number, kind])
            distorted = [to_uint8(distort(pixels, kind, level, rng)) for level in LEVELS]
            scores = torch.tensor([expected_score(kind, level) for level in LEVELS])
            yield Batch(to_tensor(distorted), scores, to_tensor([reference])), kind


def rated_images(rated: Iterable[tuple[np.ndarray, float]]) -> Iterator[tuple[Batch, int]]:
    """Rated photographs one at a time, whole."""
    for image, score in rated:
        yield Batch(to_tensor([image]), torch.tensor([score])), 0


def agreement(batches: Iterator[tuple[Batch, int]], predict: Callable[[Batch], Tensor]) -> Agreement:
    """Run `predict` over the batches and lay its scores beside the labels."""
    columns: dict[str, list[np.ndarray]] = defaultdict(list)
    for batch, group in batches:
        columns["predicted"].append(predict(batch).float().cpu().numpy())
        columns["label"].append(batch.score.numpy())
        columns["group"].append(np.full(len(batch.score), group))
    return Agreement(**{name: np.concatenate(parts) for name, parts in columns.items()})

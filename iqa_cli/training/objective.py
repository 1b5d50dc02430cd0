"""What a model is asked to minimise: its loss of each image, correlation and order within a source, distillation."""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn

from iqa_cli.models.base import Model, Student
from iqa_cli.training.batches import Batch
from iqa_cli.training.distillation import Distillation
from iqa_cli.training.examples import LEVELS

SPREAD = 0.7  # levels: standard deviation of the opinions on one image where a batch does not tell it
SAME = 1e-4  # levels: scores that spread less are equal but for rounding, and the gradient of their PLCC is not finite
TINY = 1e-7  # keeps square roots differentiable


class Objective(nn.Module):
    """A model with its loss, as one module: what PyTorch's data parallelism wraps.

    Args:
        model: what learns.
        plcc: weight of 1 - PLCC.
        fidelity: weight of the fidelity loss.
        distillation: what it also learns, by the weight that a batch has for it.
    """

    def __init__(
        self, model: Model, plcc: float = 0.0, fidelity: float = 0.0, distillation: Distillation | None = None
    ):
        super().__init__()
        self.model, self.plcc, self.fidelity, self.distillation = model, plcc, fidelity, distillation

    def forward(self, batch: Batch, device: torch.device) -> Tensor:
        """The batch's share of the mean loss over `batch.total` images, by its weight.

        With `plcc` and `fidelity`, that much of either is added for each image, taken within the sources of
        the images that are here: a part of a batch has its own.
        """
        if self.distillation:
            images = to_unit(batch.distorted, device)
            maps, predicted = cast(Student, self.model).maps_and_logits(images)
            total = batch.distil * self.distillation(images, maps, predicted).sum()
        else:
            predicted = predict(self.model, batch, device)
            total = predicted.new_zeros(())
        if batch.labelled:
            total = total + self._labels(predicted, batch, device)
        return batch.weight * total / batch.total

    def _labels(self, predicted: Tensor, batch: Batch, device: torch.device) -> Tensor:
        """The sum over the images of all that labels ask."""
        total = loss(self.model, predicted, batch, device).sum()
        if not (self.plcc or self.fidelity):
            return total
        said, score, spread = self.model.scores(predicted).float(), batch.score.to(device), spreads(batch).to(device)
        for rows in _sources(batch, device):
            if self.plcc and len(rows) > 2:
                total = total + self.plcc * len(rows) * (1 - correlation(said[rows], score[rows]))
            if self.fidelity and len(rows) > 1:
                total = total + self.fidelity * len(rows) * fidelity(said[rows], score[rows], spread[rows])
        return total


def predict(model: Model, batch: Batch, device: torch.device) -> Tensor:
    """What `loss` compares with the labels; see `Model.predict`."""
    references = None if batch.reference is None else to_unit(batch.reference, device)
    return model.predict(to_unit(batch.distorted, device), references)


def loss(model: Model, predicted: Tensor, batch: Batch, device: torch.device) -> Tensor:
    """By image (N,); see `Model.loss`."""
    distribution = None if batch.distribution is None else batch.distribution.to(device)
    return model.loss(predicted, batch.score.to(device), distribution)


def correlation(predicted: Tensor, score: Tensor) -> Tensor:
    """PLCC of N scores of the model and of people; 0, without a gradient, where all of one side are equal."""
    if min(predicted.detach().std(), score.std()) < SAME:
        return predicted.new_zeros(())
    return torch.corrcoef(torch.stack([predicted, score]))[0, 1]


def fidelity(predicted: Tensor, score: Tensor, spread: Tensor) -> Tensor:
    """Mean fidelity loss over all pairs of N images, in [0, 1]: how far the order of each pair is from people's.

    1 - sqrt(p q) - sqrt((1 - p) (1 - q)), where p is the probability that a person puts the first image of the pair
    above the second: opinions on an image are normal about its score. q is the same about the model's scores.
    Zhang et al., "Uncertainty-Aware Blind Image Quality Assessment in the Laboratory and Wild", IEEE TIP 2021,
    section III; there the model tells a spread of its own.

    Args:
        predicted: (N,) scores of the model.
        score: (N,) scores of people.
        spread: (N,) standard deviation of people's opinions on one image.
    """
    first, second = torch.triu_indices(len(score), len(score), 1, device=score.device)
    both = torch.hypot(spread[first], spread[second])
    p, q = (torch.special.ndtr((scores[first] - scores[second]) / both) for scores in (score, predicted))
    return (1 - (p * q + TINY).sqrt() - ((1 - p) * (1 - q) + TINY).sqrt()).mean()


def spreads(batch: Batch) -> Tensor:
    """Standard deviation (N,), in levels, of the opinions on each image."""
    if batch.distribution is None:
        return torch.full_like(batch.score, SPREAD)
    mean = batch.distribution @ LEVELS
    return (batch.distribution @ LEVELS**2 - mean**2).clamp_min(0.01).sqrt()


def _sources(batch: Batch, device: torch.device) -> Iterator[Tensor]:
    """The rows of each source; all where the batch does not tell."""
    source = torch.zeros(len(batch.score)) if batch.source is None else batch.source
    for one in source.unique():
        yield (source == one).nonzero()[:, 0].to(device)


def to_unit(images: Tensor, device: torch.device) -> Tensor:
    """uint8 images to [0, 1] on the device, channels last."""
    return images.to(device, non_blocking=True).float().div(255).contiguous(memory_format=torch.channels_last)

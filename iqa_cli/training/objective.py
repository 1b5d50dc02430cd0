"""What a model is asked to minimise: MSE for a score, cross-entropy for a distribution over levels."""

import torch
from torch import Tensor, nn

from iqa_cli.models.base import Model
from iqa_cli.training.batches import Batch


class Objective(nn.Module):
    """A model with its loss, as one module: what PyTorch's data parallelism wraps."""

    def __init__(self, model: Model, plcc: float = 0.0):
        super().__init__()
        self.model, self.plcc = model, plcc

    def forward(self, batch: Batch, device: torch.device) -> Tensor:
        """The batch's share of the mean loss over `batch.total` images.

        With `plcc`, that much of 1 - PLCC is added, over the images that are here: a part of a batch has its own.
        """
        predicted = predict(self.model, batch, device)
        total = loss(self.model, predicted, batch, device).sum()
        if self.plcc and len(batch.score) > 2:
            scores = self.model.scores(predicted)
            pairs = torch.stack([scores.float(), batch.score.to(device)])
            total = total + self.plcc * len(batch.score) * (1 - torch.corrcoef(pairs)[0, 1].nan_to_num())
        return total / batch.total


def predict(model: Model, batch: Batch, device: torch.device) -> Tensor:
    """What `loss` compares with the labels; see `Model.predict`."""
    references = None if batch.reference is None else to_unit(batch.reference, device)
    return model.predict(to_unit(batch.distorted, device), references)


def loss(model: Model, predicted: Tensor, batch: Batch, device: torch.device) -> Tensor:
    """By image (N,); see `Model.loss`."""
    distribution = None if batch.distribution is None else batch.distribution.to(device)
    return model.loss(predicted, batch.score.to(device), distribution)


def to_unit(images: Tensor, device: torch.device) -> Tensor:
    """uint8 images to [0, 1] on the device, channels last."""
    return images.to(device, non_blocking=True).float().div(255).contiguous(memory_format=torch.channels_last)

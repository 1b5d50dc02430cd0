"""What a model is asked to minimise: MSE for a score, cross-entropy for a distribution over levels."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.base import FullReference, mean_level
from iqa_cli.training.batches import Batch


class Objective(nn.Module):
    """A model with its loss, as one module: what PyTorch's data parallelism wraps."""

    def __init__(self, model: nn.Module, plcc: float = 0.0):
        super().__init__()
        self.model, self.plcc = model, plcc

    def forward(self, batch: Batch, device: torch.device) -> Tensor:
        """The batch's share of the mean loss over `batch.total` images.

        With `plcc`, that much of 1 - PLCC is added, over the images that are here: a part of a batch has its own.
        """
        predicted = predict(self.model, batch, device)
        total = loss(self.model, predicted, batch, device).sum()
        if self.plcc and len(batch.score) > 2:
            scores = mean_level(predicted.float().softmax(-1)) if predicted.ndim == 2 else predicted
            pairs = torch.stack([scores.float(), batch.score.to(device)])
            total = total + self.plcc * len(batch.score) * (1 - torch.corrcoef(pairs)[0, 1].nan_to_num())
        return total / batch.total


def predict(model: nn.Module, batch: Batch, device: torch.device) -> Tensor:
    """What `loss` compares with the labels: scores (N,) with a reference, level logits (N, 5) without.

    Each reference is encoded once for all its versions, and in one batch with them: BatchNorm must not
    see references and distorted images apart, or an undistorted pair has a difference while training.
    """
    distorted = to_unit(batch.distorted, device)
    if not isinstance(model, FullReference):
        return model.logits(distorted)
    references = len(batch.reference)
    features = model.encode(torch.cat([to_unit(batch.reference, device), distorted]))
    versions = len(distorted) // references
    return model.compare(features[:references].repeat_interleave(versions, dim=0), features[references:])


def loss(model: nn.Module, predicted: Tensor, batch: Batch, device: torch.device) -> Tensor:
    """By image (N,): squared error of (score - 1) / 4, or the cross-entropy with the label distribution."""
    if isinstance(model, FullReference):
        return ((predicted.float() - batch.score.to(device)) / 4) ** 2
    return F.cross_entropy(predicted.float(), batch.distribution.to(device), reduction="none")


def to_unit(images: Tensor, device: torch.device) -> Tensor:
    """uint8 images to [0, 1] on the device, channels last."""
    return images.to(device, non_blocking=True).float().div(255).contiguous(memory_format=torch.channels_last)

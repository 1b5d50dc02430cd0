"""What a model is asked to minimise: MSE for a score, cross-entropy for a distribution over levels."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.base import FullReference
from iqa_cli.training.batches import Batch

LEVELS = torch.arange(1.0, 6.0)


def predict(model: nn.Module, batch: Batch, device: torch.device) -> Tensor:
    """What `loss` compares with the labels: scores (N,) with a reference, level logits (N, 5) without.

    Each reference is encoded once for all its versions.
    """
    distorted = to_unit(batch.distorted, device)
    if not isinstance(model, FullReference):
        return model.logits(distorted)
    reference = model.encode(to_unit(batch.reference, device))
    return model.compare(reference.repeat_interleave(len(distorted) // len(reference), dim=0), model.encode(distorted))


def loss(model: nn.Module, predicted: Tensor, scores: Tensor, spread: float) -> Tensor:
    """MSE on (score - 1) / 4, or the cross-entropy with a discretised Gaussian around the score."""
    if isinstance(model, FullReference):
        return F.mse_loss((predicted - 1) / 4, (scores - 1) / 4)
    return F.cross_entropy(predicted.float(), level_distribution(scores, spread))


def level_distribution(scores: Tensor, spread: float) -> Tensor:
    """Label distributions (N, 5): a Gaussian of mean `score` at the levels 1..5, renormalised.

    The ends of the scale are drawn towards its middle: for a spread of 0.7 the mean of the label is 1.29 for a
    score of 1, and 4.71 for 5; a model that learns them perfectly scores in that range. (TRIQ's code takes the
    Gaussian without renormalising where a data set has no votes.)
    """
    levels = LEVELS.to(scores.device)
    return torch.softmax(-0.5 * ((levels - scores[:, None]) / spread) ** 2, dim=-1)


def to_unit(images: Tensor, device: torch.device) -> Tensor:
    """uint8 images to [0, 1] on the device, channels last."""
    return images.to(device, non_blocking=True).float().div(255).contiguous(memory_format=torch.channels_last)

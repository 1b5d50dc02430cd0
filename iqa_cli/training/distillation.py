"""Distillation: a student learns to see, and to say, what a guide, another model, makes of the same pictures.

Of features: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015; here at every stage, and all at once. Of
opinions: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, at a temperature of 1. No
picture needs a label, so that crops, distorted ones and reduced ones teach as well as whole photographs.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.base import Hinting, Model, Student
from iqa_cli.registry import find_model
from iqa_cli.weights import default_weight, load_trained

SHARES = (0.5, 0.5, 0.5, 1.0)  # of the maps of stride 4, 8, 16 and 32 in the loss
FARTHEST = 6.0  # standard deviations: a few activations far out must not be all that is learnt


def told_of_guide(name: str) -> str:
    """A guide and the weights that it has here, by name and hash."""
    weight = default_weight(name)
    return name if weight is None else f"{name} ({weight.name}, sha256 {weight.sha256[:12]})"


class Distillation(nn.Module):
    """The loss of a student against its guide.

    Args:
        name: of the guide, a model that `guides`; its default weights are taken.
        student: what learns, a model that is `guided`.

    Raises:
        WeightsError: the guide has no weights.
    """

    def __init__(self, name: str, student: Model):
        super().__init__()
        guide = load_trained(find_model(name)).model
        cast(Any, guide.requires_grad_(False)).to(memory_format=torch.channels_last)
        self.guide = [guide]  # in a list it is no part of this module: nothing of it is learnt, saved or sent
        pairs = list(zip(cast(Student, student).MAPS, cast(Hinting, guide).HINTS, strict=True))
        self.regressors = nn.ModuleList(nn.Conv2d(width, hint, 1) for width, hint in pairs)

    def forward(self, images: Tensor, maps: list[Tensor], logits: Tensor) -> Tensor:
        """By image (N,): how much of the hints is not explained, by shares, and the divergence of the opinions.

        Args:
            images: N x 3 x H x W RGB in [0, 1].
            maps, logits: what the student makes of them.
        """
        hints, opinions = self.given(images)
        missed = torch.zeros(len(images), device=images.device)
        for share, regress, seen, hint in zip(SHARES, self.regressors, maps, hints, strict=True):
            told = F.adaptive_avg_pool2d(regress(seen).float(), (hint.shape[-2], hint.shape[-1]))
            missed = missed + share * ((told - hint) ** 2).mean(dim=(1, 2, 3))
        said = logits.float().log_softmax(dim=-1)
        return missed + F.kl_div(said, opinions, reduction="none").sum(dim=-1)

    @torch.no_grad()
    def given(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """The guide's hints, each channel standardised over the images that are here, and its opinions (N, 5)."""
        guide = cast(Hinting, self.guide[0].to(images.device))
        hints, logits = guide.hints_and_logits(images)
        standardised = (F.batch_norm(hint.float(), None, None, training=True) for hint in hints)
        return [hint.clamp(-FARTHEST, FARTHEST) for hint in standardised], logits.float().softmax(dim=-1)

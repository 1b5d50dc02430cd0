"""Where a model looks: the attention of its quality token, as a map over its tokens.

IQT: the mean over all layers and heads of the quality token's row (Cheon et al. 2021, figure 5; encoder
self-attention, decoder self- and cross-attention index the same grid). TRIQ: attention rollout over its
layers (Abnar and Zuidema 2020, as the official code does): heads averaged, the residual path added as the
identity, rows normalised, layers multiplied.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor

from iqa_cli.models.layers import RECORD


class Attentive(ABC):
    """A model that can show where it looked; its `Spec` declares `maps`."""

    @abstractmethod
    def attention(self, matrices: Sequence[Tensor], height: int, width: int) -> Tensor:
        """Attention maps (B, h, w) of the quality token from `recorded` matrices of pieces height x width."""


@contextmanager
def recorded() -> Iterator[list[Tensor]]:
    """Within this context a model computes attention by explicit matrices, and they are in the list afterwards.

    The scores are those of the fast path but for rounding.
    """
    matrices: list[Tensor] = []
    before = RECORD.set(matrices)
    try:
        yield matrices
    finally:
        RECORD.reset(before)


def mean_row(matrices: Sequence[Tensor]) -> Tensor:
    """What the quality token attends to (B, N), the mean over layers and heads; itself left out."""
    return torch.stack([matrix[:, :, 0, 1:].float().mean(dim=1) for matrix in matrices]).mean(dim=0)


def rollout(matrices: Sequence[Tensor]) -> Tensor:
    """What reaches the quality token (B, N) through self-attention layers and their residual paths."""
    through = None
    for matrix in matrices:
        layer = matrix.float().mean(dim=1)
        layer = layer + torch.eye(layer.shape[-1], dtype=layer.dtype, device=layer.device)
        layer = layer / layer.sum(dim=-1, keepdim=True)
        through = layer if through is None else layer @ through
    return cast(Tensor, through)[:, 0, 1:]

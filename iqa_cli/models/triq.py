"""TRIQ: Transformer for image quality assessment, without a reference.

You and Korhonen, "Transformer for Image Quality Assessment", ICIP 2021 (arXiv 2101.01097).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.attention import Attentive, rollout
from iqa_cli.models.backbones import EfficientNetLite0, resnet50
from iqa_cli.models.base import FiveLevel, Hinting, Student, Telling
from iqa_cli.models.layers import EncoderLayer, FeedForward, Standardise, Tokens, mean_and_deviation
from iqa_cli.models.numerics import at_least_single
from iqa_cli.models.stripes import CellMeans, Chain, Striped, Stripes, joined

# What (x - mean) / std turns an RGB image in [0, 1] into, by the name of who trained the backbone.
NORMALISATIONS = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "symmetric": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),  # [-1, 1]: the official Keras code, and ViT
}


@dataclass(frozen=True)
class TRIQConfig:
    """Shape of the model, as the paper has it; the last four fit the official Keras checkpoint."""

    dim: int = 32
    layers: int = 2
    heads: int = 8
    ffn: int = 64
    head: int = 64
    dropout: float = 0.1
    positions: int = 192  # rows of the position table without the quality token's
    norm_eps: float = 1e-6
    normalisation: Literal["imagenet", "symmetric"] = "imagenet"
    stride_in_1x1: bool = False
    batchnorm_eps: float = 1e-5


def pool_size(height: int, width: int, positions: int) -> tuple[int, int]:
    """Kernel of the smallest P x P max-pool that leaves at most `positions` cells of a height x width map.

    The same as the official rule at 1024x768 (P = 2) and 512x384 (P = 1); there is one for every size:
    where a side is shorter than P, that side is pooled whole.
    """
    pool = 1
    while max(height // pool, 1) * max(width // pool, 1) > positions:
        pool += 1
    return min(pool, height), min(pool, width)


class TRIQ(FiveLevel, Attentive, Student, Striped):
    """ResNet-50 C5 at native resolution, adaptive max-pooling, a shallow encoder, five levels."""

    MAPS = (256, 512, 1024, 2048)  # C2 to C5

    def __init__(self, config: TRIQConfig = TRIQConfig(), pretrained: bool = False):
        super().__init__()
        self.config = c = config
        self.backbone = resnet50(pretrained, c.stride_in_1x1)
        for layer in self.backbone.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = c.batchnorm_eps
        self.embed = nn.Conv2d(2048, c.dim, 1)
        self.tokens = Tokens(c.positions + 1, c.dim)
        self.encoder = nn.ModuleList(
            EncoderLayer(c.dim, c.heads, c.ffn, "relu", dropout=c.dropout, eps=c.norm_eps) for _ in range(c.layers)
        )
        self.head = FeedForward(c.dim, c.head, "gelu-tanh", out=5, dropout=c.dropout)

    def logits(self, images: Tensor | Stripes) -> Tensor:
        """B x 3 x H x W RGB in [0, 1], any size from 32 px, to level logits (B, 5)."""
        return self._judged(self._features(images))

    def maps_and_logits(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """C2 to C5, and level logits (B, 5)."""
        x, maps = self._normalised(images), []
        for name, part in self.backbone.named_children():
            x = part(x)
            if name.startswith("layer"):
                maps.append(x)
        return maps, self._judged(self.embed(x))

    def _judged(self, features: Tensor) -> Tensor:
        height, width = features.shape[-2:]
        pool = pool_size(height, width, self.config.positions)
        x = self.tokens(F.max_pool2d(features, pool))
        for layer in self.encoder:
            x = layer(x)
        return self.head(x[:, 0])

    def _features(self, images: Tensor | Stripes) -> Tensor:
        if isinstance(images, Stripes):
            trunk = Chain((self.backbone, self.embed), images.height)
            return joined(trunk(self._normalised(stripe)) for stripe in images)
        return self.embed(self.backbone(self._normalised(images)))

    def _normalised(self, images: Tensor) -> Tensor:
        mean, std = (images.new_tensor(v).view(3, 1, 1) for v in NORMALISATIONS[self.config.normalisation])
        return (images - mean) / std

    def attention(self, matrices: Sequence[Tensor], height: int, width: int) -> Tensor:
        """Attention maps (B, h, w) of the quality token from `recorded` matrices of images height x width."""
        size = feature_size(height), feature_size(width)
        pool = pool_size(size[0], size[1], self.config.positions)
        return rollout(matrices).unflatten(1, [side // p for side, p in zip(size, pool, strict=True)])


def feature_size(side: int) -> int:
    """Side of C5 for an image's side in px: five strides of 2, rounded up."""
    for _ in range(5):
        side = (side - 1) // 2 + 1
    return side


@dataclass(frozen=True)
class TRIQLiteConfig:
    """Shape of TRIQ's head on EfficientNet-Lite0; ours, no paper's."""

    dim: int = 96
    layers: int = 2
    heads: int = 4
    ffn: int = 192
    head: int = 64
    dropout: float = 0.1
    cells: int = 256  # at most so many tokens beside the quality token


class TRIQLite(Attentive, Telling, Hinting, FiveLevel, Striped):
    """TRIQ's idea on ImageNet features: several stages, a cell's mean and deviation, no positions.

    Each cell of a grid over the image, 32 px a side or the smallest multiple that leaves at most `cells` of them, is
    described by the mean over it of six stages and, of those with more than one value in a cell, by their standard
    deviation. The head reads the quality token beside the mean and the deviation of the others.
    """

    FINE = range(2, 6)  # stages of stride 4 to 16: mean and deviation
    DEEP = range(6, 8)  # stages of stride 32: mean
    STAGES = EfficientNetLite0.CHANNELS
    CELL = 2 * sum(STAGES[2:6]) + sum(STAGES[6:8])  # channels that describe a cell
    HINTS = (STAGES[2], STAGES[3], STAGES[4] + STAGES[5], CELL)

    def __init__(self, config: TRIQLiteConfig = TRIQLiteConfig(), pretrained: bool = False):
        super().__init__()
        self.config = c = config
        self.backbone = EfficientNetLite0(pretrained)
        self.standardise = Standardise(self.CELL)
        self.embed = nn.Conv2d(self.CELL, c.dim, 1)
        self.tokens = Tokens(1, c.dim)
        self.encoder = nn.ModuleList(
            EncoderLayer(c.dim, c.heads, c.ffn, "gelu", dropout=c.dropout) for _ in range(c.layers)
        )
        self.head = FeedForward(3 * c.dim, c.head, "gelu", out=5, dropout=c.dropout)

    def logits(self, images: Tensor | Stripes) -> Tensor:
        """B x 3 x H x W RGB in [0, 1], any size from 32 px, to level logits (B, 5)."""
        return self.judged(self.cells(images))

    def judged(self, cells: Tensor) -> Tensor:
        """Level logits (B, 5) of what `cells` gives."""
        x = self.tokens(self.embed(self._standardised(cells).to(self.embed.weight.dtype)))
        for layer in self.encoder:
            x = layer(x)
        others = x[:, 1:]
        return self.head(torch.cat([x[:, 0], others.mean(1), others.std(1, correction=0)], dim=-1))

    def _standardised(self, cells: Tensor) -> Tensor:
        return self.standardise(cells).clamp(-6, 6)

    def cells(self, images: Tensor | Stripes) -> Tensor:
        """What describes each cell of the grid: B x channels x h x w."""
        if isinstance(images, Stripes):
            return self._cells_in_stripes(images)
        return self._described(self.backbone(images), self._grid(*images.shape[-2:]))

    def hints_and_logits(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """The stages of stride 4, 8 and 16 as they are, the standardised cells, and level logits (B, 5)."""
        stages = list(self.backbone(images))
        cells = self._described(stages, self._grid(*images.shape[-2:]))
        hints = [stages[2], stages[3], torch.cat(stages[4:6], dim=1), self._standardised(cells)]
        return hints, self.judged(cells)

    def _described(self, stages: Iterable[Tensor], grid: tuple[int, int]) -> Tensor:
        described: list[Tensor] = []
        for number, stage in enumerate(stages):
            if number in self.FINE:
                described += mean_and_deviation(stage, grid)
            elif number in self.DEEP:
                described.append(F.adaptive_avg_pool2d(at_least_single(stage), grid))
        return torch.cat(described, dim=1)

    def _cells_in_stripes(self, images: Stripes) -> Tensor:
        grid = self._grid(images.height, images.width)
        gathered = [CellMeans(grid) for _ in self.backbone.CHANNELS]
        for number, rows in self.backbone.in_stripes(images):
            if number in self.FINE or number in self.DEEP:
                gathered[number].add(rows)
        described = [part for number in self.FINE for part in gathered[number].mean_and_deviation()]
        return torch.cat([*described, *(gathered[number].mean() for number in self.DEEP)], dim=1)

    def outputs_and_cells(self, images: Tensor | Stripes) -> tuple[Tensor, Tensor]:
        """Level probabilities (B, 5) of pieces, and the cells they were judged by."""
        cells = self.cells(images)
        return self.judged(cells).float().softmax(dim=-1), cells

    def attention(self, matrices: Sequence[Tensor], height: int, width: int) -> Tensor:
        """Attention maps (B, h, w) of the quality token from `recorded` matrices of images height x width."""
        return rollout(matrices).unflatten(1, self._grid(height, width))

    def _grid(self, height: int, width: int) -> tuple[int, int]:
        rows, columns = feature_size(height), feature_size(width)
        tall, wide = pool_size(rows, columns, self.config.cells)
        return rows // tall, columns // wide

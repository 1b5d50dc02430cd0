"""IQT and IQT-C: perceptual image quality assessment with Transformers, with a reference.

Cheon, Yoon, Kang, Lee, "Perceptual Image Quality Assessment with Transformers", CVPR Workshops 2021
(arXiv 2104.14730); IQT-C is the smaller model that won the NTIRE 2021 challenge. What the paper
leaves open, and the choice taken here, is told in docs/models.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.attention import Attentive, mean_row
from iqa_cli.models.backbones import EfficientNetLite0, InceptionResNetV2Prefix
from iqa_cli.models.base import FullReference, Telling
from iqa_cli.models.layers import DecoderLayer, EncoderLayer, FeedForward, Standardise, Tokens, mean_and_deviation
from iqa_cli.models.numerics import at_least_single


@dataclass(frozen=True)
class IQTConfig:
    """Shape of the model; the defaults are IQT's. From `activation` on, the fields fit checkpoints made by others."""

    crop: int = 256  # px; 256 gives 29 x 29 = 841 tokens, 192 gives 441
    dim: int = 256
    layers: int = 2  # in the encoder, and as many in the decoder
    heads: int = 4
    ffn: int = 1024
    head: int = 512  # hidden width of the prediction head
    dropout: float = 0.1
    activation: Literal["gelu", "gelu-tanh", "relu"] = "gelu"
    head_dim: int | None = None  # width of one attention head; dim / heads when None
    head_bias: bool = True
    causal_decoder: bool = False
    norm_eps: float = 1e-5
    scale: float = 4.0  # score = scale * output + offset: 1..5 for outputs trained on (MOS - 1) / 4
    offset: float = 1.0

    @property
    def tokens(self) -> int:
        """Positions of one crop's feature map, the quality token not counted."""
        return feature_size(self.crop) ** 2


CELL = 16  # px: a token of IQT-lite

IQT_C = IQTConfig(crop=192, dim=128, layers=1, ffn=1024, head=128)


def feature_size(crop: int) -> int:
    """Side of the backbone's map for a crop of `crop` px: 256 → 29, 192 → 21.

    Follows the unpadded convolutions and pools of the stem: 3/2, 3, (3 padded), pool 3/2, 1, 3, pool 3/2.
    """
    size = (crop - 3) // 2 + 1 - 2
    size = (size - 3) // 2 + 1 - 2
    return (size - 3) // 2 + 1


class IQT(FullReference, Attentive):
    """Encoder over the features' difference, decoder over the reference, one score from the quality token.

    The output is linear, so a score can leave the range of its labels by a little.
    """

    def __init__(self, config: IQTConfig = IQTConfig(), pretrained: bool = False):
        super().__init__()
        self.config = c = config
        self.backbone = InceptionResNetV2Prefix(pretrained)
        self.embed_difference = nn.Conv2d(self.backbone.CHANNELS, c.dim, 1)
        self.embed_reference = nn.Conv2d(self.backbone.CHANNELS, c.dim, 1)
        grid = feature_size(c.crop)
        self.tokens_difference = Tokens(c.tokens + 1, c.dim, grid)
        self.tokens_reference = Tokens(c.tokens + 1, c.dim, grid)
        layer: dict[str, Any] = {
            "dim": c.dim, "heads": c.heads, "ffn": c.ffn, "activation": c.activation,
            "head_dim": c.head_dim, "dropout": c.dropout, "eps": c.norm_eps,
        }  # fmt: skip
        self.encoder = nn.ModuleList(EncoderLayer(**layer) for _ in range(c.layers))
        self.decoder = nn.ModuleList(DecoderLayer(**layer, causal=c.causal_decoder) for _ in range(c.layers))
        self.head = FeedForward(c.dim, c.head, "relu", out=1, bias=c.head_bias)

    def encode(self, images: Tensor) -> Tensor:
        """Crops B x 3 x crop x crop to features B x 1920 x h x w."""
        return self.backbone(images)

    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,) from two feature maps; 1..5 with the default scale and offset, higher is better."""
        difference = self.tokens_difference(self.embed_difference(reference - distorted))
        for layer in self.encoder:
            difference = layer(difference)
        x = self.tokens_reference(self.embed_reference(reference))
        for layer in self.decoder:
            x = layer(x, difference, first_only=layer is self.decoder[-1])
        return self.head(x[:, 0]).squeeze(-1).float() * self.config.scale + self.config.offset

    def attention(self, matrices: Sequence[Tensor], height: int, width: int) -> Tensor:
        """Attention maps (B, h, w) of the quality token from `recorded` matrices of crops height x width."""
        return mean_row(matrices).unflatten(1, (feature_size(height), feature_size(width)))


@dataclass(frozen=True)
class IQTLiteConfig:
    """Shape of IQT's wiring on EfficientNet-Lite0; ours, no paper's."""

    crop: int = 256  # px; 16 x 16 = 256 tokens
    dim: int = 128
    layers: int = 2
    heads: int = 4
    ffn: int = 512
    head: int = 128
    dropout: float = 0.1


class IQTLite(Attentive, Telling, FullReference):
    """IQT's wiring on stages of EfficientNet-Lite0 brought to one grid of 16 px cells.

    The image itself and the maps of stride 2 to 8 are described in each cell by mean and standard deviation, and their
    difference also by its root mean square, since noise has no mean; maps of stride 16 are taken as they are, those
    of stride 32 repeated. As in IQT the difference goes to the encoder, the reference to the decoder.
    """

    FINE = (0, 2, 3)  # of the stem and the stages: stride 2 to 8
    EVEN = (4, 5)  # stride 16
    DEEP = (6,)  # stride 32

    def __init__(self, config: IQTLiteConfig = IQTLiteConfig(), pretrained: bool = False):
        super().__init__()
        self.config = c = config
        self.backbone = EfficientNetLite0(pretrained, stages=max(self.DEEP))
        fine, even, deep = (sum(self.backbone.CHANNELS[i] for i in part) for part in (self.FINE, self.EVEN, self.DEEP))
        fine += 3  # the image
        self.standardise_difference = Standardise(3 * fine + 2 * even + deep)
        self.standardise_reference = Standardise(2 * fine + even + deep)
        self.embed_difference = nn.Conv2d(self.standardise_difference.num_features, c.dim, 1)
        self.embed_reference = nn.Conv2d(self.standardise_reference.num_features, c.dim, 1)
        grid = c.crop // CELL
        self.tokens_difference = Tokens(grid**2 + 1, c.dim, grid)
        self.tokens_reference = Tokens(grid**2 + 1, c.dim, grid)
        layer: dict[str, Any] = {"dim": c.dim, "heads": c.heads, "ffn": c.ffn, "dropout": c.dropout}
        self.encoder = nn.ModuleList(EncoderLayer(**layer) for _ in range(c.layers))
        self.decoder = nn.ModuleList(DecoderLayer(**layer) for _ in range(c.layers))
        self.head = FeedForward(c.dim, c.head, "relu", out=1)

    def encode(self, images: Tensor) -> tuple[Tensor, ...]:
        """Crops B x 3 x H x W to the maps that are compared, the image first."""
        wanted = (*self.FINE, *self.EVEN, *self.DEEP)
        return images, *(x for number, x in enumerate(self.backbone(images)) if number in wanted)

    def compare(self, reference: tuple[Tensor, ...], distorted: tuple[Tensor, ...]) -> Tensor:
        """Scores (B,) from two pyramids; 1..5, higher is better."""
        return self.judged(*self.described(reference, distorted))

    def outputs_and_cells(self, reference: tuple[Tensor, ...], distorted: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (B,) of pieces, and what reference and difference are in cells of 32 px."""
        described = self.described(reference, self.encode(distorted))
        return self.judged(*described), self.cells(*described)

    @staticmethod
    def cells(of_reference: Tensor, of_difference: Tensor) -> Tensor:
        """Both of `described` in one, in cells twice as large a side: B x channels x h x w."""
        return F.avg_pool2d(torch.cat([of_reference, of_difference], dim=1), 2)

    def judged(self, of_reference: Tensor, of_difference: Tensor) -> Tensor:
        """Scores (B,) of what `described` gives."""
        x = self.standardise_difference(of_difference).clamp(-8, 8).to(self.embed_difference.weight.dtype)
        difference = self.tokens_difference(self.embed_difference(x))
        for layer in self.encoder:
            difference = layer(difference)
        x = self.standardise_reference(of_reference).clamp(-8, 8).to(self.embed_reference.weight.dtype)
        x = self.tokens_reference(self.embed_reference(x))
        for layer in self.decoder:
            x = layer(x, difference, first_only=layer is self.decoder[-1])
        return self.head(x[:, 0]).squeeze(-1).float() * 4 + 1

    def described(self, reference: tuple[Tensor, ...], distorted: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """The reference and the difference in each cell, B x channels x h x w both."""
        height, width = reference[0].shape[-2:]
        grid = -(-height // CELL), -(-width // CELL)
        fine, even = 1 + len(self.FINE), 1 + len(self.FINE) + len(self.EVEN)
        of_reference, of_difference = [], []
        pairs = [(at_least_single(r), at_least_single(d)) for r, d in zip(reference, distorted, strict=True)]
        for r, d in pairs[:fine]:
            mean, deviation = mean_and_deviation(r, grid)
            other_mean, other_deviation = mean_and_deviation(d, grid)
            square = F.adaptive_avg_pool2d((r - d) ** 2, grid)
            of_reference += [mean, deviation]
            of_difference += [mean - other_mean, deviation - other_deviation, (square + 1e-6).sqrt()]
        for r, d in pairs[fine:even]:
            of_reference.append(r)
            of_difference += [r - d, (r - d).abs()]
        for r, d in pairs[even:]:
            of_reference.append(F.interpolate(r, size=grid))
            of_difference.append(F.interpolate(r - d, size=grid))
        return torch.cat(of_reference, dim=1), torch.cat(of_difference, dim=1)

    def attention(self, matrices: Sequence[Tensor], height: int, width: int) -> Tensor:
        """Attention maps (B, h, w) of the quality token from `recorded` matrices of crops height x width."""
        return mean_row(matrices).unflatten(1, (-(-height // CELL), -(-width // CELL)))

"""ViT-IQA and R50-ViT-IQA: the baselines TRIQ was compared with, without a reference.

You and Korhonen, "Transformer for Image Quality Assessment", ICIP 2021 (arXiv 2101.01097), section 4;
the trunks are Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021. The official code adds one and
the same position row to every token, which amounts to none; here positions are real, resampled to the
grid of the image at hand.
"""

from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from iqa_cli.models.backbones import vision_transformer
from iqa_cli.models.base import FiveLevel
from iqa_cli.models.layers import FeedForward
from iqa_cli.models.triq import NORMALISATIONS


@dataclass(frozen=True)
class ViTIQAConfig:
    """Which trunk, and the head, which is TRIQ's."""

    trunk: str
    head: int = 64
    dropout: float = 0.1
    normalisation: Literal["imagenet", "symmetric"] = "symmetric"


VIT_IQA = ViTIQAConfig("vit_base_patch16_384.orig_in21k_ft_in1k")
R50_VIT_IQA = ViTIQAConfig("vit_base_r50_s16_384.orig_in21k_ft_in1k")


def pool_size(width: int) -> int:
    """The official rule, by the width of the patch grid: 4 from 64 patches on, 2 from 24 on, else 1."""
    return 4 if width >= 64 else 2 if width >= 24 else 1


class ViTIQA(FiveLevel):
    """Patches at native resolution, max-pooled by width, a ViT-B encoder, five levels."""

    def __init__(self, config: ViTIQAConfig = VIT_IQA, pretrained: bool = False):
        super().__init__()
        self.config = config
        self.trunk: Any = cast(Any, vision_transformer(config.trunk, pretrained))  # its parts are timm's
        self.head = FeedForward(self.trunk.embed_dim, config.head, "gelu-tanh", out=5, dropout=config.dropout)

    def logits(self, images: Tensor) -> Tensor:
        """B x 3 x H x W RGB in [0, 1], any size from 32 px, to level logits (B, 5)."""
        mean, std = (images.new_tensor(v).view(3, 1, 1) for v in NORMALISATIONS[self.config.normalisation])
        patches = self._patches((images - mean) / std)
        height, width = patches.shape[-2:]
        tokens = patches.flatten(2).transpose(1, 2)
        quality = self.trunk.cls_token.expand(len(tokens), -1, -1).to(tokens.dtype)
        x = torch.cat([quality, tokens], dim=1) + self._positions((height, width)).to(tokens.dtype)
        x = self.trunk.norm(self.trunk.blocks(x))
        return self.head(x[:, 0])

    def _patches(self, images: Tensor) -> Tensor:
        """Embedded patches B x 768 x h x w after pooling; edges that fill no patch are left out."""
        embed = self.trunk.patch_embed
        images = images[..., : images.shape[-2] // 16 * 16, : images.shape[-1] // 16 * 16]
        if hasattr(embed, "backbone"):  # hybrid: the ResNet's map is pooled before it is embedded
            return embed.proj(pool(embed.backbone(images)))
        return pool(embed.proj(images))

    def _positions(self, grid: tuple[int, int]) -> Tensor:
        """The learnt table (1, 1 + n * n, 768), its grid part resampled to `grid`."""
        table = self.trunk.pos_embed
        side = round((table.shape[1] - 1) ** 0.5)
        cells = table[:, 1:].transpose(1, 2).unflatten(2, (side, side)).float()
        if tuple(grid) != (side, side):
            cells = F.interpolate(cells, size=tuple(grid), mode="bicubic", antialias=True, align_corners=False)
        return torch.cat([table[:, :1], cells.flatten(2).transpose(1, 2)], dim=1)


def pool(patches: Tensor) -> Tensor:
    """Max-pool a patch grid by the width rule; a side shorter than the kernel is pooled whole."""
    size = pool_size(patches.shape[-1])
    return F.max_pool2d(patches, (min(size, patches.shape[-2]), size))

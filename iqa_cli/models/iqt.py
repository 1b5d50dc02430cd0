"""IQT and IQT-C: perceptual image quality assessment with Transformers, with a reference.

Cheon, Yoon, Kang, Lee, "Perceptual Image Quality Assessment with Transformers", CVPR Workshops 2021
(arXiv 2104.14730); IQT-C is the smaller model that won the NTIRE 2021 challenge. What the paper
leaves open, and the choice taken here, is told in docs/models.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from iqa_cli.models.attention import Attentive, mean_row
from iqa_cli.models.backbones import InceptionResNetV2Prefix
from iqa_cli.models.base import FullReference
from iqa_cli.models.layers import DecoderLayer, EncoderLayer, FeedForward, Tokens


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
    activation: str = "gelu"
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
        layer = {
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

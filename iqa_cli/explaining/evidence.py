"""From the features of cells to evidence for flaws: a small head over a frozen model."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.explaining.flaws import NAMES

CLAMP = 6.0  # standard deviations: what lies further out tells no more than that


@dataclass(frozen=True)
class EvidenceConfig:
    """Shape of the head; ours, no paper's.

    Args:
        features: channels of a cell.
        dim: width of what is made of them.
        dropout: of whole channels, while it learns.
        flaws: names of what it tells, in the order of its outputs.
        rooted: take the square root of features, signs kept: small differences of a pair count beside large ones.
    """

    features: int = 1024
    dim: int = 96
    dropout: float = 0.1
    flaws: tuple[str, ...] = NAMES
    rooted: bool = False


class Evidence(nn.Module):
    """How much speaks for each flaw, in an image and in each of its cells.

    A cell is judged by its own features and by what mean and deviation over all cells say of the photograph: a smooth
    sky is no blur where the rest is sharp. The image is judged by the latter, and by the share of cells that show it.
    """

    def __init__(self, config: EvidenceConfig = EvidenceConfig()):
        super().__init__()
        self.config = c = config
        count = len(c.flaws)
        self.standardise = nn.BatchNorm2d(c.features, affine=False)
        self.dropout = nn.Dropout2d(c.dropout)
        self.embed = nn.Conv2d(c.features, c.dim, 1)
        self.context = nn.Linear(2 * c.dim, c.dim)
        self.shared = nn.Linear(c.dim, c.dim)
        self.cell = nn.Conv2d(c.dim, c.dim, 1)
        self.cell_out = nn.Conv2d(c.dim, count, 1)
        self.image_out = nn.Linear(c.dim + count, count)
        # Calibration by Platt's rule, fitted after the rest on photographs of its own: of images, and of cells.
        self.slope: Tensor
        self.offset: Tensor
        self.register_buffer("slope", torch.ones(2, count))
        self.register_buffer("offset", torch.zeros(2, count))

    def forward(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        """B x features x h x w to logits of images (B, flaws) and of cells (B, flaws, h, w), not calibrated."""
        return self.judged(self.seen(cells))

    def seen(self, cells: Tensor) -> Tensor:
        """What is kept of each cell by itself: B x features x h x w to B x dim x h x w."""
        with torch.autocast(cells.device.type, enabled=False):
            x = self.standardise(self.taken(cells)).clamp(-CLAMP, CLAMP)
            return F.gelu(self.embed(self.dropout(x)))

    def taken(self, cells: Tensor) -> Tensor:
        """Features as they are standardised, float32."""
        x = cells.float()
        return x.sign() * x.abs().sqrt() if self.config.rooted else x

    def judged(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` gives, of what `seen` gives."""
        with torch.autocast(x.device.type, enabled=False):
            context = F.gelu(self.context(torch.cat([x.mean((2, 3)), x.std((2, 3), correction=0)], dim=1)))
            local = self.cell_out(F.gelu(self.cell(x) + self.shared(context)[:, :, None, None]))
            return self.image_out(torch.cat([context, local.sigmoid().mean((2, 3))], dim=1)), local

    def calibrated(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """As `judged`, with logits whose sigmoids are probabilities."""
        image, local = self.judged(x)
        slope, offset = self.slope[1, :, None, None], self.offset[1, :, None, None]
        return self.slope[0] * image + self.offset[0], slope * local + offset

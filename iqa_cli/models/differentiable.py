"""The classical models as modules of torch: of tensors on any device, with gradients, for a loss or a batch."""

from typing import Any

from torch import Tensor

from iqa_cli.models import psnr, ssim
from iqa_cli.models.base import FullReference
from iqa_cli.models.formula import Formula
from iqa_cli.models.luma import ClassicConfig


class Differentiable(FullReference):
    """A formula of tensors: B x 3 x H x W RGB in [0, 1], scores (B,) in float64. No parameters."""

    FORMULA: type[Formula]

    def __init__(self, config: ClassicConfig = ClassicConfig()):
        super().__init__()
        self.formula = self.FORMULA(config)
        self.config, self.border, self.mask_holds = config, self.formula.border, self.formula.mask_holds

    def encode(self, images: Tensor) -> Tensor:
        """B x 3 x H x W RGB images in [0, 1] to B x C x h x w planes."""
        return self.formula.encode(images)

    def compare(self, reference: Tensor, distorted: Tensor, mask: Any = None) -> Tensor:
        """Two encodings to (B,) scores, float64; with a mask B x 1 x H x W of what it weighs."""
        return self.formula.compare(reference, distorted, mask)


class PSNR(Differentiable):
    """PSNR in dB, higher is better; infinite for equal images, with a gradient of 0."""

    FORMULA = psnr.PSNR


class SSIM(Differentiable):
    """Structural similarity, at most 1 (equal images), higher is better."""

    FORMULA = ssim.SSIM


class MSSSIM(Differentiable):
    """Multi-scale structural similarity in [0, 1], 1 for equal images, higher is better."""

    FORMULA = ssim.MSSSIM

"""PSNR, the peak signal-to-noise ratio: 10·log10(1 / MSE) in dB, for a peak of 1.0."""

import torch
from torch import Tensor

from iqa_cli.models.base import FullReference
from iqa_cli.models.luma import ClassicConfig, inside, planes
from iqa_cli.models.weighing import weighted_mean


class PSNR(FullReference):
    """PSNR in dB, higher is better; infinite for equal images, with a gradient of 0. No parameters.

    With luma "rgb" the error is averaged over the three channels before the logarithm.
    """

    def __init__(self, config: ClassicConfig = ClassicConfig()):
        super().__init__()
        self.config, self.border = config, config.crop_border

    def encode(self, images: Tensor) -> Tensor:
        """B × 3 × H × W RGB images in [0, 1] → B × C × h × w planes."""
        return planes(images, self.config)

    def compare(self, reference: Tensor, distorted: Tensor, mask: Tensor | None = None) -> Tensor:
        """Two encodings → (B,) PSNR in dB, float64; with a mask B × 1 × H × W of the error that it weighs."""
        squares = (reference - distorted).square()
        if mask is None:
            # float32 is exact enough for the sum of one row, float64 for that of millions of pixels.
            error = squares.mean(dim=-1).mean(dim=(1, 2), dtype=torch.float64)
        else:
            error = weighted_mean(squares, inside(mask, self.border)).mean(dim=1)
        # A 1 stands in for no error, whose logarithm has no gradient: that of equal images is 0.
        psnr = -10 * torch.log10(torch.where(error == 0, 1.0, error))
        return torch.where(error == 0, torch.inf, psnr)

"""PSNR, the peak signal-to-noise ratio: 10·log10(1 / MSE) in dB, for a peak of 1.0."""

from iqa_cli.models.formula import Formula
from iqa_cli.models.luma import inside
from iqa_cli.models.numerics import Array, library, weighted_sums

STRIP = 64  # rows worked on at a time: what a processor's cache holds


class PSNR(Formula):
    """PSNR in dB, higher is better; infinite for equal images, with a gradient of 0.

    With luma "rgb" the error is averaged over the three channels before the logarithm.
    """

    def compare(self, reference: Array, distorted: Array, mask: Array | None = None) -> Array:
        """Two encodings → (B,) PSNR in dB, float64; with a mask B × 1 × H × W of the error that it weighs."""
        weights = None if mask is None else inside(mask, self.border)

        def strip(top: int) -> tuple[Array, Array | int]:
            rows = slice(top, top + STRIP)
            difference = reference[..., rows, :] - distorted[..., rows, :]
            return weighted_sums(difference * difference, None if weights is None else weights[..., rows, :])

        sums, counts = zip(*self.spread(strip, range(0, reference.shape[-2], STRIP)), strict=True)
        error = sum(sums) / sum(counts)
        # A 1 stands in for no error, whose logarithm has no gradient: that of equal images is 0.
        take = library(error)
        psnr = -10 * take.log10(take.where(error == 0, 1.0, error))
        return take.where(error == 0, take.inf, psnr)

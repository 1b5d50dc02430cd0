"""Masks in models that see a whole image: B x 1 x H x W in [0, 1] says how much each pixel counts."""

from iqa_cli.models.numerics import Array, total

PIXELS = (1, 2, 3)  # axes of B x C x H x W


def weighted_sums(values: Array, mask: Array | None) -> tuple[Array, Array | int]:
    """Of B x C x H x W values, each pixel weighed by a mask B x 1 x H x W: their sums (B,), and those of the weights.

    The quotient is the mean; exactly that over the pixels that count where the mask is 0 or 1.
    """
    if mask is None:
        return total(values, PIXELS), values.shape[1] * values.shape[2] * values.shape[3]
    return total(values * mask, PIXELS), values.shape[1] * total(mask, PIXELS)

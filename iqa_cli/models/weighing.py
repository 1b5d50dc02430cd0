"""Masks in models that see a whole image: B x 1 x H x W in [0, 1] says how much each pixel counts."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d


def weighted_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean (B, C) of B x C x H x W values, each pixel weighed by a mask B x 1 x H x W; NaN where nothing counts.

    Exactly the mean over the pixels that count where the mask is 0 or 1.
    """
    # float32 is exact enough for the sum of one row, float64 for that of millions of pixels.
    total = (values * mask).sum(dim=-1).sum(dim=-1, dtype=torch.float64)
    return total / mask.sum(dim=(-2, -1), dtype=torch.float64)


def windows_inside(mask: Tensor, size: int) -> Tensor:
    """How much each window of size x size counts: as its least pixel, so not at all unless it lies wholly inside.

    B x 1 x H x W to B x 1 x (H - size + 1) x (W - size + 1). What a mask leaves out then has no part in any window
    that counts, and a rectangle counts as if it had been cut out.
    """
    return -max_pool2d(max_pool2d(-mask, (size, 1), stride=1), (1, size), stride=1)


def least(mask: Tensor, size: int) -> Tensor:
    """The least of each block of size x size, what is left over at the right and the bottom too: a mask scaled down."""
    return -max_pool2d(-mask, size, ceil_mode=True)

"""High sharpen (type 24)."""

import numpy as np
from scipy.ndimage import gaussian_filter

from iqa_cli.distortions.colourspace import luma

_SIGMA = 3  # px: the radius of the unsharp mask


def high_sharpen(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Unsharp mask on luma: `amount` times what a Gaussian of sigma 3 px blurs away is added."""
    grey = luma(image)
    detail = grey - gaussian_filter(grey, _SIGMA, truncate=2, mode="nearest")
    return image + np.float32(amount) * detail[..., None]

"""Large images, given to a model in stripes: flat memory, and maps that stay in the caches of a processor."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from iqa_cli.executing.device import on_device
from iqa_cli.models.base import Model
from iqa_cli.models.stripes import Striped, Stripes

# Above so many pixels an image is computed in stripes. A frame of 1920 x 1080, and what is smaller, fits any memory as
# a whole and keeps its score to the bit; those of stripes are the same but for rounding.
STRIPED_ABOVE = 2**21

# Of one stripe. The largest maps within a model have 24 values for each of its pixels: 25 MB on a CPU, below the size
# from which the C library asks the system for new memory each time. In smaller stripes calls take longer than work.
STRIPE_PIXELS = {"cpu": 2**18, "cuda": 2**22}

ToTensor = Callable[[Sequence[np.ndarray]], Tensor]


def is_striped(model: Model, height: int, width: int) -> bool:
    """Whether the model is given images of this size in stripes."""
    return isinstance(model, Striped) and height * width > STRIPED_ABOVE


def in_stripes(images: Sequence[np.ndarray], to_tensor: ToTensor, device: str) -> Stripes:
    """Images of one size, H x W x 3, in stripes; `to_tensor` brings the rows of one to a device of that type."""
    height, width = images[0].shape[:2]
    rows = max(1, on_device(STRIPE_PIXELS, device) // (width * len(images)))
    return Stripes(
        height,
        width,
        (to_tensor([image[top : top + rows] for image in images]) for top in range(0, height, rows)),
    )

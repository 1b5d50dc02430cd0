"""What a classical model is: a formula of two images, of NumPy arrays as well as of tensors.

`iqa score` computes it with NumPy, for which no torch is imported; as a module of torch it has gradients
(`iqa_cli.models.differentiable`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from iqa_cli.models.luma import ClassicConfig, planes
from iqa_cli.models.numerics import Array

Spread = Callable[[Callable, Iterable], Iterable]


class Formula(ABC):
    """A classical model, with no parameters. Work on strips of an image is done by `spread`.

    Attributes:
        config: what it measures.
        border: px that are cut off all around.
        mask_holds: what a mask must hold at least, in words; said where it holds less.
        spread: does a work on each of some items, in order: one after the other, or as a pool of threads maps them.
    """

    mask_holds = "it must hold a pixel inside the border that is cut"
    spread: Spread = staticmethod(map)

    def __init__(self, config: ClassicConfig = ClassicConfig()):
        self.config, self.border = config, config.crop_border

    def encode(self, images: Array) -> Array:
        """B × 3 × H × W RGB images in [0, 1] → B × C × h × w planes."""
        return planes(images, self.config)

    @abstractmethod
    def compare(self, reference: Array, distorted: Array, mask: Array | None = None) -> Array:
        """Two encodings → (B,) scores, float64; with a mask B × 1 × H × W of what it weighs, NaN if that is nothing."""

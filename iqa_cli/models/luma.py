"""From RGB images to the planes PSNR and SSIM look at: borders cut, colour reduced to luma if asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from iqa_cli.errors import UsageError
from iqa_cli.ground.pixels import LUMA as BT601
from iqa_cli.models.numerics import at_least_single, detached, double, library, like

if TYPE_CHECKING:
    from torch import Tensor

Images = TypeVar("Images", np.ndarray, "Tensor")

# Weights of R, G, B and an offset, for values in [0, 1]. Both rules weigh the colours alike, but BT.601
# squeezes [0, 1] into [16, 235] / 255: its PSNR is 20·log10(255 / 219) = 1.32 dB higher.
LUMA = {
    "bt601": (*(weight * 219 / 255 for weight in BT601), 16 / 255),
    "rgb2ycbcr": (*(weight * 219 / 255 for weight in BT601), 16 / 255),  # of 8-bit images, rounded to 8 bits
    "full": (*BT601, 0.0),
}
ROUNDED = "rgb2ycbcr"


@dataclass(frozen=True)
class ClassicConfig:
    """What PSNR, SSIM and MS-SSIM measure. The peak is 1.0 (255 of 8 bits) under every rule.

    `luma`: "rgb" keeps the three channels; "bt601" is the studio-range Y of MATLAB's `rgb2ycbcr` and of
    most restoration papers, never rounded; "rgb2ycbcr" is rounded to integers as MATLAB does when given uint8 (the
    gradient passes as if it were not); "full" is full-range Y.
    `crop_border`: pixels cut from each side before anything else.
    `ssim`: windows of SSIM, by a name of `iqa_cli.models.windows`.

    Raises UsageError for an unknown luma rule or a negative border.
    """

    luma: str = "rgb"
    crop_border: int = 0
    ssim: str = "gaussian"

    def __post_init__(self):
        if self.luma != "rgb" and self.luma not in LUMA:
            raise UsageError(f"unknown luma rule {self.luma!r}: choose rgb, bt601, rgb2ycbcr or full")
        if self.crop_border < 0:
            raise UsageError(f"a border of {self.crop_border} px cannot be cut: choose 0 or more")


def planes(images: Images, config: ClassicConfig) -> Images:
    """Cut the borders of B × 3 × H × W RGB images in [0, 1], then reduce them to luma if asked.

    Returns B × C × h × w with C = 3 for "rgb", else 1, in float32 or better. That enough is left was checked
    before (`check_size`).
    """
    images = at_least_single(inside(images, config.crop_border))
    if config.luma == "rgb":
        return images
    red, green, blue = (images[:, channel : channel + 1] for channel in range(3))
    of_red, of_green, of_blue, offset = LUMA[config.luma]
    luma = of_red * red + of_green * green + of_blue * blue + offset
    if config.luma != ROUNDED:
        return luma
    # Integers in float64 are exact, ties too: Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255.
    take = library(images)
    red, green, blue = (take.round(double(detached(plane)) * 255) for plane in (red, green, blue))
    rounded = take.floor((65481 * red + 128553 * green + 24966 * blue) / 255000 + 16.5) / 255
    return luma + detached(like(rounded, luma) - luma)


def inside(images: Images, border: int) -> Images:
    """... x H x W images, or a mask, without `border` px on each side."""
    height, width = images.shape[-2:]
    return images[..., border : height - border, border : width - border]

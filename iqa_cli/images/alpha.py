"""Transparency: one rule, the same for every image."""

import numpy as np
from PIL import Image

ZEROS_IGNORED = "alpha channel of zeros ignored"


def split_alpha(image: Image.Image, declared: bool = True) -> tuple[Image.Image, Image.Image | None, list[str]]:
    """Colour (mode "L", "RGB" or "CMYK"), alpha (mode "L", None where all is opaque) and notes.

    `image` has any 8-bit mode of Pillow, palette and 1-bit included; transparency may come as a
    channel, in the palette, or as one colour declared transparent. Where the file does not declare
    that its fourth channel is alpha, one of zeros alone is none: nobody stores an invisible picture.
    """
    notes = []
    is_grey = image.mode in ("1", "L", "LA")
    alpha = None
    if image.has_transparency_data:
        image = _as_mode(image, "LA" if is_grey else "RGBA")
        alpha = image.getchannel("A")
        if not declared and alpha.getextrema() == (0, 0):
            alpha, notes = None, [ZEROS_IGNORED]
        elif alpha.getextrema() == (255, 255):
            alpha = None
    if image.mode != "CMYK":
        image = _as_mode(image, "L" if is_grey else "RGB")
    return image, alpha, notes


def over_white(pixels: np.ndarray, alpha: np.ndarray | None) -> tuple[np.ndarray, list[str]]:
    """Composite H×W×3 `pixels` over white by H×W `alpha` (both in [0, 1]); return them and notes.

    White is what pages, viewers and paper put behind an image, so it is what people see and judge;
    over black or grey, black line art would vanish or fade. Blending is done on the encoded
    values, as browsers do.
    """
    if alpha is None:
        return pixels, []
    weight = alpha[..., None]
    blended = weight * pixels + (1 - weight)  # leaves opaque pixels exactly as they are
    return np.minimum(blended, 1), ["alpha composited over white"]  # rounding may pass 1 by an ulp


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # convert() copies even then

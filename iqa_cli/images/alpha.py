"""Transparency: one rule, the same for every image."""

import numpy as np
from PIL import Image

from iqa_cli.ground.pixels import strips, to_floats

ZEROS_IGNORED = "alpha channel of zeros ignored"


def split_alpha(image: Image.Image, declared: bool = True) -> tuple[Image.Image, Image.Image | None, list[str]]:
    """Colour (mode "L", "RGB" or "CMYK"), alpha (mode "L", None where all is opaque) and notes.

    `image` has any 8-bit mode of Pillow, palette and 1-bit included; transparency may come as a
    channel, in the palette, or as one colour declared transparent. Where the file does not declare
    that its fourth channel is alpha, one of zeros alone is none: nobody stores an invisible picture.
    """
    notes = []
    is_grey = image.mode in ("1", "L", "LA", "La")
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


def over_white(pixels: np.ndarray, alpha: np.ndarray | None, in_place: bool = False) -> tuple[np.ndarray, list[str]]:
    """Composite H×W×3 `pixels` over white by H×W `alpha`, each uint8 or float32 in [0, 1]; return them and notes.

    With `in_place` float32 pixels are written over.

    White is what pages, viewers and paper put behind an image, so it is what people see and judge;
    over black or grey, black line art would vanish or fade. Blending is done on the encoded
    values, as browsers do.
    """
    if alpha is None:
        return pixels, []
    blended = pixels if in_place and pixels.dtype == np.float32 else np.empty(pixels.shape, np.float32)
    for rows in strips(pixels):
        weight = to_floats(alpha[rows])[..., None]
        strip = weight * to_floats(pixels[rows]) + (1 - weight)  # leaves opaque pixels exactly as they are
        np.minimum(strip, 1, out=blended[rows])  # rounding may pass 1 by an ulp
    return blended, ["alpha composited over white"]


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # convert() copies even then

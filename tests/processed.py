"""Photographs as restoration methods might leave them, and what a run of `iqa compare` said of them."""

import io

import numpy as np
from PIL import Image, ImageFilter

METHODS = ("jpeg", "blur", "noise", "downup", "sharpen")
IMAGES = ("boat", "cat", "cup")
FOLDERS = ("--ref", "GT", *METHODS)


def processed(image, method, strength=1.0):
    """The picture as a restoration method might leave it, worse with growing strength."""
    if method == "jpeg":
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=max(1, round(30 / strength)))
        return Image.open(stream)
    if method == "blur":
        return image.filter(ImageFilter.GaussianBlur(1.5 * strength))
    if method == "noise":
        grain = np.random.default_rng(0).normal(0, 12 * strength, (*image.size[::-1], 3))
        return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))
    if method == "downup":
        small = image.resize(
            [max(1, round(side / (1 + 2 * strength))) for side in image.size], Image.Resampling.BICUBIC
        )
        return small.resize(image.size, Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.UnsharpMask(2, round(150 * strength), 0))


def column(document, model, name):
    return [row[name] for row in document["comparison"]["summaries"][model]]

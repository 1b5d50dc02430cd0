"""Images as tests need them again and again: worse ones, and other forms of the same one."""

import io

import numpy as np
import torch
from PIL import Image, ImageFilter


def png(pixels):
    """The bytes of a file of uint8 pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def blurred(pixels):
    """Uint8 pixels out of focus."""
    return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(2)))


def unit(pixels):
    """3 x H x W in [0, 1] of uint8 pixels."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)

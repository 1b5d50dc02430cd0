"""Colour distortions: diffusion (type 4), shift (5), quantization (6) and saturation (7, 8)."""

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude

from iqa_cli.distortions.colourspace import lab_to_rgb, luma, rgb_to_lab
from iqa_cli.distortions.pillow import from_pillow, to_pillow


def colour_diffusion(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Colour bleeds: a and b of CIELAB blurred with sigma 1.5 `amount` + 2 px, then scaled by `amount`."""
    lab = rgb_to_lab(image)
    sigma = 1.5 * amount + 2
    lab[..., 1:] = amount * gaussian_filter(lab[..., 1:], (sigma, sigma, 0), truncate=2, mode="nearest")
    return lab_to_rgb(lab)


def colour_shift(image: np.ndarray, shift: float, rng: np.random.Generator) -> np.ndarray:
    """Green moved by `shift` pixels in a random direction, blended in where edges are strong."""
    edges = gaussian_filter(gaussian_gradient_magnitude(luma(image), 1), 4, truncate=2)
    edges -= edges.min()
    edges /= max(float(edges.max()), 1e-6)
    angle = rng.uniform(0, 2 * np.pi)
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - round(shift * np.sin(angle)), 0, height - 1)
    columns = np.clip(np.arange(width) - round(shift * np.cos(angle)), 0, width - 1)
    green = image[..., 1]
    shifted = image.copy()
    shifted[..., 1] += edges * (green[rows][:, columns] - green)
    return shifted


def colour_quantization(image: np.ndarray, colours: float, rng: np.random.Generator) -> np.ndarray:
    """At most `colours` colours: an octree palette with Floyd-Steinberg dither."""
    picture = to_pillow(image)
    palette = picture.quantize(round(colours), method=Image.Quantize.FASTOCTREE)
    return from_pillow(picture.quantize(palette=palette))  # Pillow dithers only towards a given palette


def colour_saturation_hsv(image: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    """HSV saturation times `factor`: 0 is grey at the HSV value, below 0 the hue turns to its complement."""
    value = image.max(axis=-1, keepdims=True)
    return value - factor * (value - image)  # what HSV there and back comes to, hue and value kept


def colour_saturation_lab(image: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    """The a and b of CIELAB times `factor`: 1 changes nothing, more is garish."""
    lab = rgb_to_lab(image)
    lab[..., 1:] *= factor
    return lab_to_rgb(lab)

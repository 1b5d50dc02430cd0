"""Colour: diffusion (type 4), shift (5), quantization (6) and saturation (7, 8); and CIELAB, which some work in."""

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_gradient_magnitude

from iqa_cli.ground.pixels import from_pillow, luma, to_pillow

# Linear sRGB to XYZ (IEC 61966-2-1), each row divided by the D65 white point: white maps to (1, 1, 1).
_WHITE = np.array([0.95047, 1.0, 1.08883])
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_TO_XYZ = (_RGB_TO_XYZ / _WHITE[:, None]).T.astype(np.float32)
_FROM_XYZ = np.linalg.inv(_RGB_TO_XYZ / _WHITE[:, None]).T.astype(np.float32)
# (X, Y, Z) after the cube root to (L, a, b), and back.
_TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]], np.float32).T
_FROM_LAB = np.array([[1 / 116, 1 / 500, 0], [1 / 116, 0, 0], [1 / 116, 0, -1 / 200]], np.float32).T
_DELTA = 6 / 29  # below its cube CIELAB replaces the cube root by a line


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


def rgb_to_lab(image: np.ndarray) -> np.ndarray:
    """CIELAB (L in [0, 100], a and b about [-110, 110]) of an H x W x 3 sRGB image in [0, 1]."""
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ
    f = np.where(xyz > _DELTA**3, np.cbrt(xyz), xyz / (3 * _DELTA**2) + 4 / 29)
    lab = f @ _TO_LAB
    lab[..., 0] -= 16
    return lab


def lab_to_rgb(lab: np.ndarray) -> np.ndarray:
    """The H x W x 3 sRGB image in [0, 1] of a CIELAB image; colours out of gamut are clipped."""
    f = lab @ _FROM_LAB + np.float32(16 / 116)
    xyz = np.where(f > _DELTA, f * f * f, 3 * _DELTA**2 * (f - np.float32(4 / 29)))
    linear = np.clip(xyz @ _FROM_XYZ, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)

"""Tone: brighten (type 16), darken (17), mean shift (18), quantization (22) and contrast change (25)."""

import numpy as np


def brighten(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """The parabola through black, white and a mid-tone lifted from 0.5 to 0.5 + `amount` / 2."""
    return image + 2 * amount * image * (1 - image)


def darken(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """The parabola through black, white and a mid-tone lowered from 0.5 to 0.5 - `amount` / 2."""
    return brighten(image, -amount, rng)


def mean_shift(image: np.ndarray, offset: float, rng: np.random.Generator) -> np.ndarray:
    """Every value plus `offset`."""
    return image + offset


def quantization(image: np.ndarray, levels: float, rng: np.random.Generator) -> np.ndarray:
    """Each of R, G and B rounded to `levels` (a whole number) evenly spaced values from 0 to 1."""
    steps = round(levels) - 1
    return np.rint(image * steps) / steps


def contrast_change(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """The cubic through black, mid-grey and white that moves 0.3 to 0.25 - `amount` / 4 (and 0.7 likewise).

    An amount of -0.2 changes nothing; more steepens the mid-tones, less flattens them.
    """
    cubic = (0.2 - (0.25 + amount / 4)) / (0.2 * 0.5**2 - 0.2**3)
    linear = 1 - 0.5**2 * cubic
    centred = image - 0.5
    return 0.5 + centred * (linear + cubic * centred * centred)

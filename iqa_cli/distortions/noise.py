"""Noise: white (type 11), white in YCbCr (12), impulse (13), multiplicative (14), and denoised (15)."""

import math

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

# Columns Y, Cb, Cr to rows R, G, B (ITU-R BT.601, full range, as JFIF has it).
_YCBCR_TO_RGB = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)


def white_noise(image: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """Independent Gaussian noise of `variance` on every R, G and B."""
    return image + _gaussian(image.shape, variance, rng)


def white_noise_ycbcr(image: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """Independent Gaussian noise of `variance` on Y, Cb and Cr."""
    return image + _gaussian(image.shape, variance, rng) @ _YCBCR_TO_RGB.T


def impulse_noise(image: np.ndarray, density: float, rng: np.random.Generator) -> np.ndarray:
    """Salt and pepper: a share of `density` of all R, G and B values becomes 0 or 1, evenly."""
    lot = rng.random(image.shape, dtype=np.float32)
    noisy = np.where(lot < density / 2, np.float32(0), image)
    noisy[lot >= 1 - density / 2] = 1
    return noisy


def multiplicative_noise(image: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """Speckle: every value times 1 plus Gaussian noise of `variance`, so that dark stays clean."""
    return image + image * _gaussian(image.shape, variance, rng)


def denoise(image: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    """White noise of `variance`, then an edge-preserving denoiser that smears texture into blotches.

    The denoiser is the self-guided filter of He, Sun and Tang ("Guided Image Filtering", ECCV 2010).
    """
    noisy = white_noise(image, variance, rng)
    noisy = gaussian_filter(noisy, (0.6, 0.6, 0), truncate=3)  # else edges come out crisp but noisy
    size = (9, 9, 1)
    mean = uniform_filter(noisy, size, mode="nearest")
    local_variance = uniform_filter(noisy * noisy, size, mode="nearest") - mean * mean
    signal = np.maximum(local_variance - variance, 0)
    gain = signal / (signal + variance)
    gain, offset = (uniform_filter(part, size, mode="nearest") for part in (gain, mean - gain * mean))
    return gain * noisy + offset


def _gaussian(shape: tuple[int, ...], variance: float, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(math.sqrt(variance))

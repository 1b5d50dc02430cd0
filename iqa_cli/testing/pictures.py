"""Pictures that the contract asks models about, and the ways it ruins them."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter


def noisy(pixels: np.ndarray, sigma: float = 30) -> np.ndarray:
    """Uint8 pixels with Gaussian noise, the same each time."""
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def blurred(pixels: np.ndarray) -> np.ndarray:
    """Uint8 pixels far out of focus."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(5)))


def blocky(pixels: np.ndarray) -> np.ndarray:
    """Uint8 pixels after JPEG at its worst."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=3)
    return np.asarray(Image.open(file))


RUINED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "noise": lambda pixels: noisy(pixels, 80),
    "blur": blurred,
    "jpeg": blocky,
}


def scene(height: int, width: int, number: int = 0) -> np.ndarray:
    """A picture with the spectrum of a photograph and some hard edges, uint8 H x W x 3; another for each number."""
    rng = np.random.default_rng(number)
    y, x = np.fft.fftfreq(height)[:, None, None], np.fft.fftfreq(width)[None, :, None]
    falling = 1 / np.maximum(np.hypot(y, x), 1 / max(height, width)) ** 1.5
    grain = np.fft.ifft2(np.fft.fft2(rng.normal(size=(height, width, 3)), axes=(0, 1)) * falling, axes=(0, 1)).real
    picture = 128 + 45 * grain / grain.std()
    for _ in range(6):
        top, left = rng.integers(height), rng.integers(width)
        picture[top : top + height // 3 + 1, left : left + width // 4 + 1] += rng.normal(0, 40, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)

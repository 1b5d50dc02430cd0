"""Less and more sharpness: gaussian blur (type 1), lens blur (2), motion blur (3) and high sharpen (24)."""

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import gaussian_filter

from iqa_cli.ground.pixels import luma

_SIGMA = 3  # px: the radius of the unsharp mask


def gaussian_blur(image: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian blur; `sigma` in pixels."""
    return gaussian_filter(image, (sigma, sigma, 0), truncate=3, mode="nearest")


def lens_blur(image: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Defocus: the mean over a disk of `radius` pixels whose rim is antialiased."""
    y, x = _grid(radius + 0.5)
    return _convolve(image, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def motion_blur(image: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
    """The mean along a line of `length` pixels at a random angle; a length of 1 changes nothing."""
    angle = rng.uniform(0, np.pi)
    reach = (length - 1) / 2
    y, x = _grid(reach + 1)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    distance = np.hypot(np.maximum(np.abs(along) - reach, 0), across)
    return _convolve(image, np.clip(1 - distance, 0, 1))


def high_sharpen(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Unsharp mask on luma: `amount` times what a Gaussian of sigma 3 px blurs away is added."""
    grey = luma(image)
    detail = grey - gaussian_filter(grey, _SIGMA, truncate=2, mode="nearest")
    return image + np.float32(amount) * detail[..., None]


def _grid(reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (y, x) around the centre of the smallest odd square kernel that covers `reach` pixels."""
    half = max(int(np.ceil(reach)) - 1, 0)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    return y, x


def _convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolution with a square kernel, normalised to sum 1; the border pixels are repeated outwards."""
    half = len(kernel) // 2
    padded = np.pad(image, ((half, half), (half, half), (0, 0)), mode="edge")
    shape = [next_fast_len(side, real=True) for side in padded.shape[:2]]
    kernel = (kernel / kernel.sum()).astype(np.float32)
    spectrum = rfft2(padded, shape, axes=(0, 1)) * rfft2(kernel, shape)[..., None]
    blurred = irfft2(spectrum, shape, axes=(0, 1))
    return blurred[2 * half : padded.shape[0], 2 * half : padded.shape[1]]

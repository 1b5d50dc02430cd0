"""sRGB to CIELAB (D65) and back, and luma: the colour spaces the distortions work in."""

import numpy as np

LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601

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


def luma(image: np.ndarray) -> np.ndarray:
    """Luma of an H x W x 3 RGB image, H x W, in the range of the input (ITU-R BT.601)."""
    return image @ LUMA_WEIGHTS


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

"""PQ and HLG to SDR, by one published rule for all: method A of Report ITU-R BT.2446-1, section 4.

The rule takes a picture that was graded for a display of 1000 cd/m² to one of 100 cd/m². It leaves out what a viewer
makes up (peak brightness of the scene, of the room, of the screen), so a score does not hang on it. What is brighter
than 1000 cd/m² is white.

Sources: SMPTE ST 2084 (PQ); ITU-R BT.2100 (HLG: inverse OETF, and the OOTF with gamma 1.2 of a display of 1000 cd/m²).
"""

import numpy as np

PQ, HLG = "PQ", "HLG"
PEAK = 1000.0  # cd/m² of the display that the picture is taken to be graded for: where BT.2446 and HLG's gamma meet
RULE = "ITU-R BT.2446 method A"
_SDR_PEAK = 100.0
_LUMA = np.array([0.2627, 0.6780, 0.0593])  # of BT.2020
_BLUE, _RED = 1.8814, 1.4746  # what scales the differences of colour there
_GAMMA = 2.4
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A = 0.17883277
_B, _C = 1 - 4 * _A, 0.5 - _A * np.log(4 * _A)
_SYSTEM_GAMMA = 1.2


def light(encoded: np.ndarray, curve: str) -> np.ndarray:
    """Code values in [0, 1] to light.

    PQ gives that of the display, 1 for `PEAK`, up to 10 there; HLG that of the scene, 1 for its white, which
    `of_display` brings to the display.
    """
    if curve == PQ:
        root = encoded ** (1 / _M2)
        return (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1) * (10_000 / PEAK)
    return np.where(encoded <= 0.5, encoded**2 / 3, (np.exp((encoded - _C) / _A) + _B) / 12)


def of_display(linear: np.ndarray, curve: str) -> np.ndarray:
    """What the display of 1000 cd/m² shows, ... x 3 in BT.2020's primaries, in [0, 1]."""
    linear = np.maximum(linear, 0)
    if curve == HLG:
        linear = linear * (linear @ _LUMA)[..., None] ** (_SYSTEM_GAMMA - 1)
    return np.minimum(linear, 1)


def to_sdr(shown: np.ndarray) -> np.ndarray:
    """Linear light of a display of 1000 cd/m² to that of one of 100, ... x 3 in BT.2020's primaries, both in [0, 1]."""
    encoded = shown ** (1 / _GAMMA)
    luma = encoded @ _LUMA
    lower = compressed(luma)
    scale = np.divide(lower, 1.1 * luma, out=np.zeros_like(luma), where=luma > 0)
    blue = scale * (encoded[..., 2] - luma) / _BLUE
    red = scale * (encoded[..., 0] - luma) / _RED
    lower = lower - np.maximum(0.1 * red, 0)
    end_red, end_blue = lower + _RED * red, lower + _BLUE * blue
    green = (lower - _LUMA[0] * end_red - _LUMA[2] * end_blue) / _LUMA[1]
    return np.clip(np.stack([end_red, green, end_blue], axis=-1), 0, 1) ** _GAMMA


def compressed(luma: np.ndarray) -> np.ndarray:
    """Luma of the HDR picture to that of the SDR picture, both in [0, 1] (steps 1 to 3 of the rule)."""
    high, low = (1 + 32 * (peak / 10_000) ** (1 / _GAMMA) for peak in (PEAK, _SDR_PEAK))
    felt = np.log1p((high - 1) * luma) / np.log(high)
    middle = -1.1510 * felt**2 + 2.7811 * felt - 0.6302
    bent = np.where(felt <= 0.7399, 1.0770 * felt, np.where(felt < 0.9909, middle, 0.5 * felt + 0.5))
    return (low**bent - 1) / (low - 1)

"""Colour spaces told by numbers instead of an ICC profile, and their exact conversion to sRGB.

Sources: ITU-T H.273 (code points of primaries and transfer), IEC 61966-2-1 (sRGB), Adobe RGB (1998),
SMPTE EG 432-1 (Display P3), ITU-R BT.2020; the white point is adapted by Bradford's matrix, as ICC does.
Colours outside of sRGB are clipped. What is in PQ or HLG is brought to SDR first (see `tone_mapping`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from iqa_cli.colours import tone_mapping
from iqa_cli.colours.tone_mapping import HLG, PQ
from iqa_cli.ground.pixels import strips, to_floats

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of red, green, blue and white."""

_D65, _C = (0.3127, 0.3290), (0.310, 0.316)
SRGB_PRIMARIES: Chromaticities = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
BT2020_PRIMARIES: Chromaticities = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65)
_NEAR = 0.003  # files write primaries of sRGB that are rounded, or those of the D65 of other books
_GAMMA_OF_SRGB, _NEARLY = 2.2, 0.05  # what files give for sRGB's own curve, and libpng's tolerance
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ROWS = 128  # converted at a time, so that float64 takes no memory to speak of


@dataclass(frozen=True)
class Colour:
    """What R, G and B of a file mean.

    Args:
        name: what the note calls it.
        primaries: chromaticities of red, green, blue and white.
        gamma: the power that gives linear light; None is sRGB's own curve.
        hdr: the curve of what is brighter than SDR, PQ or HLG, in place of a gamma.
        unknown: the file tells something that nobody here knows: its pixels are taken as sRGB, with a note.
    """

    name: str
    primaries: Chromaticities = SRGB_PRIMARIES
    gamma: float | None = None
    hdr: str = ""
    unknown: bool = False

    @property
    def is_srgb(self) -> bool:
        """Whether the pixels can stay as they are."""
        return not (self.hdr or self.unknown) and self.gamma is None and self._has_srgb_primaries

    @property
    def _has_srgb_primaries(self) -> bool:
        return bool(np.abs(np.subtract(self.primaries, SRGB_PRIMARIES)).max() < _NEAR)

    def to_srgb(self, pixels: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """H x W (grey) or H x W x 3, float32 in [0, 1] or 8-bit values, as sRGB, float32 if converted, and notes."""
        if self.unknown:
            return pixels, [f"{self.name} not known, pixels taken as sRGB"]
        if self.is_srgb or (pixels.ndim == 2 and self.gamma is None and not self.hdr):
            return pixels, []
        to_linear = self._tone_mapped if self.hdr else self._linear_srgb
        converted = by_rows(pixels, lambda encoded: srgb_encoded(np.clip(to_linear(encoded), 0, 1)))
        done = f"tone-mapped to SDR by {tone_mapping.RULE}" if self.hdr else "converted to sRGB"
        return converted, [f"{self.name} {done}"]

    def _linear_srgb(self, encoded: np.ndarray) -> np.ndarray:
        linear = self._linear(encoded)
        matrix = None if encoded.ndim == 2 or self._has_srgb_primaries else between(self.primaries, SRGB_PRIMARIES)
        return linear if matrix is None else linear @ matrix.T

    def _tone_mapped(self, encoded: np.ndarray) -> np.ndarray:
        """Code values of PQ or HLG to linear sRGB, by way of BT.2020, where the rule is at home."""
        if encoded.ndim == 2:
            return self._tone_mapped(np.repeat(encoded[..., None], 3, axis=-1))[..., 0]
        linear = tone_mapping.light(encoded, self.hdr) @ between(self.primaries, BT2020_PRIMARIES).T
        shown = tone_mapping.of_display(linear, self.hdr)
        return tone_mapping.to_sdr(shown) @ between(BT2020_PRIMARIES, SRGB_PRIMARIES).T

    def _linear(self, encoded: np.ndarray) -> np.ndarray:
        if self.gamma is not None:
            return encoded**self.gamma
        return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def by_rows(pixels: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What a function of float64 pixels makes of float32 ones, or of 8-bit values, a few rows at a time: float32."""
    converted = np.empty(pixels.shape, np.float32)
    for rows in strips(pixels, _ROWS):
        converted[rows] = function(to_floats(pixels[rows]).astype(np.float64))
    return converted


def srgb_encoded(linear: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] by sRGB's curve."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def between(primaries: Chromaticities, others: Chromaticities) -> np.ndarray:
    """3 x 3: linear R, G, B of some primaries to those of others, white to white."""
    return np.linalg.inv(to_xyz(others)) @ adapted(primaries, _xyz(*others[6:])) @ to_xyz(primaries)


def adapted(primaries: Chromaticities, white: np.ndarray) -> np.ndarray:
    """3 x 3: X, Y, Z of an eye that is adapted to the white of these primaries to those of one adapted to another."""
    own = _xyz(*primaries[6:])
    return np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ white) / (_BRADFORD @ own)) @ _BRADFORD


def to_xyz(primaries: Chromaticities) -> np.ndarray:
    """3 x 3: linear R, G, B to X, Y, Z."""
    columns = np.stack([_xyz(*primaries[k : k + 2]) for k in (0, 2, 4)], axis=1)
    return columns * np.linalg.solve(columns, _xyz(*primaries[6:]))


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1.0, (1 - x - y) / y])


ADOBE_RGB = Colour("Adobe RGB", (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65), 563 / 256)

# ITU-T H.273, tables 2 and 3. The curves of BT.709, BT.601 and BT.2020 describe cameras; pictures with them are
# shown by sRGB's curve, as viewers do. 2 is "unspecified", which is how most files say sRGB.
_CODED_PRIMARIES: dict[int, tuple[str, Chromaticities]] = {
    1: ("BT.709", SRGB_PRIMARIES),
    2: ("BT.709", SRGB_PRIMARIES),
    4: ("BT.470 M", (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C)),
    5: ("BT.601 (625)", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65)),
    6: ("BT.601 (525)", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65)),
    7: ("SMPTE 240M", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65)),
    8: ("generic film", (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C)),
    9: ("BT.2020", BT2020_PRIMARIES),
    11: ("DCI-P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351)),
    12: ("Display P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65)),
    22: ("EBU 3213", (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65)),
}
_CODED_GAMMA: dict[int, float | None] = dict.fromkeys((1, 2, 6, 11, 12, 13, 14, 15)) | {4: 2.2, 5: 2.8, 8: 1.0}
_UNSPECIFIED, _BT2020 = 2, 9
_CODED_HDR = {16: PQ, 18: HLG}


def coded(primaries: int, transfer: int, full_range: bool = True, where: str = "") -> Colour:
    """The colour of H.273's code points, as PNG's cICP chunk and AVIF's colr box have them.

    Args:
        primaries: code of the primaries.
        transfer: code of the transfer curve.
        full_range: whether R, G and B reach from 0 to 255.
        where: what told so, for the note.
    """
    if transfer in _CODED_HDR and primaries == _UNSPECIFIED:
        primaries = _BT2020  # BT.2100 knows no others
    if primaries not in _CODED_PRIMARIES or transfer not in {*_CODED_GAMMA, *_CODED_HDR} or not full_range:
        reach = "" if full_range else ", narrow range"
        return Colour(f"colour of primaries {primaries}, transfer {transfer}{reach} ({where})", unknown=True)
    name, chromaticities = _CODED_PRIMARIES[primaries]
    if transfer in _CODED_HDR:
        return Colour(f"{name}, {_CODED_HDR[transfer]} ({where})", chromaticities, hdr=_CODED_HDR[transfer])
    gamma = _CODED_GAMMA[transfer]
    curve = {None: "", 1.0: ", linear light"}.get(gamma, f", gamma {gamma}")
    return Colour(f"{name}{curve} ({where})", chromaticities, gamma)


def measured(primaries: Chromaticities | None, gamma: float | None, where: str) -> Colour | None:
    """The colour of primaries and an exponent as files measure them; None where they make no sense.

    An exponent of about 2.2 on sRGB's primaries is how files say sRGB, and is taken for its curve.

    Args:
        primaries: chromaticities, or None for those of sRGB.
        gamma: what gives linear light (2.2, not 1 / 2.2), or None for sRGB's curve.
        where: what told so, for the note.
    """
    if gamma is not None and not 0.2 <= gamma <= 10:
        return None
    if primaries is not None:
        if not all(0 < y <= 1 and -0.1 <= x <= 1.1 for x, y in zip(primaries[::2], primaries[1::2], strict=True)):
            return None
        red, green, blue = (np.array(primaries[k : k + 2]) for k in (0, 2, 4))
        if abs(np.linalg.det([green - red, blue - red])) < 1e-3:  # all on one line
            return None
    kept = Colour("", primaries or SRGB_PRIMARIES)
    if kept.is_srgb and gamma is not None and abs(gamma / _GAMMA_OF_SRGB - 1) < _NEARLY:
        gamma = None
    curve = "" if gamma is None else "linear light, " if gamma == 1 else f"gamma {gamma:.4g}, "
    named = "" if primaries is None else f"primaries of {_name_of(primaries)}, "
    return Colour(f"{curve}{named}".rstrip(", ") + f" ({where})", primaries or SRGB_PRIMARIES, gamma)


def _name_of(primaries: Chromaticities) -> str:
    known = (*_CODED_PRIMARIES.values(), (ADOBE_RGB.name, ADOBE_RGB.primaries))
    near = (name for name, others in known if np.abs(np.subtract(primaries, others)).max() < _NEAR)
    return next(near, "its own")

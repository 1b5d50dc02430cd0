"""ICC profiles of three curves and a matrix, or of one curve, read and computed exactly, for more than 8 bits.

LittleCMS answers Pillow in 8 bits. What most files of more carry is such a profile (sRGB, Display P3, Adobe RGB,
ProPhoto), whose colours follow from a few numbers; where there are tables instead, nothing is given here.

Source: ICC.1:2022, sections 8.3 (display profiles), 9.2.17 (cicp), 10.6 (curves), 10.18 (parametric curves), annex F.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from iqa_cli.colours.primaries import SRGB_PRIMARIES, Colour, adapted, by_rows, coded, srgb_encoded, to_xyz

Curve = Callable[[np.ndarray], np.ndarray]

_D50 = np.array([0.9642, 1.0, 0.8249])  # the white of all profiles' numbers
_SRGB = adapted(SRGB_PRIMARIES, _D50) @ to_xyz(SRGB_PRIMARIES)
_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2")  # go before matrix and curves
_PARAMETERS = (1, 3, 4, 5, 7)  # by the type of a parametric curve
_BLACK = 1e-3  # a curve that begins brighter would need its black point compensated


@dataclass(frozen=True)
class MatrixProfile:
    """Curves to linear light, of red, green and blue or of grey, and linear R, G, B to those of sRGB (None of grey)."""

    curves: tuple[Curve, ...]
    matrix: np.ndarray | None

    def to_srgb(self, pixels: np.ndarray) -> np.ndarray:
        """H x W x 3, or H x W of grey, float32 in [0, 1], to sRGB in the same form; what is outside is clipped."""
        return by_rows(pixels, lambda encoded: srgb_encoded(np.clip(self._linear(encoded), 0, 1)))

    def _linear(self, encoded: np.ndarray) -> np.ndarray:
        if self.matrix is None:
            return self.curves[0](encoded)
        linear = np.stack([curve(encoded[..., place]) for place, curve in enumerate(self.curves)], axis=-1)
        return linear @ self.matrix.T


def matrix_profile(profile: bytes) -> MatrixProfile | None:
    """The profile as numbers; None where tables tell the colours, or something that is not understood."""
    try:
        tags = _tags(profile)
        if profile[20:24] != b"XYZ " or any(tag in tags for tag in _TABLES):
            return None
        if profile[16:20] == b"GRAY":
            found = MatrixProfile((_curve(tags[b"kTRC"]),), None)
        elif profile[16:20] == b"RGB ":
            columns = np.stack([_xyz(tags[channel + b"XYZ"]) for channel in (b"r", b"g", b"b")], axis=1)
            curves = tuple(_curve(tags[channel + b"TRC"]) for channel in (b"r", b"g", b"b"))
            found = MatrixProfile(curves, np.linalg.inv(_SRGB) @ columns)
        else:
            return None
        dark = max(float(curve(np.zeros(1))[0]) for curve in found.curves)
    except (KeyError, ValueError, IndexError, struct.error):
        return None
    return found if dark < _BLACK else None


def hdr_in(profile: bytes) -> Colour | None:
    """The colour of a profile that says PQ or HLG by code points; its tables would tone-map by a rule of their own."""
    try:
        codes = _tags(profile).get(b"cicp", b"")[8:12]
    except struct.error:
        return None
    colour = coded(codes[0], codes[1], bool(codes[3]), "ICC cicp") if len(codes) == 4 else None
    return colour if colour and colour.hdr else None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * number) for number in range(min(count, 100)))
    return {name: profile[start : start + size] for name, start, size in entries}


def _xyz(tag: bytes) -> np.ndarray:
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag: bytes) -> Curve:
    """Raises ValueError for a kind of curve that there is not."""
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        if kind >= len(_PARAMETERS):
            raise ValueError("unknown parametric curve")
        numbers = [number / 65536 for number in struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)]
        return _parametric(kind, numbers)
    if tag[:4] != b"curv":
        raise ValueError("no curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return lambda encoded: encoded
    values = np.array(struct.unpack_from(f">{count}H", tag, 12))
    if count == 1:
        gamma = values[0] / 256
        return lambda encoded: encoded**gamma
    places = np.linspace(0, 1, count)
    return lambda encoded: np.interp(encoded, places, values / 65535)


def _parametric(kind: int, numbers: list[float]) -> Curve:
    """A power above a threshold, a line below it: (a x + b)^g + e, and c x + f."""
    gamma, slope, shift, line, threshold, above, below = [*numbers, *[0.0] * 7][:7]
    if kind == 0:
        return lambda encoded: encoded**gamma
    if kind in (1, 2):
        above = below = line if kind == 2 else 0.0
        line, threshold = 0.0, -shift / slope if slope else 0.0

    def curve(encoded: np.ndarray) -> np.ndarray:
        power = np.maximum(slope * encoded + shift, 0) ** gamma + above
        return np.where(encoded >= threshold, power, line * encoded + below)

    return curve

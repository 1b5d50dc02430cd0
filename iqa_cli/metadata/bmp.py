"""BMP headers: the colour space of versions 4 and 5, which Pillow passes over.

Source: Microsoft, BITMAPV4HEADER and BITMAPV5HEADER.
"""

import struct

from iqa_cli.colours.primaries import Colour, measured
from iqa_cli.metadata.facts import Facts

_FILE_HEADER, _V4, _V5 = 14, 108, 124
_CALIBRATED, _EMBEDDED, _LINKED = 0, b"DEBM", b"KNIL"  # little-endian 'MBED' and 'LINK'


def read_bmp(data: bytes) -> Facts:
    """What a BMP says. Its fourth channel is declared as alpha by screenshot tools that leave it at zero."""
    size = int.from_bytes(data[14:18], "little")
    if size not in (_V4, _V5) or len(data) < _FILE_HEADER + size:
        return Facts(data, alpha_declared=False)
    header = data[_FILE_HEADER : _FILE_HEADER + size]
    kind, profile, colour = header[56:60], None, None
    if kind == _EMBEDDED and size == _V5:
        start, length = struct.unpack_from("<II", header, 112)
        profile = data[_FILE_HEADER + start : _FILE_HEADER + start + length]
    elif kind == _LINKED:
        colour = Colour("ICC profile in another file (BMP)", unknown=True)
    elif int.from_bytes(kind, "little") == _CALIBRATED:
        colour = _calibrated(header)
    return Facts(data, profile=profile, colour=colour, alpha_declared=False)


def _calibrated(header: bytes) -> Colour | None:
    """End points of red, green and blue in XYZ (2.30 fixed point), and three gammas (16.16)."""
    ends = [[value / 2**30 for value in struct.unpack_from("<3i", header, 60 + 12 * k)] for k in range(3)]
    gammas = [value / 2**16 for value in struct.unpack_from("<3I", header, 96)]
    if not all(sum(end) > 0 for end in ends):
        return None  # most writers leave zeros here
    white = [sum(axis) for axis in zip(*ends, strict=True)]
    points = [(end[0] / sum(end), end[1] / sum(end)) for end in (*ends, white)]
    gamma = gammas[0] if gammas[0] and max(gammas) - min(gammas) < 0.01 else None
    return measured(tuple(number for point in points for number in point), gamma, "BMP calibrated RGB")

"""ICC profiles made by the specification (ICC.1:2001-04)."""

import struct

import numpy as np

DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB = np.array([[0.43607, 0.38506, 0.14308], [0.22250, 0.71688, 0.06062], [0.01393, 0.09710, 0.71417]])


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def icc(space: bytes, name: str, tags: dict[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    """A version 2 ICC profile (ICC.1:2001-04) with a white point of D50."""
    text = name.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    white = b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)
    tags = {b"desc": description + bytes(-len(description) % 4), b"wtpt": white, **tags}
    table, body = struct.pack(">I", len(tags)), b""
    for signature, tag in tags.items():
        table += signature + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(tag))
        body += tag
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sI4s4s4s", 128 + len(table + body), b"", 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + table + body


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def rgb_profile(primaries: np.ndarray, gamma: float) -> bytes:
    tags = {f"{c}XYZ".encode(): b"XYZ \0\0\0\0" + fixed(*primaries[:, i]) for i, c in enumerate("rgb")} | {
        f"{c}TRC".encode(): gamma_curve(gamma) for c in "rgb"
    }
    return icc(b"RGB ", "Display P3", tags)


def grey_profile(gamma: float) -> bytes:
    return icc(b"GRAY", "Grey", {b"kTRC": gamma_curve(gamma)})


def black_ink_profile() -> bytes:
    """CMYK whose lightness L* falls linearly with black ink and ignores the other inks."""
    ramp = bytes(range(256))
    nodes = b"".join(bytes([0 if node % 2 else 255, 128, 128]) for node in range(16))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return icc(b"CMYK", "Black ink", {b"A2B0": table + ramp * 4 + nodes + ramp * 3}, b"Lab ")

"""From a decoded frame of a clip to pixels: matrix and range by swscale, upright, RGB float32 in [0, 1]."""

from typing import Any

import numpy as np

from iqa_cli.colours.primaries import Colour, coded
from iqa_cli.errors import ImageError

BT709, BT601, LIMITED, FULL = 1, 5, 1, 2  # as FFmpeg numbers matrices and ranges
MATRICES = {1: "BT.709", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 9: "BT.2020"}
SD_HEIGHT = 576  # a clip that does not tell its matrix is taken for BT.601 up to this height, else for BT.709


def frame_pixels(frame: Any, max_pixels: int) -> tuple[np.ndarray, list[str]]:
    """H x W x 3 float32 in [0, 1], and a note on how colours were converted.

    Matrix and range are those that the frame tells; untold, the matrix goes by the height and the range is limited.
    More than 8 bits are kept. Transfer function and primaries stay as they are: `hdr_of` tells those of HDR, and SDR
    video is taken as sRGB.

    Raises ImageError for a matrix that is not known, or more than `max_pixels`.
    """
    if frame.width * frame.height > max_pixels:
        raise ImageError(f"{frame.width}x{frame.height} is over --max-pixels {max_pixels}")
    bits = max(component.bits for component in frame.format.components)
    target = "rgb48le" if bits > 8 else "rgb24"
    if frame.format.is_rgb or len(frame.format.components) == 1:
        full, note = True, "frame in RGB" if frame.format.is_rgb else "frame in grey"
        converted = frame.reformat(format=target)
    else:
        converted, full, note = _from_yuv(frame, target)
    pixels = np.minimum(converted.to_ndarray().astype(np.float32) / _white(frame, bits, full), 1)
    notes = [note]
    if turn := round(frame.rotation / 90) % 4:
        pixels = np.rot90(pixels, turn)
        notes.append(f"rotation of {90 * turn} degrees applied")
    if frame.interlaced_frame:
        notes.append("interlaced: both fields in one picture")
    return np.ascontiguousarray(pixels), notes


def hdr_of(frame: Any) -> Colour | None:
    """The colour of a frame in PQ or HLG; None of all others."""
    colour = coded(int(frame.color_primaries), int(frame.color_trc), where="clip")
    return colour if colour.hdr else None


def _white(frame: Any, bits: int, full: bool) -> int:
    """What swscale makes of white: of deep frames it shifts the bits, and of limited range 8 of them."""
    if bits <= 8:
        return 255
    if frame.format.is_rgb:
        return 65535
    return (2**bits - 1) << (16 - bits) if full else 255 << 8


def _from_yuv(frame: Any, target: str) -> tuple[Any, bool, str]:
    from av.video.reformatter import Interpolation

    told_matrix, told_range = int(frame.colorspace), int(frame.color_range)
    full_by_name = frame.format.name.startswith("yuvj")
    matrix = told_matrix if told_matrix != 2 else BT601 if frame.height <= SD_HEIGHT else BT709
    if matrix not in MATRICES:
        raise ImageError(f"colour matrix {matrix} is not supported: convert the clip to BT.709 first")
    reach = told_range or (FULL if full_by_name else LIMITED)
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    converted = frame.reformat(
        format=target,
        src_colorspace=BT601 if matrix == 6 else matrix,
        src_color_range=reach,
        dst_color_range=FULL,
        interpolation=exact,
    )
    assumed = [] if told_matrix != 2 else ["matrix by its height"]
    assumed += [] if told_range or full_by_name else ["range assumed"]
    told = f" ({', '.join(assumed)})" if assumed else ""
    return converted, reach == FULL, f"{MATRICES[matrix]} {'full' if reach == FULL else 'limited'} range to RGB{told}"

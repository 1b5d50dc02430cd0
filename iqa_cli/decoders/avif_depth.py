"""AVIF of 10 and 12 bits by PyAV, which is an extra: Pillow gives 8.

FFmpeg decodes the planes, and from them to RGB the way is short and exact here; chroma of half the resolution is
brought to full by the linear interpolation that libavif takes. What Pillow makes of the same file in 8 bits is the
check: where both do not agree (pictures put together of tiles, say), nothing is given, and the 8 bits stand.

Source: ITU-T H.273, section 8.3 (matrices and ranges).
"""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from iqa_cli.ground.pixels import strips, to_floats
from iqa_cli.metadata.iso_boxes import is_premultiplied

_KR_KB = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593)} | dict.fromkeys(
    (2, 5, 6),
    (0.299, 0.114),  # BT.601, also where nothing is told, as in libavif
)
_IDENTITY, _LIMITED = 0, 1
_WHITE = 65535
_AGREE = 4 / 255  # mean difference to the picture of 8 bits, in which libyuv is off by 2 levels in limited range


def avif_samples(image: Image.Image, data: bytes) -> np.ndarray | None:
    """H x W (grey) or H x W x C uint16, white at 65535, of an AVIF that Pillow has opened.

    Alpha is that of Pillow, of 8 bits. None where PyAV is not installed, or reads something else than Pillow does, and
    where colours are multiplied by alpha, by which Pillow divides them and FFmpeg does not.
    """
    if is_premultiplied(data):
        return None
    try:
        import av
    except ImportError:
        return None
    try:
        with av.open(io.BytesIO(data), "r") as container:
            frame = next(container.decode(video=0))
    except (av.FFmpegError, StopIteration, ValueError, IndexError):
        return None
    colour, eight = _colour(frame), np.asarray(image)
    if colour is None or (frame.height, frame.width) != eight.shape[:2]:
        return None
    shown = eight if eight.ndim == 2 else eight[..., :3]
    if shown.ndim == 2 and len(frame.planes) > 1:
        return None
    samples, apart = np.empty(eight.shape, np.uint16), 0.0
    for rows in strips(eight):
        strip = colour(rows)
        if strip.ndim < shown.ndim:
            strip = np.repeat(strip[..., None], 3, axis=2)
        apart += float(np.abs(strip - to_floats(shown[rows])).sum())
        whole = (np.clip(strip, 0, 1) * _WHITE).round()
        if eight.shape == shown.shape:
            samples[rows] = whole
        else:
            samples[rows, :, :3], samples[rows, :, 3] = whole, (to_floats(eight[rows, :, 3]) * _WHITE).round()
    return samples if apart <= _AGREE * shown.size else None


def _colour(frame: Any) -> Callable[[slice], np.ndarray] | None:
    """What gives rows of a frame, h x W or h x W x 3, about in [0, 1]; None for layouts and matrices not known."""
    kind, bits, matrix = frame.format, frame.format.components[0].bits, int(frame.colorspace)
    if not kind.name.endswith("le") or not kind.name.startswith(("yuv4", "gbrp", "gray")) or bits <= 8:
        return None
    planes = [_plane(plane) for plane in frame.planes[:3]]
    is_limited = int(frame.color_range) == _LIMITED
    if kind.name.startswith("gbrp"):
        if is_limited:
            return None
        red_green_blue = planes[2], planes[0], planes[1]
        return lambda rows: np.stack([_floats(plane[rows]) for plane in red_green_blue], axis=-1) / (2**bits - 1)
    step = 2 ** (bits - 8)
    black, white = (16 * step, 235 * step) if is_limited else (0, 2**bits - 1)
    reach = 224 * step if is_limited else white
    if len(planes) > 1 and matrix not in _KR_KB:
        return None

    def colour(rows: slice) -> np.ndarray:
        luma = (_floats(planes[0][rows]) - black) / (white - black)
        if len(planes) == 1:
            return luma
        blue, red = (
            _upsampled(plane, rows, planes[0].shape, lambda codes: (codes - 128 * step) / reach) for plane in planes[1:]
        )
        k_red, k_blue = _KR_KB[matrix]
        end_red, end_blue = luma + 2 * (1 - k_red) * red, luma + 2 * (1 - k_blue) * blue
        green = (luma - k_red * end_red - k_blue * end_blue) / (1 - k_red - k_blue)
        return np.stack([end_red, green, end_blue], axis=-1)

    return colour


def _plane(plane: Any) -> np.ndarray:
    return np.frombuffer(plane, "<u2").reshape(plane.height, -1)[:, : plane.width]


def _floats(codes: np.ndarray) -> np.ndarray:
    return codes.astype(np.float32)


def _upsampled(
    chroma: np.ndarray, rows: slice, shape: tuple[int, ...], scaled: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Rows of a plane at the size of luma, `shape`, between whose samples those of chroma lie in the middle."""
    stop = min(rows.stop, shape[0])
    if chroma.shape[0] < shape[0]:
        first = max(rows.start // 2 - 1, 0)  # with a line above and one below, between which lines are interpolated
        lines = _doubled(scaled(_floats(chroma[first : (stop + 1) // 2 + 1])))
        lines = lines[rows.start - 2 * first : stop - 2 * first]
    else:
        lines = scaled(_floats(chroma[rows]))
    return lines if chroma.shape[1] >= shape[1] else _doubled(lines.T)[: shape[1]].T


def _doubled(lines: np.ndarray) -> np.ndarray:
    around = np.pad(lines, ((1, 1), (0, 0)), mode="edge")
    doubled = np.empty((2 * len(lines), lines.shape[1]), lines.dtype)
    doubled[0::2] = 0.75 * lines + 0.25 * around[:-2]
    doubled[1::2] = 0.75 * lines + 0.25 * around[2:]
    return doubled

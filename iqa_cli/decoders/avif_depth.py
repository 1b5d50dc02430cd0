"""AVIF of 10 and 12 bits by PyAV, which is an extra: Pillow gives 8.

FFmpeg decodes the planes, and from them to RGB the way is short and exact here; chroma of half the resolution is
brought to full by the linear interpolation that libavif takes. What Pillow makes of the same file in 8 bits is the
check: where both do not agree (pictures put together of tiles, say), nothing is given, and the 8 bits stand.

Source: ITU-T H.273, section 8.3 (matrices and ranges).
"""

import io
from typing import Any

import numpy as np
from PIL import Image

_KR_KB = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593)} | dict.fromkeys(
    (2, 5, 6),
    (0.299, 0.114),  # BT.601, also where nothing is told, as in libavif
)
_IDENTITY, _LIMITED = 0, 1
_WHITE = 65535
_AGREE = 4 / 255  # mean difference to the picture of 8 bits, in which libyuv is off by 2 levels in limited range


def avif_samples(image: Image.Image, data: bytes) -> np.ndarray | None:
    """H x W (grey) or H x W x C uint16, white at 65535, of an AVIF that Pillow has opened.

    Alpha is that of Pillow, of 8 bits. None where PyAV is not installed, or reads something else than Pillow does.
    """
    try:
        import av
    except ImportError:
        return None
    try:
        with av.open(io.BytesIO(data), "r") as container:
            colour = _colour(next(container.decode(video=0)))
    except (av.FFmpegError, StopIteration, ValueError, IndexError):
        return None
    eight = np.asarray(image) / np.float32(255)
    if colour is None or colour.shape[:2] != eight.shape[:2]:
        return None
    shown = eight if eight.ndim == 2 else eight[..., :3]
    if colour.ndim < shown.ndim:
        colour = np.repeat(colour[..., None], 3, axis=2)
    if colour.shape != shown.shape or np.abs(colour - shown).mean() > _AGREE:
        return None
    samples = (np.clip(colour, 0, 1) * _WHITE).round().astype(np.uint16)
    if eight.shape != shown.shape:
        return np.concatenate([samples, (eight[..., 3:] * _WHITE).round().astype(np.uint16)], axis=-1)
    return samples


def _colour(frame: Any) -> np.ndarray | None:
    """H x W or H x W x 3 of a frame, about in [0, 1]; None for layouts and matrices that are not known."""
    kind, bits, matrix = frame.format, frame.format.components[0].bits, int(frame.colorspace)
    if not kind.name.endswith("le") or not kind.name.startswith(("yuv4", "gbrp", "gray")) or bits <= 8:
        return None
    planes = [_plane(plane) for plane in frame.planes[:3]]
    is_limited = int(frame.color_range) == _LIMITED
    if kind.name.startswith("gbrp"):
        return None if is_limited else np.stack([planes[2], planes[0], planes[1]], axis=-1) / (2**bits - 1)
    step = 2 ** (bits - 8)
    black, white = (16 * step, 235 * step) if is_limited else (0, 2**bits - 1)
    luma = (planes[0] - black) / (white - black)
    if len(planes) == 1:
        return luma
    if matrix not in _KR_KB:
        return None
    reach = 224 * step if is_limited else white
    blue, red = (_upsampled((plane - 128 * step) / reach, luma.shape) for plane in planes[1:])
    k_red, k_blue = _KR_KB[matrix]
    end_red, end_blue = luma + 2 * (1 - k_red) * red, luma + 2 * (1 - k_blue) * blue
    green = (luma - k_red * end_red - k_blue * end_blue) / (1 - k_red - k_blue)
    return np.stack([end_red, green, end_blue], axis=-1)


def _plane(plane: Any) -> np.ndarray:
    lines = np.frombuffer(plane, "<u2").reshape(plane.height, -1)
    return lines[:, : plane.width].astype(np.float32)


def _upsampled(chroma: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """To the size of luma, between whose samples those of chroma lie in the middle."""
    for axis in (0, 1):
        if chroma.shape[axis] < shape[axis]:
            chroma = np.moveaxis(_doubled(np.moveaxis(chroma, axis, 0))[: shape[axis]], 0, axis)
    return chroma


def _doubled(lines: np.ndarray) -> np.ndarray:
    around = np.pad(lines, ((1, 1), (0, 0)), mode="edge")
    doubled = np.empty((2 * len(lines), lines.shape[1]), lines.dtype)
    doubled[0::2] = 0.75 * lines + 0.25 * around[:-2]
    doubled[1::2] = 0.75 * lines + 0.25 * around[2:]
    return doubled

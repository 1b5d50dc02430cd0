"""What decoding makes of a file: an image of Pillow's, or deeper samples than Pillow holds, and what the file says."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.ground.pixels import strips
from iqa_cli.metadata.facts import Facts


@dataclass(frozen=True)
class Raster:
    """A decoded image, not yet turned upright.

    Args:
        image: its pixels in Pillow's own mode; None where `deep` has them.
        bits: per sample in the file, where Pillow's mode may have fewer.
        facts: what the file says beside them.
        opaque: where a colour is declared transparent, 255 at all others (mode "L").
        notes: what the row tells.
        deep: H x W (grey) or H x W x C samples, uint16 with white at 2**bits - 1, where a decoder gives more than
            8 bits: grey and alpha (C = 2), RGB, or RGB and alpha, which is not multiplied in.
        frames: how many pictures the file holds.
    """

    image: Image.Image | None
    bits: int
    facts: Facts
    opaque: Image.Image | None = None
    notes: list[str] = field(default_factory=list)
    deep: np.ndarray | None = None
    frames: int = 1


def of_samples(samples: np.ndarray, bits: int, facts: Facts, notes: list[str]) -> Raster:
    """A raster of H x W or H x W x C integers of `bits` bits a sample, as `Raster.deep` has them; of 8 bits, too."""
    if bits <= 8:
        return Raster(Image.fromarray(np.ascontiguousarray(samples)), 8, facts, notes=notes)
    return Raster(None, bits, facts, notes=notes, deep=samples)


def deep_to_float(samples: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Colour, H x W or H x W x 3, and alpha, H x W, of `Raster.deep`: float32 in [0, 1]."""

    def values(of: np.ndarray) -> np.ndarray:
        return np.divide(of, np.float32(2**bits - 1), dtype=np.float32)

    if samples.ndim == 2 or samples.shape[-1] == 3:
        return values(samples), None
    return values(samples[..., 0] if samples.shape[-1] == 2 else samples[..., :3]), values(samples[..., -1])


def apart(samples: np.ndarray, bits: int) -> np.ndarray:
    """Colour that was multiplied by alpha, the last channel, divided by it again; black where nothing shows."""
    white, divided = 2**bits - 1, samples.copy()
    for rows in strips(samples):
        colour, alpha = samples[rows, :, :-1].astype(np.float64), samples[rows, :, -1:].astype(np.float64)
        full = np.divide(colour * white, alpha, out=np.zeros_like(colour), where=alpha > 0)
        divided[rows, :, :-1] = np.minimum(full.round(), white)
    return divided


def is_colour(samples: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    """Where H x W x C samples, or H x W of grey, are a colour: H x W bools."""
    planes = samples[..., None] if samples.ndim == 2 else samples
    hit = planes[..., 0] == colour[0]
    for number in range(1, planes.shape[-1]):  # all(axis=-1) takes ten times as long
        hit &= planes[..., number] == colour[number]
    return hit


def where_opaque(image: Image.Image, clear: Sequence[int], bits: int) -> Image.Image | None:
    """255 where a PNG's pixels are not the colour declared transparent, compared in the depth of the file."""
    if bits < 8 and image.mode != "1":
        clear = [value * (255 // (2**bits - 1)) for value in clear]
    hit = is_colour(np.asarray(image).astype(np.uint16), clear)
    return Image.fromarray(np.where(hit, np.uint8(0), np.uint8(255))) if hit.any() else None


def chosen(frame: int | None, count: int, otherwise: int = 0) -> int:
    """Which of `count` pictures is decoded: `frame`, if there are several.

    Raises ImageError where there are not so many.
    """
    if frame is None or count == 1:
        return otherwise
    if frame >= count:
        raise ImageError(f"has only {count} frames, counted from 0: there is no #{frame}")
    return frame


def frame_notes(frame: int | None, count: int, called: str, taken: int = 0) -> list[str]:
    """What the row tells where nobody said which of several pictures to take, each of which is `called` so."""
    if count == 1 or frame is not None:
        return []
    return [f"{called} #{taken} of {count}" if taken else f"first {called} of {count}"]


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raises ImageError where an image has more pixels than are allowed."""
    if width * height > max_pixels:
        raise ImageError(
            f"{width}x{height} is {width * height:,} pixels, over the limit of {max_pixels:,};"
            f" raise it with --max-pixels {width * height}"
        )

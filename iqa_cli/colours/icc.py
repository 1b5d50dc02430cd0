"""Embedded ICC profiles to sRGB, through LittleCMS (Pillow's ImageCms).

The intent is relative colorimetric with black-point compensation: colours inside the sRGB gamut
stay exact, and only those outside are clipped.
"""

import io
from collections.abc import Callable
from typing import cast

import numpy as np
from PIL import Image, ImageCms

from iqa_cli.colours.icc_matrix import matrix_profile
from iqa_cli.colours.primaries import by_rows
from iqa_cli.ground.pixels import to_floats
from iqa_cli.ground.wording import shortened

_CONVERTED = "converted to sRGB"
_STEP = 5  # divides 255
_RAMP = Image.frombytes("L", (256, 1), bytes(range(256)))
_MODE_OF_SPACE = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, list[str]]:
    """Bring an "L", "RGB" or "CMYK" image to sRGB ("L" or "RGB"); return it and notes.

    `profile` is the embedded ICC profile, or None to take the pixels as sRGB already. A profile
    that cannot be used costs a note, not the image.
    """
    notes: list[str] = []
    if profile is not None:
        try:
            image, notes = _convert(image, profile)
        except Exception:  # Pillow raises OSError, PyCMSError or ValueError, as the damage has it
            notes = ["embedded ICC profile unreadable, pixels taken as sRGB"]
    if image.mode == "CMYK":
        image, notes = image.convert("RGB"), [*notes, "CMYK converted without an ICC profile"]
    return image, notes


def deep_to_srgb(pixels: np.ndarray, profile: bytes | None) -> tuple[np.ndarray, list[str]]:
    """The same for H×W grey or H×W×3 RGB, float32 in [0, 1], of more than 8 bits.

    Profiles of curves and a matrix are computed exactly. Through tables colours go by what LittleCMS makes of 256
    greys, or of 52 levels of each of R, G and B, and in between straight on: that keeps the finer steps of the image.
    """
    is_grey = pixels.ndim == 2
    probe, notes = to_srgb(_RAMP if is_grey else _RAMP.convert("RGB"), profile)
    if not any(note.endswith(_CONVERTED) for note in notes):
        return pixels, notes
    exact = matrix_profile(profile or b"")
    if exact is not None and is_grey == (exact.matrix is None):
        return exact.to_srgb(pixels), notes
    if is_grey:
        curve = np.asarray(probe.convert("L"))[0] / 255
        return np.interp(pixels, np.arange(256) / 255, curve).astype(np.float32), notes
    return by_rows(pixels, _between_nodes(profile)), notes


def _between_nodes(profile: bytes | None) -> Callable[[np.ndarray], np.ndarray]:
    """RGB through a profile, trilinear between colours that LittleCMS has converted."""
    from scipy.ndimage import map_coordinates

    levels = np.arange(0, 256, _STEP, dtype=np.uint8)
    nodes = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    flat = Image.fromarray(nodes.reshape(len(levels), -1, 3))
    grid = to_floats(np.asarray(to_srgb(flat, profile)[0])).reshape(nodes.shape)

    def converted(encoded: np.ndarray) -> np.ndarray:
        places = np.moveaxis(encoded, -1, 0) * (len(levels) - 1)
        return np.stack([map_coordinates(grid[..., k], places, order=1, mode="nearest") for k in range(3)], axis=-1)

    return converted


def _convert(image: Image.Image, profile: bytes) -> tuple[Image.Image, list[str]]:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    name = shortened(" ".join((source.profile.profile_description or "unnamed").split()))
    space = source.profile.xcolor_space.strip()
    colour = image.convert("RGB") if (image.mode, space) == ("L", "RGB") else image
    if _MODE_OF_SPACE.get(space) != colour.mode:
        return image, [f"ICC profile '{name}' ignored: it is for {space}, the pixels are {image.mode}"]
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        colour.mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        # LittleCMS's default tables are up to 2 levels off; the finer ones, at no cost, 1 level
        ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.HIGHRESPRECALC,
    )
    if colour.mode != "CMYK" and _is_identity(transform, colour.mode):
        return image, []
    converted = cast(Image.Image, ImageCms.applyTransform(colour, transform))  # None only in place
    return converted, [f"ICC profile '{name}' {_CONVERTED}"]


def _is_identity(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether no probe colour moves by more than one 8-bit level: the profile is sRGB, whatever its name.

    Converting through it would only add rounding noise, and there are many files called sRGB.
    """
    if mode == "L":
        probe = _RAMP
    else:
        levels = np.arange(0, 256, 51, dtype=np.uint8)
        probe = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3))
    moved = np.asarray(ImageCms.applyTransform(probe, transform), dtype=int)
    return np.abs(moved - np.asarray(probe.convert("RGB"))).max() <= 1

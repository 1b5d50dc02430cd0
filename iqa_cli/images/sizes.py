"""What to do when the reference and the distorted image differ in size."""

import numpy as np
from PIL import Image

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.ground.pixels import to_floats

SIZE_RULES = ("error", "crop", "resize")


def match_sizes(
    reference: np.ndarray,
    distorted: np.ndarray,
    rule: str = "error",
    names: tuple[str, str] | None = None,
) -> tuple[np.ndarray, np.ndarray, str | None]:
    """Bring two H×W×3 images, uint8 or float32 in [0, 1], to one size.

    Returns both and a note for the row, None where the sizes agree already. The rules:

    - "error": `ImageError` naming both files, their sizes and the other rules;
    - "crop": both are cut to the common size from the top left corner, where they stay aligned
      in the usual cases: super-resolution trims its images to a multiple of the scale, and codecs
      work in whole blocks, both at the right and the bottom;
    - "resize": the distorted image is resized to the reference's size, bicubic and antialiased.
    """
    if rule not in SIZE_RULES:
        raise UsageError(f"unknown size rule {rule!r}: choose from {', '.join(SIZE_RULES)}")
    if reference.shape == distorted.shape:
        return reference, distorted, None
    sizes = _size(reference), _size(distorted)
    if rule == "error":
        one, other = (
            ("its reference", "the distorted image") if names is None else (f"its reference {names[0]}", names[1])
        )
        raise ImageError(
            f"{other} is {sizes[1]} but {one} is {sizes[0]};"
            " choose --on-size-mismatch crop or resize to score them all the same"
        )
    if rule == "crop":
        height, width = np.minimum(reference.shape, distorted.shape)[:2]
        reference, distorted = (np.ascontiguousarray(x[:height, :width]) for x in (reference, distorted))
        note = f"sizes {sizes[0]} and {sizes[1]} differ: both cut to {_size(reference)} from the top left"
        return reference, distorted, note
    note = f"sizes {sizes[0]} and {sizes[1]} differ: distorted resized to {sizes[0]}, bicubic"
    return reference, _resize(to_floats(distorted), *reference.shape[:2]), note


def _resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pillow's bicubic, which widens its kernel when shrinking, on float channels; clipped to [0, 1]."""
    channels = [Image.fromarray(pixels[..., c]).resize((width, height), Image.Resampling.BICUBIC) for c in range(3)]
    return np.clip(np.stack([np.asarray(c) for c in channels], axis=-1), 0, 1)  # bicubic overshoots at edges


def _size(pixels: np.ndarray) -> str:
    height, width = pixels.shape[:2]
    return f"{width}x{height}"

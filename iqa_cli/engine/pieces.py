"""From the pixels of a job to what a model sees of them at once: crops, or the whole image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from iqa_cli.engine.crops import CropRule, Window, mirrored, windows
from iqa_cli.errors import ImageError
from iqa_cli.models.base import Model
from iqa_cli.registry import Spec


@dataclass(frozen=True, eq=False)
class Sample:
    """Pixels of one job: H x W x 3 float32 in [0, 1], of one size.

    `reference_key` names a reference whose encoding is worth keeping for other samples.
    """

    image: np.ndarray
    reference: np.ndarray | None = None
    reference_key: str | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """What the model sees at once of one sample: a crop, or the whole image (`window` None)."""

    owner: int
    image: np.ndarray
    reference: np.ndarray | None
    key: tuple[str | int, Window | None]  # name of the reference, or the owner where it has none


def pieces_of(sample: Sample, owner: int, spec: Spec, model: Model, rule: CropRule) -> Iterator[Piece]:
    """The pieces of sample number `owner`, with those of its reference where the model takes one.

    Raises:
        ImageError: the image is smaller than the model can see.
    """
    check_size(spec, model, *sample.image.shape[:2])
    name = owner if sample.reference_key is None else sample.reference_key
    image, reference = sample.image, sample.reference if spec.full_reference else None
    size = spec.crop
    if size is None:
        yield Piece(owner, image, reference, (name, None))
        return
    image, reference = reflected(image, size), None if reference is None else reflected(reference, size)
    height, width = image.shape[:2]
    for top, left in windows(height, width, size, rule):
        cut = np.s_[top : top + size, left : left + size]
        yield Piece(owner, image[cut], None if reference is None else reference[cut], (name, (top, left)))


def check_size(spec: Spec, model: Model, height: int, width: int) -> None:
    """Raise ImageError for an image smaller than the model can see."""
    if min(height, width) - 2 * model.border < spec.minimum:
        cut = f" after cutting {model.border} px from each" if model.border else ""
        raise ImageError(f"{width}x{height} px is too small: {spec.name} needs {spec.minimum} px a side{cut}")


def reflected(pixels: np.ndarray, size: int) -> np.ndarray:
    """H x W x 3 extended to at least size x size by mirroring at the right and the bottom.

    Mirroring adds no edge and no colour that the image does not have; scaling up would change the very
    sharpness that is judged.
    """
    height, width = pixels.shape[:2]
    if min(height, width) >= size:
        return pixels
    return pixels[mirrored(height, size)][:, mirrored(width, size)]

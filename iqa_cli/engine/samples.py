"""Samples from pixels, masks and boxes: those of files, and those that Python has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iqa_cli.errors import ImageError
from iqa_cli.executing.pieces import Sample
from iqa_cli.ground.box import Box
from iqa_cli.images import ImagePolicy, match_sizes
from iqa_cli.images.given import stored_of, weights_of
from iqa_cli.images.masks import Mask, fitted
from iqa_cli.images.viewing import shown
from iqa_cli.references.encoded import EncodedReference
from iqa_cli.registry import Spec, check_masks


@dataclass(frozen=True)
class Area:
    """What of an image is scored: all of it, unless a mask weighs or a box cuts."""

    mask: Mask | None = None
    box: Box | None = None

    @classmethod
    def of(cls, spec: Spec, mask: Any, box: Sequence[int] | str | None, policy: ImagePolicy) -> "Area":
        """From a mask as `weights_of` takes it, of no more pixels than an image may have, and x, y, w, h.

        Raises:
            ImageError: the mask is none.
            UsageError: the box is none, or the model takes no mask.
        """
        if mask is not None:
            check_masks([spec])
        return cls(None if mask is None else weights_of(mask, policy), None if box is None else Box.of(box))


def sample_from(
    image: np.ndarray,
    reference: np.ndarray | None,
    area: Area,
    size_rule: str,
    called: str,
    names: tuple[str, str] | None = None,
    key: str | None = None,
) -> tuple[Sample, str | None]:
    """A sample of pixels H x W x 3, of one size and cut to their area; and a note where sizes differed.

    Args:
        image: what is judged, uint8 or float32 in [0, 1].
        reference: what it is compared with, if anything.
        area: what of both is scored.
        size_rule: what becomes of a pair that differs in size: see `match_sizes`.
        called: the image, in what is said of its area.
        names: both, in what is said of their sizes; None for pixels that have none.
        key: names the reference whose encoding other samples can use.

    Raises:
        ImageError: sizes differ, the mask has another size, the box is not inside, or nothing of the mask is left.
    """
    note = whole = None
    if reference is not None:
        whole = reference.shape[:2] if size_rule == "crop" else None
        reference, image, note = match_sizes(reference, image, size_rule, names)
        key = f"{key} {reference.shape}" if key and note else key
    weights = None if area.mask is None else fitted(area.mask, image.shape[:2], called, cut_from=whole)
    sample = Sample(image, reference, key, weights)
    sample = sample if area.box is None else sample.within(area.box, called)
    if area.mask is not None and sample.mask is not None and (note or area.box) and not sample.mask.any():
        where = f"box {area.box}" if area.box else "what both images have"
        raise ImageError(f"{called}: nothing of {area.mask.name} is left in {where}: white is what counts")
    return sample, note


def as_shown(sample: Sample, long_side: int | None) -> tuple[Sample, str | None]:
    """A sample as a screen shows it, no larger than `long_side` px, of a pair both; and a note where it was larger."""
    height, width = sample.image.shape[:2]
    image = shown(sample.image, long_side)
    if image is sample.image:
        return sample, None
    reference, mask = (
        None if pixels is None else shown(pixels, long_side) for pixels in (sample.reference, sample.mask)
    )
    note = f"shown at {image.shape[1]}x{image.shape[0]} px, area-averaged from {width}x{height}"
    return replace(sample, image=image, reference=reference, mask=mask), note


def against_encoded(image: np.ndarray, reference: EncodedReference, area: Area, called: str) -> Sample:
    """A sample of pixels H x W x 3, called so, against a reference of which there are features alone.

    Raises:
        ImageError: its size is another, or only a part of it is to be scored.
    """
    if area != Area():
        raise ImageError(f"{reference.name}: its features are of the whole; a mask or a box needs the reference itself")
    height, width = image.shape[:2]
    if (height, width) != (reference.height, reference.width):
        raise ImageError(
            f"{called} is {width}x{height} px, but {reference.name} was {reference.width}x{reference.height}: "
            "features cannot be cut or resized; compare with the reference itself"
        )
    return Sample(image, encoded=reference)


def sample_of(
    images: Sequence[Any], policy: ImagePolicy, size_rule: str, area: Area, view_size: int | None = None
) -> Sample:
    """The sample of one image, or of a reference and then the distorted image, as `stored_of` takes them.

    Raises:
        ImageError: as `sample_from`, or an image cannot be read.
    """
    pixels = [stored_of(image, policy) for image in images]
    sample, _ = sample_from(pixels[-1], pixels[0] if len(pixels) > 1 else None, area, size_rule, "the image")
    return as_shown(sample, view_size)[0]

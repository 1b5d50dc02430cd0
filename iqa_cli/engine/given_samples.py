"""Samples from images, masks and boxes as Python has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iqa_cli.engine.pieces import Sample
from iqa_cli.ground.box import Box
from iqa_cli.images import ImagePolicy, match_sizes
from iqa_cli.images.given import pixels_of, weights_of
from iqa_cli.images.masks import Mask, fitted
from iqa_cli.registry import Spec, check_masks


@dataclass(frozen=True)
class Area:
    """What of an image is scored: all of it, unless a mask weighs or a box cuts."""

    mask: Mask | None = None
    box: Box | None = None

    @classmethod
    def of(cls, spec: Spec, mask: Any, box: Sequence[int] | str | None) -> "Area":
        """From a mask as `weights_of` takes it and x, y, w, h.

        Raises:
            ImageError: the mask is none.
            UsageError: the box is none, or the model takes no mask.
        """
        if mask is not None:
            check_masks([spec])
        return cls(None if mask is None else weights_of(mask), None if box is None else Box.of(box))


def sample_of(images: Sequence[Any], paired: bool, policy: ImagePolicy, size_rule: str, area: Area) -> Sample:
    """The sample of one image, or of `paired` reference and distorted image.

    Args:
        images: one, or the reference and then the distorted one, as `pixels_of` takes them.
        paired: whether they are two.
        policy: how files become pixels.
        size_rule: what becomes of a pair that differs in size: see `match_sizes`.
        area: what of them is scored.

    Raises:
        ImageError: an image cannot be read, sizes differ, the mask has another size, or the box is not inside.
    """
    pixels = [pixels_of(image, policy) for image in images]
    whole = pixels[0].shape[:2] if size_rule == "crop" else None
    if paired:
        pixels[0], pixels[1], _ = match_sizes(pixels[0], pixels[1], size_rule)
    weights = None
    if area.mask is not None:
        weights = fitted(area.mask, pixels[-1].shape[:2], "the image", cut_from=whole)
    sample = Sample(pixels[-1], pixels[0] if paired else None, mask=weights)
    return sample if area.box is None else sample.within(area.box, "the image")

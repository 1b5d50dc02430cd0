"""From the pixels of a job to what a model sees of them at once: crops, or the whole image."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from iqa_cli.errors import ImageError
from iqa_cli.ground.box import Box
from iqa_cli.images.masks import cut
from iqa_cli.options.crops import CropRule, Window, mirrored, windows, windows_on
from iqa_cli.references.encoded import EncodedReference
from iqa_cli.registry import Spec

if TYPE_CHECKING:
    from torch import Tensor


class Bordered(Protocol):
    """A model in any form: what it says of a border that is never looked at, in px a side."""

    border: int


@dataclass(frozen=True, eq=False)
class Sample:
    """Pixels of one job: H x W x 3, uint8 or float32 in [0, 1], of one size.

    `reference_key` names a reference whose encoding is worth keeping for other samples. `mask` says how much each
    pixel counts, H x W float32 in [0, 1]; None where all count alike. `encoded` stands for a reference of which there
    are no pixels.
    """

    image: np.ndarray
    reference: np.ndarray | None = None
    reference_key: str | None = None
    mask: np.ndarray | None = None
    encoded: EncodedReference | None = None

    def within(self, box: Box, name: str) -> "Sample":
        """What of the sample, called `name`, lies in the box, as if the files had been cut. Raises ImageError."""
        return replace(
            self,
            image=cut(self.image, box, name),
            reference=None if self.reference is None else cut(self.reference, box, name),
            reference_key=None if self.reference_key is None else f"{self.reference_key} {box}",
            mask=None if self.mask is None else cut(self.mask, box, name),
        )


@dataclass(frozen=True, eq=False)
class Piece:
    """What the model sees at once of one sample: a crop, or the whole image (`window` None).

    Of a sample with a mask a crop counts by its `share` of it, a whole image has the `mask` itself.
    """

    owner: int
    image: np.ndarray
    reference: np.ndarray | None
    key: tuple[str | int, Window | None]  # name of the reference, or the owner where it has none
    mask: np.ndarray | None = None
    share: float = 1.0
    encoding: tuple[np.ndarray, ...] | None = None  # of the reference, where there are no pixels of it


def pieces_of(sample: Sample, owner: int, spec: Spec, model: Bordered, rule: CropRule) -> Iterator[Piece]:
    """The pieces of sample number `owner`, with those of its reference where the model takes one.

    Raises:
        ImageError: the image is smaller than the model can see, its mask nothing that the model can weigh, or its
            encoded reference has other crops.
    """
    if sample.mask is not None and not spec.masks:
        raise ImageError(f"{spec.name} takes no mask")
    check_size(spec, model, *sample.image.shape[:2])
    name = owner if sample.reference_key is None else sample.reference_key
    image = sample.image
    reference, encoded = (sample.reference, sample.encoded) if spec.full_reference else (None, None)
    size = spec.crop
    if size is None:
        yield Piece(owner, image, reference, (name, None), sample.mask)
        return
    image, reference = reflected(image, size), None if reference is None else reflected(reference, size)
    for (top, left), share in places(sample, size, rule):
        part = np.s_[top : top + size, left : left + size]
        crop = None if reference is None else reference[part]
        encoding = None if encoded is None else encoded.at((top, left))
        yield Piece(owner, image[part], crop, (name, (top, left)), share=share, encoding=encoding)


def places(sample: Sample, size: int, rule: CropRule) -> list[tuple[Window, float]]:
    """Where the crops of a sample lie, reflected to at least `size`, and how much each counts: its share of the mask.

    Raises:
        ImageError: none of them meets the mask.
    """
    if sample.mask is None:
        height, width = (max(side, size) for side in sample.image.shape[:2])
        return [(window, 1.0) for window in windows(height, width, size, rule)]
    mask = reflected(sample.mask, size)
    found = windows_on(mask, size, rule)
    shares = [float(mask[top : top + size, left : left + size].mean(dtype=np.float64)) for top, left in found]
    if not any(shares):
        raise ImageError(f"none of {len(found)} crops meets the mask: --crops all looks at all of it")
    return [(window, share) for window, share in zip(found, shares, strict=True) if share]


def check_size(spec: Spec, model: Bordered, height: int, width: int) -> None:
    """Raise ImageError for an image smaller than the model can see."""
    if min(height, width) - 2 * model.border < spec.minimum:
        cut = f" after cutting {model.border} px from each" if model.border else ""
        raise ImageError(f"{width}x{height} px is too small: {spec.name} needs {spec.minimum} px a side{cut}")


def reflected(pixels: np.ndarray, size: int) -> np.ndarray:
    """H x W x 3, or a mask H x W, extended to at least size x size by mirroring at the right and the bottom.

    Mirroring adds no edge and no colour that the image does not have; scaling up would change the very
    sharpness that is judged.
    """
    height, width = pixels.shape[:2]
    if min(height, width) >= size:
        return pixels
    return pixels[mirrored(height, size)][:, mirrored(width, size)]


def crops_of(images: "Tensor", size: int, rule: CropRule) -> "Tensor":
    """B x 3 x H x W to B x M x 3 x size x size: the crops of samples, of tensors; small images are reflected first."""
    import torch

    for dim in (-2, -1):
        if images.shape[dim] < size:
            index = torch.from_numpy(mirrored(images.shape[dim], size)).to(images.device)
            images = images.index_select(dim, index)
    height, width = images.shape[-2:]
    corners = windows(height, width, size, rule)
    return torch.stack([images[..., top : top + size, left : left + size] for top, left in corners], dim=1)

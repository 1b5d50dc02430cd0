"""Maps over an image: where a model looked, and how good it found each part."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from iqa_cli.engine.crops import windows
from iqa_cli.engine.executor import Executor, Sample, reflected
from iqa_cli.models.attention import recorded

AT_ONCE = 4  # crops; an attention matrix of IQT has 842 x 842 entries a head


@dataclass(frozen=True, eq=False)
class Maps:
    """Over the image's own pixels, H x W float32; NaN where no crop lies (`--crops all` leaves no such place).

    Attributes:
        attention: of the quality token; its mean over the image is 1.
        quality: the scores of the crops that cover a pixel, averaged; None for a model without crops.
    """

    attention: np.ndarray
    quality: np.ndarray | None

    def by_kind(self) -> dict[str, np.ndarray]:
        """Those there are, by name."""
        return {kind: values for kind, values in vars(self).items() if values is not None}


def maps_of(executor: Executor, sample: Sample) -> Maps:
    """Maps of one sample, by the explicit attention path.

    Crops are stitched with weights that fall towards their borders, so that no seam shows.
    """
    height, width = sample.image.shape[:2]
    size = executor.spec.crop
    if size is None:
        maps, _ = _attend(executor, [(sample.image, None)])
        return Maps(_unit_mean(maps[0]), None)
    image, reference = (reflected(pixels, size) for pixels in (sample.image, sample.reference))
    places = windows(*image.shape[:2], size, executor.rule)
    weight = np.outer(*2 * [np.hanning(size + 2)[1:-1].astype(np.float32) + 1e-3])
    sums = np.zeros((3, *image.shape[:2]), np.float32)  # attention, quality, weight
    for first in range(0, len(places), AT_ONCE):
        cuts = [np.s_[top : top + size, left : left + size] for top, left in places[first : first + AT_ONCE]]
        maps, scores = _attend(executor, [(image[cut], reference[cut]) for cut in cuts])
        for cut, attention, score in zip(cuts, maps, scores, strict=True):
            ones = np.ones_like(attention)
            sums[(slice(None), *cut)] += weight * np.stack([attention, score * ones, ones])
    seen = sums[2] > 0
    attention, quality = (np.divide(part, sums[2], out=np.full_like(part, np.nan), where=seen) for part in sums[:2])
    return Maps(_unit_mean(attention[:height, :width]), quality[:height, :width])


def _attend(executor: Executor, pairs: list[tuple[np.ndarray, np.ndarray | None]]) -> tuple[np.ndarray, list[float]]:
    """Attention at the size of the images (B x H x W), and scores."""
    height, width = pairs[0][0].shape[:2]
    images, references = zip(*pairs, strict=True)
    inputs = [images] if references[0] is None else [references, images]
    with torch.inference_mode(), recorded(executor.model) as matrices:
        scores = executor.model(*(executor.tensor(stack) for stack in inputs))
        maps = executor.model.attention(matrices, height, width)
    scaled = F.interpolate(maps[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]
    return scaled.cpu().numpy(), scores.tolist()


def _unit_mean(attention: np.ndarray) -> np.ndarray:
    return attention / np.nanmean(attention)

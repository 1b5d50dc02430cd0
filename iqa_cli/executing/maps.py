"""Maps over an image: where a model looked, and how good it found each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch.nn import functional as F

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.executing.cores import computing
from iqa_cli.executing.device import in_halves
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample, check_size, places, reflected
from iqa_cli.models.attention import Attentive, recorded
from iqa_cli.records import ScoreRange
from iqa_cli.registry import all_models

AT_ONCE = 4  # crops; an attention matrix of IQT has 842 x 842 entries a head


@dataclass(frozen=True, eq=False)
class Maps:
    """Over the image's own pixels, H x W float32; NaN where no crop lies (`--crops all` leaves no such place
    but outside a mask).

    Attributes:
        attention: of the quality token; its mean over the image is 1.
        quality: the scores of the crops that cover a pixel, averaged; None for a model without crops.
        range: where the values of `quality` lie.
    """

    attention: np.ndarray
    quality: np.ndarray | None
    range: ScoreRange

    def by_kind(self) -> dict[str, np.ndarray]:
        """Those there are, by name."""
        kinds = {"attention": self.attention, "quality": self.quality}
        return {kind: values for kind, values in kinds.items() if values is not None}


def maps_of(executor: Executor, sample: Sample) -> Maps:
    """Maps of one sample, by the explicit attention path.

    Crops are stitched with weights that fall towards their borders, so that no seam shows.

    Raises:
        UsageError: the model cannot show where it looks.
        ImageError: the image is too small, or its maps, or an attention matrix of one piece of it, too large for the
            memory.
    """
    if not executor.spec.maps:
        able = ", ".join(spec.name for spec in all_models() if spec.maps)
        raise UsageError(f"{executor.spec.name} cannot show where it looks: choose {able}")
    if executor.spec.full_reference and sample.reference is None:
        raise ImageError(f"no map of {executor.spec.name}: it needs the reference itself, not its features alone")
    height, width = sample.image.shape[:2]
    check_size(executor.spec, executor.model, height, width)
    try:
        if executor.spec.crop is None:
            ((attention, _),) = _attend(executor, [(sample.image, sample.reference)])
            return Maps(_unit_mean(attention), None, executor.range)
        return _stitched(executor, sample, executor.spec.crop)
    except MemoryError as error:  # of arrays as large as the image
        raise _no_memory(executor, height, width) from error


def _stitched(executor: Executor, sample: Sample, size: int) -> Maps:
    height, width = sample.image.shape[:2]
    image = reflected(sample.image, size)
    reference = None if sample.reference is None else reflected(sample.reference, size)
    rows, columns = image.shape[:2]
    windows = [window for window, _ in places(sample, size, executor.rule)]
    weight = np.outer(*2 * [np.hanning(size + 2)[1:-1].astype(np.float32) + 1e-3])
    sums = np.zeros((3, rows, columns), np.float32)  # attention, quality, weight
    for first in range(0, len(windows), AT_ONCE):
        cuts = [np.s_[top : top + size, left : left + size] for top, left in windows[first : first + AT_ONCE]]
        pairs = [(image[cut], None if reference is None else reference[cut]) for cut in cuts]
        for cut, (attention, score) in zip(cuts, _attend(executor, pairs), strict=True):
            ones = np.ones_like(attention)
            sums[(slice(None), *cut)] += weight * np.stack([attention, score * ones, ones])
    seen = sums[2] > 0
    attention, quality = (np.divide(part, sums[2], out=np.full_like(part, np.nan), where=seen) for part in sums[:2])
    return Maps(_unit_mean(attention[:height, :width]), quality[:height, :width], executor.range)


Pair = tuple[np.ndarray, np.ndarray | None]  # an image and its reference, where the model takes one


def _attend(executor: Executor, pairs: Sequence[Pair]) -> list[tuple[np.ndarray, float]]:
    """Attention at the size of the images (H x W), and the score, of each."""
    height, width = pairs[0][0].shape[:2]

    def work(pairs: Sequence[Pair]) -> list[tuple[np.ndarray, float]]:
        images, references = zip(*pairs, strict=True)
        inputs = [references, images] if executor.spec.full_reference else [images]
        with computing(executor.threads), torch.inference_mode(), executor.arithmetic(), recorded() as matrices:
            scores = executor.model(*(executor.given(stack) for stack in inputs))
            maps = cast(Attentive, executor.model).attention(matrices, height, width)
            scaled = F.interpolate(maps[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]
        return list(zip(scaled.cpu().numpy(), scores.tolist(), strict=True))

    results, _ = in_halves(work, pairs)
    if None in results:
        raise _no_memory(executor, height, width)
    return results


def _no_memory(executor: Executor, height: int, width: int) -> ImageError:
    return ImageError(f"no map of {executor.spec.name}: out of memory at {width}x{height} px")


def _unit_mean(attention: np.ndarray) -> np.ndarray:
    return attention / np.nanmean(attention)

"""One model at work: images in, one Score an image out, whatever their sizes and however they are batched."""

import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor

from iqa_cli.engine.cache import EncodingCache
from iqa_cli.engine.crops import CropRule, Window, mirrored, windows
from iqa_cli.engine.device import BATCH_PIXELS, is_out_of_memory
from iqa_cli.errors import ImageError
from iqa_cli.models.backbones import fold_batchnorm
from iqa_cli.models.base import Encoding, Model, each, separate, stacked
from iqa_cli.records import Score
from iqa_cli.registry import Spec

DIGITS = 6  # of a score: what float32 can tell, and the same in any batch


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


class Executor:
    """A model prepared for scoring: eval mode, frozen, BatchNorm folded, channels last, on its device."""

    def __init__(
        self,
        spec: Spec,
        model: Model,
        *,
        device: torch.device,
        rule: CropRule = CropRule(),
        precision: str = "fp32",
        batch_size: int | None = None,
    ):
        self.spec, self.device, self.rule, self.batch_size = spec, device, rule, batch_size
        model = model.eval().requires_grad_(False)
        fold_batchnorm(model)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.halved = precision == "bf16" and spec.trained
        self.references = EncodingCache()

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        """One Score a sample, in order. A sample that cannot be scored gets status "error" and a reason."""
        scores: list[Score | None] = [None] * len(samples)
        pieces: list[Piece] = []
        for owner, sample in enumerate(samples):
            try:
                pieces += self._pieces(owner, sample)
            except ImageError as error:
                scores[owner] = failed(str(error))
        outputs: dict[int, list[Tensor]] = {}
        for _, alike in groupby(pieces, key=lambda piece: piece.image.shape):
            waiting = list(alike)
            while waiting:
                size = self._batch_size(waiting[0].image)
                batch, waiting = waiting[:size], waiting[size:]
                for piece, output in zip(batch, self._run(batch), strict=True):
                    if isinstance(output, ImageError):
                        scores[piece.owner] = failed(str(output))
                    else:
                        outputs.setdefault(piece.owner, []).append(output)
        return [
            scores[owner] or self._pooled(torch.stack(outputs[owner]), samples[owner]) for owner in range(len(samples))
        ]

    def _pieces(self, owner: int, sample: Sample) -> Iterator[Piece]:
        check_size(self.spec, self.model, *sample.image.shape[:2])
        name = owner if sample.reference_key is None else sample.reference_key
        image, reference = sample.image, sample.reference if self.spec.full_reference else None
        size = self.spec.crop
        if size is None:
            yield Piece(owner, image, reference, (name, None))
            return
        image, reference = reflected(image, size), None if reference is None else reflected(reference, size)
        for top, left in windows(*image.shape[:2], size, self.rule):
            cut = np.s_[top : top + size, left : left + size]
            yield Piece(owner, image[cut], None if reference is None else reference[cut], (name, (top, left)))

    def _batch_size(self, image: np.ndarray) -> int:
        height, width = image.shape[:2]
        return self.batch_size or max(1, BATCH_PIXELS[self.device.type] // (height * width))

    def _run(self, batch: Sequence[Piece]) -> list[Tensor | ImageError]:
        """What comes of each piece, on the CPU; on out-of-memory in halves, down to a single piece."""
        try:
            with torch.inference_mode(), self._precision():
                return list(self._forward(batch).cpu())
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        torch.cuda.empty_cache()
        if len(batch) == 1:
            height, width = batch[0].image.shape[:2]
            return [ImageError(f"out of memory at {width}x{height} px with {self.spec.name}")]
        half = len(batch) // 2
        self.batch_size = half  # the next batch need not find out again
        return [*self._run(batch[:half]), *self._run(batch[half:])]

    def _precision(self):
        return torch.autocast(self.device.type, torch.bfloat16) if self.halved else nullcontext()

    def _forward(self, batch: Sequence[Piece]) -> Tensor:
        images = self.tensor([piece.image for piece in batch])
        return self.model.outputs(*self._references(batch), images)

    def _references(self, batch: Sequence[Piece]) -> list[Encoding]:
        """Encoded references of the batch, if it has any; one is computed once however many images share it."""
        if batch[0].reference is None:
            return []
        known = {piece.key: self.references.get(piece.key) for piece in batch}
        missing = {piece.key: piece.reference for piece in batch if known[piece.key] is None}
        if missing:
            encoded = self.model.encode(self.tensor(list(missing.values())))
            for key, encoding in zip(missing, separate(encoded, len(missing)), strict=True):
                known[key] = encoding
                if isinstance(key[0], str):
                    # Of several, a copy: a slice would keep the memory of them all.
                    self.references.put(key, each(Tensor.clone, encoding) if len(missing) > 1 else encoding)
        return [stacked([known[piece.key] for piece in batch])]

    def tensor(self, images: Sequence[np.ndarray]) -> Tensor:
        """Images of one size, H x W x 3, as N x 3 x H x W on the model's device."""
        # Stacked H x W x 3 arrays, seen as N x 3 x H x W, already lie channels last.
        return torch.from_numpy(np.stack(images)).to(self.device, non_blocking=True).permute(0, 3, 1, 2)

    def _pooled(self, outputs: Tensor, sample: Sample) -> Score:
        """One score from the outputs (M, ...) of a sample's pieces."""
        outputs = outputs.double()
        details = self.model.details(outputs, cropped=self.spec.crop is not None)
        details = {name: _rounded(value) for name, value in details.items()}
        height, width = sample.image.shape[:2]
        if self.spec.crop is not None and min(height, width) < self.spec.crop:
            seen = f"{max(width, self.spec.crop)}x{max(height, self.spec.crop)}"
            details["padded"] = f"{width}x{height} reflected to {seen}"
        return finite(self.model.pool(outputs).item(), details)


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


def finite(value: float, details: dict) -> Score:
    """A Score with a finite value, or none and the status that says why."""
    if math.isfinite(value):
        return Score(round(value, DIGITS), "ok", details)
    return Score(None, "infinite" if value == math.inf else "not finite", details)


def _rounded(value: Any) -> Any:
    return [_rounded(each) for each in value] if isinstance(value, list) else round(value, DIGITS)


def failed(reason: str) -> Score:
    """What a model answers where it cannot score."""
    return Score(None, "error", {"reason": reason})

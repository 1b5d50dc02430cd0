"""One model at work: images in, one Score an image out, whatever their sizes and however they are batched."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from itertools import groupby
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from iqa_cli.errors import ImageError
from iqa_cli.executing.cache import EncodingCache
from iqa_cli.executing.cores import computing
from iqa_cli.executing.device import BATCH_PIXELS, arithmetic, in_halves, on_device
from iqa_cli.executing.pieces import Piece, Sample, crops_of, pieces_of
from iqa_cli.executing.scores import Timed, failed, no_memory, padding, rounded, score_of
from iqa_cli.executing.striping import in_stripes, is_striped
from iqa_cli.explaining.explainers import Explainer
from iqa_cli.ground.pixels import to_floats
from iqa_cli.meaning import Percentiles, meaning
from iqa_cli.models.backbones import fold_batchnorm
from iqa_cli.models.base import Encoding, FullReference, Model, Telling, each, separate, stacked
from iqa_cli.options.crops import CropRule
from iqa_cli.records import Score, ScoreRange
from iqa_cli.registry import Spec

Output = tuple[Tensor, Tensor | None]  # of a piece: what is pooled, and traces of flaws where they are asked for


class Executor(Timed):
    """A model prepared for scoring: a copy in eval mode, frozen, BatchNorm folded, channels last, on its device.

    Attributes:
        spec: the model, as the registry declares it.
        model: the copy. It may be moved or cast; what is scored then follows it.
        rule: where crops lie.
        batch_size: pieces scored at once; None for as many as make a full batch.
        threads: of torch while it scores; None for a thread a core: see `iqa_cli.executing.cores`.
        range: where its scores lie: that of its weights, else the spec's.
        percentiles: its scores of many photographs; None where they are not known.
        explainer: what tells flaws by its features, beside the score; None where nobody asked.
        references: encodings of references that were given a name.
    """

    def __init__(
        self,
        spec: Spec,
        model: Model,
        *,
        device: torch.device,
        rule: CropRule = CropRule(),
        precision: str = "fp32",
        batch_size: int | None = None,
        range: ScoreRange | None = None,
        percentiles: Percentiles | None = None,
        threads: int | None = None,
        explainer: Explainer | None = None,
    ):
        self.spec, self.rule, self.batch_size, self.range = spec, rule, batch_size, range or spec.range
        self.percentiles, self.threads, self.explainer = percentiles, threads, explainer
        self.model = _prepared(model, device)
        self._halved = precision == "bf16" and spec.trained
        self.references = EncodingCache()
        self._encoded_with = (self.device, self.dtype)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return cast(Tensor, self.model.where).device

    @property
    def full_batch(self) -> int:
        """Pixels that are worth being taken at once."""
        return on_device(BATCH_PIXELS, self.device.type)

    @property
    def alone(self) -> bool:
        """Whether images are best scored one by one: on a CPU, unless a batch was asked for."""
        return self.device.type == "cpu" and self.batch_size is None

    @property
    def dtype(self) -> torch.dtype:
        """What the model takes; a classical one goes on from float32, however its module is cast."""
        return cast(Tensor, self.model.where).dtype if self.spec.trained else torch.float32

    def arithmetic(self) -> AbstractContextManager[Any]:
        """Within it, the model computes in the precision that was asked for."""
        return arithmetic(self.device, self._halved)

    def forget(self) -> None:
        """See `Timed`."""
        self.references = EncodingCache()

    def _scores(self, samples: Sequence[Sample]) -> list[Score]:
        scores: list[Score | None] = [None] * len(samples)
        pieces: list[Piece] = []
        for owner, sample in enumerate(samples):
            try:
                pieces += pieces_of(sample, owner, self.spec, self.model, self.rule)
            except ImageError as error:
                scores[owner] = failed(str(error))
        found: dict[int, list[tuple[Piece, Output]]] = {}
        for piece, output in self._run(pieces):
            if output is None:
                scores[piece.owner] = no_memory(self.spec.name, piece.image)
            elif isinstance(output, ImageError):
                scores[piece.owner] = failed(str(output))
            else:
                found.setdefault(piece.owner, []).append((piece, output))
        return [scores[owner] or self._pooled(found[owner], sample) for owner, sample in enumerate(samples)]

    def _run(self, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Output | ImageError | None]]:
        """What comes of each piece, on the CPU; None of one too large for the memory, or why the model refuses it."""
        fitting = None  # pixels of a batch, once memory ran out; the next call may find more
        for _, alike in groupby(
            pieces, key=lambda piece: (piece.image.shape, piece.mask is None, piece.encoding is None)
        ):
            waiting = list(alike)
            height, width = waiting[0].image.shape[:2]
            while waiting:
                size = self.batch_size or self.full_batch // (height * width)
                size = max(1, size if fitting is None else min(size, fitting // (height * width)))
                batch, waiting = waiting[:size], waiting[size:]
                outputs, at_once = in_halves(self._outputs, batch)
                if at_once < len(batch):
                    fitting = at_once * height * width
                yield from zip(batch, outputs, strict=True)

    def _outputs(self, batch: Sequence[Piece]) -> list[Output | ImageError]:
        try:
            with computing(self.threads), torch.inference_mode(), self.arithmetic():
                outputs, traces = self._forward(batch)
                return list(zip(outputs.cpu(), traces, strict=True))
        except ImageError as error:  # one image must not cost the others of its batch
            if len(batch) == 1:
                return [error]
        return [output for piece in batch for output in self._outputs([piece])]

    def _forward(self, batch: Sequence[Piece]) -> tuple[Tensor, Sequence[Tensor | None]]:
        images = self.given([piece.image for piece in batch])
        masks = [piece.mask for piece in batch if piece.mask is not None]
        if self.explainer is not None:
            outputs, cells = cast(Telling, self.model).outputs_and_cells(*self._references(batch), images)
            return outputs, self.explainer.traces(cells)
        weights = [torch.from_numpy(np.stack(masks)).to(self.device, non_blocking=True)[:, None]] if masks else []
        return self.model.outputs(*self._references(batch), images, *weights), [None] * len(batch)

    def _references(self, batch: Sequence[Piece]) -> list[Encoding]:
        """Encoded references of the batch, if it has any; one is computed once however many images share it."""
        if batch[0].encoding is not None:
            parts = zip(*(cast(tuple, piece.encoding) for piece in batch), strict=True)
            tensors = [torch.from_numpy(np.stack(part)).to(self.device, self.dtype) for part in parts]
            return [tensors[0] if len(tensors) == 1 else tuple(tensors)]
        if batch[0].reference is None:
            return []
        if self._encoded_with != (self.device, self.dtype):  # the model was moved or cast
            self.references, self._encoded_with = EncodingCache(), (self.device, self.dtype)
        known = {piece.key: self.references.get(piece.key) for piece in batch}
        missing = {p.key: p.reference for p in batch if p.reference is not None and known[p.key] is None}
        if missing:
            if len({piece.owner for piece in batch}) == 1:  # of one image all or none, whichever are still kept
                missing = {p.key: p.reference for p in batch if p.reference is not None}
            model = cast(FullReference, self.model)
            encoded = model.encode(self.tensor(list(missing.values())))
            for key, encoding in zip(missing, separate(encoded, len(missing)), strict=True):
                known[key] = encoding
                if isinstance(key[0], str):
                    # Of several, a copy: a slice would keep the memory of them all.
                    self.references.put(key, each(Tensor.clone, encoding) if len(missing) > 1 else encoding)
        return [stacked([cast(Encoding, known[piece.key]) for piece in batch])]

    def given(self, images: Sequence[np.ndarray]) -> Any:
        """What the model takes of images of one size: a tensor, or stripes of large ones where it can."""
        if is_striped(self.model, *images[0].shape[:2]):
            return in_stripes(images, self.tensor, self.device.type)
        return self.tensor(images)

    def tensor(self, images: Sequence[np.ndarray]) -> Tensor:
        """Images, H x W x 3, uint8 or float32 in [0, 1], as N x 3 x H x W of the model's device and dtype."""
        stack = np.empty((len(images), *images[0].shape), np.float32)
        for place, image in zip(stack, images, strict=True):
            place[:] = to_floats(image)
        # Stacked H x W x 3 arrays, seen as N x 3 x H x W, already lie channels last.
        return torch.from_numpy(stack).to(self.device, self.dtype, non_blocking=True).permute(0, 3, 1, 2)

    def _pooled(self, found: Sequence[tuple[Piece, Output]], sample: Sample) -> Score:
        """One score from what came of a sample's pieces."""
        outputs = torch.stack([output for _, (output, _) in found]).double()
        shares = [piece.share for piece, _ in found]
        weights = [] if sample.mask is None else [torch.tensor(shares, dtype=torch.float64, device="cpu")]
        details = self.model.details(outputs, self.spec.crop is not None, *weights)
        details = {name: rounded(value) for name, value in details.items()}
        details |= padding(self.spec, sample)
        value = self.model.pool(outputs, *weights).item()
        if self.explainer is not None:
            traces = [(piece.key[1], cast(Tensor, traces)) for piece, (_, traces) in found]
            height, width = sample.image.shape[:2]
            with computing(self.threads):
                details["explanation"] = self.explainer.explanation(traces, self.spec.crop, (height, width))
        return score_of(value, details, sample, self.model.mask_holds, self.meaning)

    def of_tensors(self, images: Sequence[Tensor]) -> Tensor:
        """Scores (B,) of B x 3 x H x W in [0, 1], the reference first, with gradients; crops are those of `score`."""
        if self.spec.crop is None:
            return self.model(*images)
        crops = [crops_of(batch, self.spec.crop, self.rule) for batch in images]
        *references, distorted = (batch.flatten(0, 1) for batch in crops)
        encoded = [cast(FullReference, self.model).encode(batch) for batch in references]
        outputs = self.model.outputs(*encoded, distorted)
        return self.model.pool(outputs.unflatten(0, crops[0].shape[:2]).transpose(0, 1))

    def meaning(self, score: float) -> dict[str, Any]:
        """What a finite score means: see `iqa_cli.meaning.meaning`."""
        return meaning(score, self.range, self.spec.full_reference, self.percentiles)


def _prepared(model: Model, device: torch.device) -> Model:
    model = deepcopy(model).eval().requires_grad_(False)  # the caller's stays as it is
    fold_batchnorm(model)
    # Moves and is cast with the module, also where that has no parameters.
    model.register_buffer("where", torch.empty(0, dtype=torch.float32, device="cpu"), persistent=False)
    model.to(device)
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

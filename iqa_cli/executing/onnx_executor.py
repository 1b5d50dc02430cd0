"""A trained model at work in ONNX Runtime: what `Executor` is to a module of torch, which is not imported for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iqa_cli.errors import ImageError, MissingExtraError, WeightsError
from iqa_cli.executing.cores import compute_threads
from iqa_cli.executing.pieces import Piece, Sample, pieces_of
from iqa_cli.executing.scores import Timed, failed, no_memory, padding, rounded, score_of
from iqa_cli.exporting.onnx_cache import Exported, exported
from iqa_cli.ground.pixels import to_floats
from iqa_cli.meaning import Percentiles, meaning
from iqa_cli.options.crops import CropRule
from iqa_cli.records import Score, ScoreRange
from iqa_cli.registry import Spec

if TYPE_CHECKING:
    from iqa_cli.executing.executor import Executor
    from iqa_cli.options.run_options import EngineOptions

KEPT = 256 * 2**20  # bytes of encoded references
Arrays = list[np.ndarray]


class OnnxExecutor(Timed):
    """A model's files in sessions of ONNX Runtime, on the CPU.

    Attributes:
        spec: the model, as the registry declares it.
        rule: where crops lie.
        batch_size: pieces scored at once; None for as many as make a full batch.
        threads: of the runtime; None for one a core: see `iqa_cli.executing.cores`.
        beside: gives the model in torch, for what its files do not tell, such as maps of crops.
        name, sha256: of the weights.
        range: where its scores lie.
        identity: score of an image against itself, on average over photographs; None where it is not known.
        percentiles: its scores of many photographs; None where they are not known.
        full_batch: pixels that are worth being taken at once.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        WeightsError: it cannot read a file, which is damaged.
    """

    full_batch = 2**17  # two crops: more take more memory and no less time
    alone = True  # images are scored one by one, as on any CPU
    explainer = None  # its files give scores alone
    border = 0

    def __init__(
        self,
        spec: Spec,
        exported: Exported,
        beside: Callable[[], Executor],
        *,
        rule: CropRule = CropRule(),
        batch_size: int | None = None,
        threads: int | None = None,
    ):
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtraError("--engine onnx", "onnx", error) from error
        self.spec, self.rule, self.batch_size, self.threads = spec, rule, batch_size, threads
        self.name, self.sha256, self.beside = exported.name, exported.sha256, cache(beside)
        self._exported, self._beside = exported, beside
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = compute_threads(threads)
        options.log_severity_level = 3  # errors
        # Threads that wait sleep: others, such as those that decode, want the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Sizes differ from image to image: what an arena has kept of one seldom fits the next.
        options.enable_cpu_mem_arena = spec.crop is not None
        self._sessions: dict[str, Any] = {}
        for part, file in exported.parts.items():
            try:
                self._sessions[part] = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
            except Exception as error:  # the runtime has a class of its own for whatever fails
                named = file if isinstance(file, Path) else f"the ONNX file of {spec.name}"
                raise WeightsError(f"{named} cannot be read ({type(error).__name__}): remove it") from error
        told = next(iter(self._sessions.values())).get_modelmeta().custom_metadata_map
        low, high = json.loads(told["iqa.range"])
        self.range = ScoreRange(low, high, json.loads(told["iqa.higher_is_better"]))
        self.identity: float | None = json.loads(told.get("iqa.identity", "null"))
        known = json.loads(told.get("iqa.percentiles", "null"))
        self.percentiles = known and Percentiles(known["photographs"], tuple(known["scores"]))
        self._encoded: dict[tuple, Arrays] = {}  # references by name, and crop

    def __reduce__(self) -> tuple[Callable[[], OnnxExecutor], tuple]:
        """A copy, here or in another process, opens sessions of its own, of files that travel with it."""
        parts: dict[str, Path | bytes] = {
            part: file if isinstance(file, bytes) else file.read_bytes() for part, file in self._exported.parts.items()
        }
        told: dict[str, Any] = {"rule": self.rule, "batch_size": self.batch_size, "threads": self.threads}
        return partial(OnnxExecutor, self.spec, replace(self._exported, parts=parts), self._beside, **told), ()

    def forget(self) -> None:
        """See `Timed`."""
        self._encoded = {}

    def _scores(self, samples: Sequence[Sample]) -> list[Score]:
        scores: list[Score | None] = [None] * len(samples)
        pieces: list[Piece] = []
        for owner, sample in enumerate(samples):
            try:
                pieces += pieces_of(sample, owner, self.spec, self, self.rule)
            except ImageError as error:
                scores[owner] = failed(str(error))
        outputs: dict[int, Arrays] = {}
        shares: dict[int, list[float]] = {}
        for piece, output in self._run(pieces):
            if output is None:
                scores[piece.owner] = no_memory(self.spec.name, piece.image)
            else:
                outputs.setdefault(piece.owner, []).append(output)
                shares.setdefault(piece.owner, []).append(piece.share)
        return [
            scores[owner] or self._pooled(np.stack(outputs[owner]), shares[owner], sample)
            for owner, sample in enumerate(samples)
        ]

    def _run(self, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, np.ndarray | None]]:
        """What comes of each piece; None of one too large for the memory."""
        for _, alike in groupby(pieces, key=lambda piece: (piece.image.shape, piece.encoding is None)):
            waiting = list(alike)
            height, width = waiting[0].image.shape[:2]
            size = self.batch_size or max(1, self.full_batch // (height * width))
            for first in range(0, len(waiting), size):
                batch = waiting[first : first + size]
                yield from zip(batch, self._outputs(batch), strict=True)

    def _outputs(self, batch: Sequence[Piece]) -> list[np.ndarray | None]:
        try:
            return list(self._forward(batch))
        except Exception as error:  # the runtime has a class of its own for whatever fails
            if not isinstance(error, MemoryError) and "alloc" not in str(error):
                raise
        if len(batch) == 1:
            return [None]
        return [output for piece in batch for output in self._outputs([piece])]

    def _forward(self, batch: Sequence[Piece]) -> np.ndarray:
        images = _stacked([piece.image for piece in batch])
        if not self.spec.full_reference:
            return self._sessions["whole"].run(["probabilities"], {"image": images})[0]
        names = [each.name for each in self._sessions["encode"].get_outputs()]
        references = dict(zip(names, self._references(batch, names), strict=True))
        return self._sessions["compare"].run(["score"], {"distorted": images, **references})[0]

    def _references(self, batch: Sequence[Piece], names: list[str]) -> Arrays:
        """Encoded references of the batch; one is computed once however many images share it."""
        if batch[0].encoding is not None:
            parts = zip(*(piece.encoding or () for piece in batch), strict=True)
            return [np.stack(part).astype(np.float32) for part in parts]
        missing = {p.key: p.reference for p in batch if p.reference is not None and p.key not in self._encoded}
        if missing and len({piece.owner for piece in batch}) == 1:  # of one image all or none, whichever are still kept
            missing = {p.key: p.reference for p in batch if p.reference is not None}
        found = {piece.key: self._encoded[piece.key] for piece in batch if piece.key in self._encoded}
        if missing:
            encoded = self._sessions["encode"].run(names, {"reference": _stacked(list(missing.values()))})
            found |= {key: [part[number] for part in encoded] for number, key in enumerate(missing)}
        self._keep({key: arrays for key, arrays in found.items() if isinstance(key[0], str)})
        if list(found) == [piece.key for piece in batch] == list(missing):
            return encoded
        return [np.stack([found[piece.key][number] for piece in batch]) for number in range(len(names))]

    def _keep(self, found: dict[tuple, Arrays]) -> None:
        """Keep encodings that have names, the latest within `KEPT` bytes."""
        for key, arrays in found.items():
            self._encoded[key] = self._encoded.pop(key) if key in self._encoded else [array.copy() for array in arrays]
        sizes = {key: sum(array.nbytes for array in arrays) for key, arrays in self._encoded.items()}
        while sum(sizes.values()) > KEPT:
            oldest = next(iter(sizes))
            del sizes[oldest], self._encoded[oldest]

    def _pooled(self, outputs: np.ndarray, shares: Sequence[float], sample: Sample) -> Score:
        """One score from the outputs (M, ...) of a sample's pieces, and their shares of its mask."""
        outputs = outputs.astype(np.float64)
        weights = np.asarray(shares) / np.sum(shares)
        pooled = np.tensordot(weights, outputs, 1) if sample.mask is not None else outputs.mean(axis=0)
        details: dict[str, Any] = {}
        if outputs.ndim > 1:  # probabilities of the levels 1 to 5
            levels = np.arange(1.0, 1 + outputs.shape[-1])
            details["probabilities"] = pooled.tolist()
            outputs, pooled = outputs @ levels, pooled @ levels
        if self.spec.crop is not None:
            spread = {"std": outputs.std(), "min": outputs.min(), "max": outputs.max()}
            details |= {"crops": len(outputs), **{f"crop_{name}": float(value) for name, value in spread.items()}}
        details = {name: rounded(value) for name, value in details.items()}
        details |= padding(self.spec, sample)
        return score_of(float(pooled), details, sample, "it must hold a crop", self.meaning)

    def meaning(self, score: float) -> dict[str, Any]:
        """What a finite score means: see `iqa_cli.meaning.meaning`."""
        return meaning(score, self.range, self.spec.full_reference, self.percentiles)


def _stacked(images: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack([to_floats(image) for image in images])


def open_onnx(spec: Spec, options: EngineOptions, beside: Callable[[], Executor]) -> OnnxExecutor:
    """A model at work in ONNX Runtime; its files are made where they are not in the cache, or damaged there.

    Raises:
        WeightsError: it has no trained weights.
        MissingExtraError: the extra is not installed.
    """
    return OnnxExecutor(
        spec,
        exported(spec, options.weights.get(spec.name), options.offline),
        beside,
        rule=options.crop_rule(spec),
        batch_size=options.batch_size,
        threads=options.threads,
    )

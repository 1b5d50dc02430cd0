"""A session: models loaded once, with what must be told of them, ready to run over jobs.

Where formulas of NumPy or ONNX Runtime do for all of its models, no torch is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from iqa_cli import __version__
from iqa_cli.engine.decode_ahead import DecodedJob, DecodeOptions, decoding
from iqa_cli.engine.model_facts import model_facts, run_meta
from iqa_cli.engine.stream import run
from iqa_cli.errors import ImageError
from iqa_cli.executing.device import choose_device, describe
from iqa_cli.executing.formula_executor import FormulaExecutor
from iqa_cli.executing.onnx_executor import OnnxExecutor, open_onnx
from iqa_cli.executing.pieces import Sample
from iqa_cli.explaining.explainers import load_explainer
from iqa_cli.ground.box import Box
from iqa_cli.ground.pixels import to_floats
from iqa_cli.images import load_image
from iqa_cli.images.masks import cut
from iqa_cli.images.viewing import shown
from iqa_cli.options.protocols import check_windows, find_protocol
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import Job, ModelInfo, Record, Score
from iqa_cli.registry import Spec
from iqa_cli.weights import Loaded, load_trained
from iqa_cli.weights.others import build_untrained

if TYPE_CHECKING:
    import torch

    from iqa_cli.executing.executor import Executor
    from iqa_cli.executing.maps import Maps

    AtWork = Executor | FormulaExecutor | OnnxExecutor


@dataclass(frozen=True, eq=False)
class Look:
    """What there is to see of a job: H x W x 3 float32 in [0, 1], and maps by model.

    Pixels are None where the file cannot be read, or where there is no reference.
    """

    job: Job
    image: np.ndarray | None = None
    reference: np.ndarray | None = None
    maps: Mapping[str, Maps] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


WITHOUT_TORCH = ("auto", "cpu")  # devices: with models that have a formula, "auto" asks torch for no GPU
Observer = Callable[[Look, Mapping[str, Score]], None]


@dataclass(frozen=True)
class Session:
    """Loaded models and the options they run under."""

    executors: Sequence[AtWork]
    models: Sequence[ModelInfo]
    meta: Mapping[str, Any]
    decode: DecodeOptions

    def run(
        self,
        jobs: Iterable[Job],
        streaming: bool = False,
        seen: Observer | None = None,
        maps: bool = True,
        alone: bool = False,
    ) -> Iterator[Record]:
        """Records of `jobs`, in order; `seen` is shown each job with its scores and maps.

        Without `maps` pixels are as they were decoded: what has 8 bits is uint8. `alone`: as of `stream.run`.
        """
        if seen is None:
            return run(jobs, self.executors, self.decode, streaming, alone=alone)

        def observe(job: Job, sample: Sample, scores: Mapping[str, Score]) -> None:
            if not maps:
                seen(Look(job, sample.image, sample.reference), scores)
                return
            reference = None if sample.reference is None else to_floats(sample.reference)
            seen(Look(job, to_floats(sample.image), reference, *self._maps(job, sample)), scores)

        return run(jobs, self.executors, self.decode, streaming, observe, alone)

    def look(self, jobs: Iterable[Job], maps: bool) -> Iterator[Look]:
        """The pixels of `jobs` as the models see them, in order; with `maps` also where each model looked."""
        reference = lru_cache(maxsize=1)(self._reference)  # the candidates of one image follow each other
        for item in self._decoded(jobs):
            sample = item.sample
            if sample is None:
                yield Look(item.job)
                continue
            if sample.reference is None:
                against = reference(item.job.reference, item.job.box)
            else:
                against = to_floats(sample.reference)
            yield Look(item.job, to_floats(sample.image), against, *(self._maps(item.job, sample) if maps else ()))

    def _maps(self, job: Job, sample: Sample) -> tuple[dict[str, Maps], tuple[str, ...]]:
        """The maps there can be, by model, and why others are not there."""
        drawn: dict[str, Maps] = {}
        notes: list[str] = []
        if not any(executor.spec.maps for executor in self.executors):
            return drawn, ()
        from iqa_cli.executing.maps import maps_of

        for executor in self.executors:
            if not executor.spec.maps or min(sample.image.shape[:2]) < executor.spec.minimum:
                continue
            try:
                attentive = executor.beside() if isinstance(executor, OnnxExecutor) else cast("Executor", executor)
                drawn[executor.spec.name] = maps_of(attentive, sample)
            except ImageError as error:
                notes.append(f"{job.image}: {error}")
        return drawn, tuple(notes)

    def _reference(self, path: str | None, box: Box | None) -> np.ndarray | None:
        """The reference that no model needs, but a person wants to see; None where there is none to be seen."""
        try:
            pixels = None if path is None else load_image(path, self.decode.policy).pixels
            pixels = pixels if pixels is None or box is None else cut(pixels, box, str(path))
            return None if pixels is None else shown(pixels, self.decode.view_size)
        except ImageError:
            return None

    def seconds_per_image(self) -> dict[str, float | None]:
        """By model, what an image has taken so far, without its decoding; None before the first."""
        return {executor.spec.name: executor.seconds_per_image for executor in self.executors}

    def _decoded(self, jobs: Iterable[Job]) -> Iterator[DecodedJob]:
        with decoding(jobs, self.decode) as decoded:
            yield from decoded


def open_session(specs: Sequence[Spec], options: EngineOptions, explain: bool = False) -> Session:
    """Load the models of a run, and with `explain` what tells flaws by the features of those that have it.

    Raises:
        UsageError: a device that is not there.
        WeightsError: a model has no trained weights, or not those that can be explained.
    """
    plain = options.device in WITHOUT_TORCH and all(spec.formula or options.in_onnx(spec) for spec in specs)
    device = None if plain else choose_device(options.device)
    executors: list[AtWork] = []
    infos, described = [], {}
    for spec in specs:
        executor: AtWork
        loaded: Loaded | OnnxExecutor | None
        if options.in_onnx(spec):
            executor = loaded = open_onnx(spec, options, partial(in_torch, spec, options))
        elif spec.formula and (device is None or device.type == "cpu"):
            executor, loaded = _open_formula(spec, options), None
        else:
            executor, loaded = open_executor(spec, options, device, explain)
        executors.append(executor)
        infos.append(ModelInfo(spec.name, executor.range))
        described[spec.name] = model_facts(spec, loaded, options, executor.explainer)
    meta = {
        "iqa": __version__,
        "numpy": np.__version__,
        **({} if device is None else {"torch": version("torch")}),
        **({"onnxruntime": version("onnxruntime")} if any(map(options.in_onnx, specs)) else {}),
        "device": "cpu" if device is None else describe(device),
        **run_meta(options, described),
    }
    needed = any(spec.full_reference for spec in specs)
    decode = DecodeOptions(options.policy, options.on_size_mismatch, options.view_size, needed, options.threads)
    return Session(executors, infos, meta, decode)


def _open_formula(spec: Spec, options: EngineOptions) -> FormulaExecutor:
    """A classical model at work with NumPy. Raises UsageError: a protocol whose windows it does not take."""
    _check_protocol(spec, options)
    return FormulaExecutor(spec, spec.build_formula(spec.config_with(**options.measured)), options.threads)


def open_executor(
    spec: Spec, options: EngineOptions, device: torch.device | None = None, explain: bool = False
) -> tuple[Executor, Loaded | None]:
    """A model at work, and what is known of its weights; None of one that has none.

    Raises:
        UsageError: a device that is not there, or a protocol whose windows the model does not take.
        WeightsError: it has no trained weights, or with `explain` other ones than those that can be explained.
    """
    from iqa_cli.executing.executor import Executor

    _check_protocol(spec, options)
    loaded = load_trained(spec, options.weights.get(spec.name), options.offline) if spec.trained else None
    config = None if loaded else spec.config_with(**options.measured)
    model = loaded.model if loaded else build_untrained(spec, config, options.offline)
    executor = Executor(
        spec,
        model,
        device=device or choose_device(options.device),
        rule=options.crop_rule(spec),
        precision=options.precision,
        batch_size=options.batch_size,
        threads=options.threads,
        range=loaded.range if loaded else spec.range,
        percentiles=loaded.percentiles if loaded else None,
        explainer=load_explainer(spec, loaded, options.offline) if explain and loaded else None,
    )
    return executor, loaded


def in_torch(spec: Spec, options: EngineOptions) -> Executor:
    """A model at work in torch, for what ONNX Runtime does not tell. Raises what `open_executor` does."""
    return open_executor(spec, options)[0]


def _check_protocol(spec: Spec, options: EngineOptions) -> None:
    if options.protocol is not None:
        check_windows(find_protocol(options.protocol), [spec.name])

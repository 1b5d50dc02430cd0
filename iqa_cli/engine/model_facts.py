"""What is told of each model of a run, beside its rows and in JSON: what makes its scores, and how to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli import __version__
from iqa_cli.explaining.explainers import Explainer
from iqa_cli.options.protocols import find_protocol
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import ScoreRange
from iqa_cli.registry import Spec
from iqa_cli.weights import Loaded, default_weight
from iqa_cli.weights.fetching import sha256_of
from iqa_cli.weights.weight_list import Weight

if TYPE_CHECKING:
    from iqa_cli.executing.onnx_executor import OnnxExecutor


@dataclass(frozen=True)
class WeightFile:
    """What is known of a file of weights that is not loaded."""

    name: str
    sha256: str
    range: ScoreRange
    identity: float | None = None


Known = Loaded | Weight | WeightFile


def run_meta(options: EngineOptions, described: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the scores of a run: its options, and by model what `model_facts` tells; no machine."""
    return {
        "size_mismatch": options.on_size_mismatch,
        "icc_to_srgb": options.policy.converts,  # by its old name, so that runs from before compare
        **options.reading,
        "models": dict(described),
    }


def meta_ahead(specs: Sequence[Spec], options: EngineOptions, explain: bool = False) -> dict[str, Any] | None:
    """The same, with the version, before any model is loaded, and without torch.

    Of a file of weights, range and identity are not known yet. None where only what is loaded can tell: a head that
    explains, weights that are not there.
    """
    described = {}
    for spec in specs:
        known = _known(spec, options.weights.get(spec.name)) if spec.trained else None
        if explain or (spec.trained and known is None):
            return None
        described[spec.name] = model_facts(spec, known, options)
    return {"iqa": __version__, **run_meta(options, described)}


def _known(spec: Spec, weights: Path | None) -> Known | None:
    if weights is None:
        return default_weight(spec.name)
    return WeightFile(weights.name, sha256_of(weights), spec.range) if weights.is_file() else None


def model_facts(
    spec: Spec,
    loaded: Known | OnnxExecutor | None,
    options: EngineOptions,
    explainer: Explainer | None = None,
) -> dict[str, Any]:
    """What a reader of the scores must know, JSON-ready.

    Args:
        spec: the model.
        loaded: its weights, or what runs them; None of a model that has none.
        options: of the run.
        explainer: what tells flaws by its features; None where nobody asked.
    """
    facts = loaded or spec
    told: dict[str, Any] = {
        "kind": spec.kind,
        "range": [facts.range.low, facts.range.high],
        "higher_is_better": facts.range.higher_is_better,
        "precision": options.precision if spec.trained else "fp64" if spec.takes_luma else "fp32",
        "paper": spec.paper,
    }
    if options.view_size is not None:
        told["view_size"] = options.view_size
    if loaded:
        told |= {"weights": loaded.name, "sha256": loaded.sha256, "identity": loaded.identity}
    if options.in_onnx(spec):
        told["engine"] = options.engine
    if spec.takes_luma:
        rules = options.measured
        told |= {"luma": rules["luma"], "crop_border": rules["crop_border"]}
        if options.protocol is not None:
            told |= {"protocol": options.protocol, "ssim_windows": rules["ssim"]}
    if spec.variant:
        told["variant"] = spec.variant
        if spec.name == "ssim" and options.protocol is not None:
            told["variant"] = find_protocol(options.protocol).after  # the registry's is that without a protocol
    if spec.crop:
        told |= {
            "crop": spec.crop,
            "crops": str(options.crop_rule(spec)),
            "pooling": "plain mean; under a mask weighed by the crops' shares of it",
        }
    if explainer is not None:
        told["explanation"] = explainer.to_document()
    return told

"""What is told of each model of a run, beside its rows and in JSON: what makes its scores, and how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqa_cli.explaining.explainers import Explainer
from iqa_cli.options.protocols import find_protocol
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.registry import Spec
from iqa_cli.weights import Loaded

if TYPE_CHECKING:
    from iqa_cli.executing.onnx_executor import OnnxExecutor


def model_facts(
    spec: Spec, loaded: Loaded | OnnxExecutor | None, options: EngineOptions, explainer: Explainer | None = None
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

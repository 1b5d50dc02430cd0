"""The ONNX file of a trained model: from pixels to score, with what must be known to read the score."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from iqa_cli import __version__
from iqa_cli.errors import UsageError
from iqa_cli.exporting.graph import OPSET, Graph, Operand
from iqa_cli.ground.atomic import atomically
from iqa_cli.registry import MOST_CROPS, Spec, all_models
from iqa_cli.weights.weight_list import catalogue

if TYPE_CHECKING:
    from onnx import ModelProto

    from iqa_cli.exporting.networks import Pair
    from iqa_cli.weights import Loaded

PIXELS = ("uint8", "float32")  # what a file takes: 0..255, or [0, 1]
WHOLE = "whole"
PARTS = ("encode", "compare")  # that a reference need not be encoded again: see `iqa_cli.models.base.FullReference`
IR = 8  # of the file format, that of the operator set: older runtimes refuse a newer one


def check_exports(spec: Spec) -> None:
    """Raises UsageError for a model that no file can be made of."""
    if not spec.exports:
        able = ", ".join(each.name for each in all_models() if each.exports)
        raise UsageError(f"{spec.name} cannot be exported: choose {able}")


def inputs_of(spec: Spec) -> tuple[str, ...]:
    """What the images are called that the file takes."""
    return ("reference", "distorted") if spec.full_reference else ("image",)


def write_onnx(spec: Spec, loaded: Loaded, path: Path, pixels: str = "uint8") -> None:
    """Write the file; `path` holds what it held before, or all of the new one.

    Args:
        spec: the model.
        loaded: its weights.
        path: the file.
        pixels: one of `PIXELS`.

    Raises:
        MissingExtraError: the package onnx is not installed.
        UsageError: there is no graph of such a model.
        OSError: the file cannot be written.
    """
    content = model_of(spec, loaded, pixels).SerializeToString()
    with atomically(path) as partial:
        partial.write_bytes(content)


def model_of(spec: Spec, loaded: Loaded, pixels: str = "uint8", part: str = WHOLE) -> ModelProto:
    """The model with its facts, checked; raises as `write_onnx` but for OSError.

    Args:
        spec: the model.
        loaded: its weights.
        pixels: one of `PIXELS`.
        part: one of `PARTS` of a model with a reference.
    """
    g = Graph()
    import onnx

    from iqa_cli.exporting.networks import NETWORKS
    from iqa_cli.models.backbones import fold_batchnorm

    check_exports(spec)
    model = deepcopy(loaded.model).eval().requires_grad_(False)
    fold_batchnorm(model)
    network = NETWORKS[type(model)]
    make, kind = onnx.helper, onnx.TensorProto.UINT8 if pixels == "uint8" else onnx.TensorProto.FLOAT
    shape: list[Any] = ["N", spec.crop or "H", spec.crop or "W", 3]
    names = inputs_of(spec) if part == WHOLE else inputs_of(spec)[PARTS.index(part) :][:1]
    inputs = [make.make_tensor_value_info(name, kind, shape) for name in names]
    images = [_in_unit_range(g, name, pixels) for name in names]
    if part == WHOLE:
        outputs = network(g, model, *images)
    else:
        pair = cast("Pair", network)
        encoded = pair.encode(g, model, images[0])
        kept = {f"encoding_{number}": ["N", None, None, None] for number in range(len(encoded))}
        if part == "encode":
            outputs = {name: (value, kept[name]) for name, value in zip(kept, encoded, strict=True)}
        else:
            inputs += [make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, kept[name]) for name in kept]
            outputs = pair.compare(g, model, list(kept), encoded)
            del outputs["attention"]
    made = make.make_model(
        g.closed(inputs, outputs, spec.name),
        opset_imports=[make.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="iqa",
        producer_version=__version__,
        doc_string=f"{spec.title}: pixels N x H x W x 3, RGB {pixels}, to scores N",
    )
    make.set_model_props(made, facts(spec, loaded, pixels))
    onnx.checker.check_model(made, full_check=True)
    return made


def _in_unit_range(g: Graph, name: str, pixels: str) -> Operand:
    values = g("Div", g("Cast", name, to=1), 255.0) if pixels == "uint8" else name
    return g("Transpose", values, perm=[0, 3, 1, 2])


def facts(spec: Spec, loaded: Loaded, pixels: str) -> dict[str, str]:
    """What stands in the file's metadata, text by name; what is no text is written as JSON."""
    told = facts_of(spec, loaded, pixels)
    return {f"iqa.{name}": fact if isinstance(fact, str) else json.dumps(fact) for name, fact in told.items()}


def facts_of(spec: Spec, loaded: Loaded, pixels: str) -> dict[str, Any]:
    """What is known of a model and its weights, by name, JSON-ready."""
    known = next((weight for weight in catalogue() if weight.sha256 == loaded.sha256), None)
    range = loaded.range
    told: dict[str, Any] = {
        "model": spec.name,
        "version": __version__,
        "weights": loaded.name,
        "sha256": loaded.sha256,
        "licence": known.licence if known else "that of the weight file",
        "citation": spec.paper,
        "range": [range.low, range.high],
        "higher_is_better": range.higher_is_better,
        "pixels": pixels,
        "minimum": spec.minimum,
    }
    if spec.crop:
        told |= {"crop": spec.crop, "crops": f"a score is the mean over crops of {spec.crop} px, cut outside this file"}
        told |= {"overlap": spec.overlap, "most_crops": MOST_CROPS}
    if loaded.identity is not None:
        told["identity"] = loaded.identity
    if loaded.percentiles is not None:
        told["percentiles"] = {
            "photographs": loaded.percentiles.photographs,
            "scores": list(loaded.percentiles.scores),
        }
    return told

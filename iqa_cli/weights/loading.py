"""From a weight file to a model ready to score. Random weights never score."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import Field, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from iqa_cli.errors import IqaError, WeightsError
from iqa_cli.ground.json_text import json_value
from iqa_cli.ground.wording import said, shortened
from iqa_cli.meaning import Percentiles
from iqa_cli.records import ScoreRange
from iqa_cli.weights.fetching import Progress, locate, sha256_of
from iqa_cli.weights.state_dicts import SHOWN, below_prefix, read_checkpoint
from iqa_cli.weights.weight_list import catalogue, default_weight

if TYPE_CHECKING:
    from torch import Tensor

    from iqa_cli.models.base import Model
    from iqa_cli.registry import Spec


@dataclass(frozen=True)
class Loaded:
    """A trained model, and what must be known to read and repeat its scores.

    Attributes:
        model: the module, float32, in eval mode, on the CPU.
        name: name in the catalogue, or of the file the user gave.
        sha256: hash of the file, 64 hexadecimal digits.
        path: the file.
        range: where scores lie and which end is the good one.
        identity: score of an image against itself, on average over photographs; None where it is not known.
        percentiles: what the model says of many photographs; None where it is not known.
    """

    model: Model
    name: str
    sha256: str
    path: str
    range: ScoreRange
    identity: float | None
    percentiles: Percentiles | None = None


def load_trained(
    spec: Spec, weights: Path | None = None, offline: bool = False, progress: Progress | None = None
) -> Loaded:
    """A model with trained weights: those of the file `weights`, or the catalogue's for this model.

    A file needs no network, nor do embedded weights; `offline` forbids it to the others.

    Raises:
        WeightsError: there are no weights, or they are damaged, or they are another model's.
    """
    if weights is not None:
        return _load_file(spec, Path(weights))
    weight = default_weight(spec.name)
    if weight is None:
        raise WeightsError(
            f"no trained weights for {spec.name!r} come with this version: train them ('iqa train'), "
            f"{_to_fetch(spec.name)}or convert those of others ('iqa weights import'), then add --weights FILE"
        )
    path = locate(weight, offline, progress)
    return Loaded(
        _load_model(spec, path, *read_checkpoint(path)),
        weight.name,
        weight.sha256,
        str(path),
        weight.range,
        weight.identity,
        weight.percentiles,
    )


def _to_fetch(model: str) -> str:
    names = [weight.name for weight in catalogue() if weight.model == model]
    return f"fetch some ('iqa weights fetch {names[0]}') " if names else ""


def _load_file(spec: Spec, path: Path) -> Loaded:
    tensors, metadata = read_checkpoint(path)

    def fact(name: str, otherwise: Any) -> Any:
        try:
            told = json_value(metadata[name]) if name in metadata else otherwise
        except ValueError:
            told = ""
        if isinstance(told, bool) != isinstance(otherwise, bool) or not isinstance(told, int | float | None):
            raise WeightsError(f"{path}: its {name} is {shortened(metadata[name])!r}, which says nothing: get it again")
        return told

    return Loaded(
        _load_model(spec, path, tensors, metadata),
        path.name,
        sha256_of(path),
        str(path),
        ScoreRange(*(fact(f"iqa.{end}", told) for end, told in asdict(spec.range).items())),
        fact("iqa.identity", None),
    )


def _load_model(spec: Spec, path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> Model:
    from iqa_cli.weights.convert_iqt import is_anse_iqt

    if is_anse_iqt(tensors):
        raise WeightsError(
            f"{path} is a checkpoint of anse3832/IQT: convert it with 'iqa weights import {path} -o OUT.safetensors'"
        )
    made_for = metadata.get("iqa.model", spec.name)
    if made_for != spec.name:
        raise WeightsError(f"{path} holds weights of {made_for!r}, not of {spec.name!r}: choose --model {made_for}")
    return build_model(spec, tensors, _config(spec, path, metadata), source=str(path))


def _config(spec: Spec, path: Path, metadata: dict[str, str]) -> Any:
    """The configuration in the file's header, else the model's own."""
    default = spec.default_config()
    if "iqa.config" not in metadata:
        return default
    try:
        config = type(default)(**json_value(metadata["iqa.config"]))
        for field in fields(config):
            _check_field(field, getattr(config, field.name), getattr(default, field.name))
    except (TypeError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    return config


def _check_field(field: Field[Any], value: Any, default: Any) -> None:
    """Raises ValueError for what is no value of the field, where that is of a plain type or one of some words."""
    told, kind = f"its {field.name} is {shortened(repr(value))}", field.type
    if value == default or type(value) is kind or (type(value), kind) == (int, float):
        return
    if get_origin(kind) is Literal and value not in get_args(kind):
        raise ValueError(f"{told}, not one of {', '.join(get_args(kind))}")
    if kind in (int, float, bool, str):
        raise ValueError(f"{told}, not of type {kind.__name__}")


def _unreadable(source: object, reason: str) -> WeightsError:
    cannot = f"this version cannot read the configuration in {source} ({reason})"
    return WeightsError(f"{cannot}: use the version that wrote it")


def build_model(spec: Spec, tensors: dict[str, Tensor], config: Any, source: str) -> Model:
    """The model with these tensors, in eval mode; in a model of this package they become its parameters, uncopied.

    Raises:
        WeightsError: no model has that configuration; or tensors are missing, left over, misshapen or of whole
            numbers: the message counts and names them.
    """
    import torch

    # Shapes alone: no time goes into a random start. A plug-in may make tensors that stand in no file, or read some.
    ours = spec.group != "plugins"
    try:
        with torch.device("meta") if ours else nullcontext():
            model = spec.build(config)
    except (IqaError, ImportError, MemoryError):
        raise
    except Exception as error:  # whatever a size that cannot be leads to
        if config == spec.default_config():
            raise
        raise _unreadable(source, said(error)) from error
    # Counted in training, read by nothing; old checkpoints lack it.
    counters = {name: torch.zeros((), dtype=torch.long) for name in model.state_dict() if name.endswith("_tracked")}
    prefix, found = below_prefix(tensors, set(model.state_dict()) - set(counters), source)
    tensors = {**counters, **found}
    read = f", read below {prefix!r}," if prefix else ""
    _audit(tensors, model.state_dict(), f"{source}{read} does not fit {spec.name}")
    model.load_state_dict(tensors, assign=ours)
    return model.eval()


def _audit(found: dict[str, Tensor], wanted: dict[str, Tensor], complaint: str) -> None:
    misshapen = [
        f"{name} is {tuple(found[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in found and found[name].shape != tensor.shape
    ]
    whole = [
        f"{name} is {_type(found[name])}, not {_type(tensor)}"
        for name, tensor in wanted.items()
        if name in found and tensor.is_floating_point() and not found[name].is_floating_point()
    ]
    problems = (
        _count("missing", [name for name in wanted if name not in found]),
        _count("unexpected", [name for name in found if name not in wanted]),
        _count("misshapen", misshapen),
        _count("of another type", whole),
    )
    if any(problems):
        raise WeightsError(f"{complaint} ({len(wanted)} tensors): {'; '.join(filter(None, problems))}")


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _count(kind: str, names: Collection[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(list(names)[:SHOWN])
    return f"{len(names)} {kind} ({shown}{', ...' if len(names) > SHOWN else ''})"

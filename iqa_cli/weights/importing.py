"""Bringing in the published checkpoints of other projects, as weight files of ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.registry import find_model
from iqa_cli.weights.fetching import is_offline, sha256_of
from iqa_cli.weights.loading import build_model
from iqa_cli.weights.state_dicts import is_keras, read_checkpoint, save_weights

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Imported:
    """A checkpoint in our terms: the model's name, its configuration, its tensors, and what else is known."""

    model: str
    config: Any
    tensors: dict[str, Tensor]
    facts: dict[str, str]


def import_checkpoint(
    path: Path, out: Path, model: str | None = None, backbone: Path | None = None, offline: bool = False
) -> str:
    """Convert a checkpoint of another project and write it to `out`; returns the model's name.

    Known are the official TRIQ (Keras, `.h5`) and anse3832/IQT (PyTorch). The file is told by what is in
    it; `model` only makes sure. The result is built once before it is written, so that what is there fits.

    Args:
        path: the checkpoint.
        out: the safetensors file to write.
        model: the model that is expected, or None.
        backbone: a file of timm's inception_resnet_v2, for anse3832/IQT, whose checkpoint lacks it; timm
            downloads it when None.
        offline: forbid that download.

    Raises:
        UsageError: the checkpoint is of another model than `model`.
        MissingExtraError: reading it needs a package that is not installed.
        WeightsError: it is of no known kind, damaged, or incomplete.
    """
    wanted = find_model(model).name if model else None
    found = _triq(path) if is_keras(path) else _iqt(path, backbone, offline)
    if wanted not in (None, found.model):
        raise UsageError(f"{path} is a checkpoint of {found.model!r}, not of {wanted!r}: leave --model out")
    fitted = build_model(find_model(found.model), found.tensors, found.config, source=str(path))
    source = {"iqa.source": f"{path.name}, sha256 {sha256_of(path)}"}
    save_weights(out, found.model, found.config, fitted.state_dict(), metadata={**found.facts, **source})
    return found.model


def _triq(path: Path) -> Imported:
    from iqa_cli.weights.convert_triq import convert_triq

    return Imported("triq", *convert_triq(path), facts={})


def _iqt(path: Path, backbone: Path | None, offline: bool) -> Imported:
    from iqa_cli.weights.convert_iqt import backbone_from_timm, convert_iqt, is_anse_iqt

    tensors, _ = read_checkpoint(path)
    if not is_anse_iqt(tensors):
        raise WeightsError(
            f"{path} is neither the official TRIQ (.h5) nor a checkpoint of anse3832/IQT; "
            "a file of ours needs no import: give it with --weights"
        )
    trunk = backbone_from_timm(read_checkpoint(backbone)[0]) if backbone else _downloaded_backbone(offline)
    return Imported(*convert_iqt(tensors, trunk), facts={"iqa.low": "0", "iqa.high": "1"})


def _downloaded_backbone(offline: bool) -> dict[str, Tensor]:
    from iqa_cli.models.backbones import InceptionResNetV2Prefix

    remedy = "give the file of timm's inception_resnet_v2 with --backbone"
    if is_offline(offline):
        raise WeightsError(f"the checkpoint lacks its backbone, and the network is off: {remedy}")
    try:
        return InceptionResNetV2Prefix(pretrained=True).state_dict()
    except Exception as error:  # whatever the client of timm's hub raises in its present version
        raise WeightsError(f"the checkpoint lacks its backbone, and timm cannot get it ({error}): {remedy}") from error

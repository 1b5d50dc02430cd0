"""The official TRIQ checkpoint, a Keras `.h5` file, as weights of ours.

Names in the file vary with the TensorFlow version and the session that wrote it: layers stand below other
prefixes, and automatic numbers (dense_14) need not start at 0. So a tensor is known by the end of its name
and by the order of those numbers; shapes are checked when the model takes them.
Source: github.com/junyongyou/triq, src/models and src/backbone (MIT licence).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from iqa_cli.errors import MissingExtraError, WeightsError
from iqa_cli.models.triq import TRIQConfig

if TYPE_CHECKING:
    import numpy as np

OFFICIAL = TRIQConfig(normalisation="symmetric", stride_in_1x1=True, batchnorm_eps=1.001e-5, norm_eps=1e-6)
TENSORS = 358  # 53 convolutions of 2, as many BatchNorms of 4, and 40 in the Transformer
BLOCKS = {2: 3, 3: 4, 4: 6, 5: 3}  # bottlenecks of ResNet-50 by Keras' number of the stage

# Numbered by Keras as they were made; these are ours in that order.
PARTS = ("attention.query", "attention.key", "attention.value", "attention.out", "ffn.first", "ffn.second")
DENSE = (
    *(f"encoder.{n}.{part}" for n in range(OFFICIAL.layers) for part in PARTS),
    "head.first",
    "head.second",
)
NORMS = tuple(f"encoder.{n}.norm{k}" for n in range(OFFICIAL.layers) for k in (1, 2))
AUTOMATIC = re.compile(r"(conv2d|dense|layer_normalization)(?:_(\d+))?")


def convert_triq(path: Path) -> tuple[TRIQConfig, dict[str, Tensor]]:
    """The configuration and the state dict, from an HDF5 file of weights or of the whole model.

    Raises:
        MissingExtraError: h5py is not installed.
        WeightsError: the file does not hold the tensors of TRIQ with ResNet-50, each of them once.
    """
    keras = _by_layer(_arrays(path))
    if len(keras) != TENSORS:
        raise WeightsError(f"{path} holds {len(keras)} tensors, but TRIQ with ResNet-50 has {TENSORS}")
    try:
        arrays = {**_resnet(keras), **_transformer(keras)}
    except KeyError as missing:
        raise WeightsError(f"{path} is not TRIQ with ResNet-50: it lacks {missing}") from missing
    except ValueError as error:  # numpy, over the number of axes or their lengths
        raise WeightsError(f"{path} is not TRIQ with ResNet-50: a tensor has another shape ({error})") from error
    tensors = {name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}
    return replace(OFFICIAL, positions=tensors["tokens.positions"].shape[1] - 1), tensors


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file by its path inside, such as `conv1_bn/conv1_bn/gamma:0`."""
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("reading a Keras file", "keras", error) from error

    found = {}

    def collect(name: str, node: h5py.Group | h5py.Dataset) -> None:
        if isinstance(node, h5py.Dataset):
            found[name] = node[()]

    try:
        with h5py.File(path) as file:
            weights = file.get("model_weights", file)  # a whole model keeps its optimiser beside them
            weights.visititems(collect)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # whatever h5py stumbles over
        raise WeightsError(f"{path} is a damaged HDF5 file: get it again") from error
    return found


def _by_layer(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays by "layer/variable", or "variable" for the two that belong to no layer.

    `any/prefix/dense_14/kernel:0` is `dense_0/kernel` where 14 is the smallest number of a dense layer.
    """
    split = {path: ("", *path.removesuffix(":0").split("/"))[-2:] for path in arrays}
    ranks = _ranks(layer for layer, _ in split.values())
    return {
        variable if variable.endswith("_emb") else f"{ranks.get(layer, layer)}/{variable}": arrays[path]
        for path, (layer, variable) in split.items()
    }


def _ranks(layers: Iterable[str]) -> dict[str, str]:
    """Each automatic name with its number replaced by the rank of that number."""
    numbers = defaultdict(list)
    for layer in set(layers):
        if match := AUTOMATIC.fullmatch(layer):
            numbers[match[1]].append((int(match[2] or 0), layer))
    return {layer: f"{kind}_{rank}" for kind, found in numbers.items() for rank, (_, layer) in enumerate(sorted(found))}


def _resnet(keras: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    converted: dict[str, np.ndarray] = {}
    for theirs, conv, norm in _resnet_layers():
        bias = keras[f"{theirs}_conv/bias"]
        converted |= {
            f"backbone.{conv}.weight": keras[f"{theirs}_conv/kernel"].transpose(3, 2, 0, 1),
            f"backbone.{norm}.weight": keras[f"{theirs}_bn/gamma"],
            f"backbone.{norm}.bias": keras[f"{theirs}_bn/beta"],
            # BatchNorm follows, and timm's convolutions have no bias: (x + b) - mean = x - (mean - b).
            f"backbone.{norm}.running_mean": keras[f"{theirs}_bn/moving_mean"] - bias,
            f"backbone.{norm}.running_var": keras[f"{theirs}_bn/moving_variance"],
        }
    return converted


def _resnet_layers() -> Iterator[tuple[str, str, str]]:
    """All 53 as (Keras' prefix, timm's convolution, timm's BatchNorm)."""
    yield "conv1", "conv1", "bn1"
    for stage, blocks in BLOCKS.items():
        for block in range(blocks):
            theirs, ours = f"conv{stage}_block{block + 1}", f"layer{stage - 1}.{block}"
            if block == 0:
                yield f"{theirs}_0", f"{ours}.downsample.0", f"{ours}.downsample.1"
            for k in (1, 2, 3):
                yield f"{theirs}_{k}", f"{ours}.conv{k}", f"{ours}.bn{k}"


def _transformer(keras: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    converted = {
        "embed.weight": keras["conv2d_0/kernel"].transpose(3, 2, 0, 1),
        "embed.bias": keras["conv2d_0/bias"],
        "tokens.positions": keras["pos_emb"],
        "tokens.quality": keras["quality_emb"],
    }
    for rank, ours in enumerate(DENSE):
        converted[f"{ours}.weight"] = keras[f"dense_{rank}/kernel"].T
        converted[f"{ours}.bias"] = keras[f"dense_{rank}/bias"]
    for rank, ours in enumerate(NORMS):
        converted[f"{ours}.weight"] = keras[f"layer_normalization_{rank}/gamma"]
        converted[f"{ours}.bias"] = keras[f"layer_normalization_{rank}/beta"]
    return converted

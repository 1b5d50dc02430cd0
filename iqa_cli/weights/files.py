"""Weight files: safetensors with the model's name and configuration, and the PyTorch files of others.

A file of ours carries the metadata `iqa.model` (a name of the registry) and `iqa.config` (the fields of
the model's configuration, as JSON); whatever else its maker adds is kept as it is.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import WeightsError
from iqa_cli.ground.atomic import atomically
from iqa_cli.records import EMPTY

if TYPE_CHECKING:
    from torch import Tensor

HDF5 = b"\x89HDF\r\n\x1a\n"
WRAPPERS = ("model_state_dict", "state_dict", "model")  # what training scripts call the part with the weights


def save_weights(
    path: str | Path,
    model_name: str,
    config: Any,
    state_dict: Mapping[str, Tensor],
    half: bool = False,
    metadata: Mapping[str, str] = EMPTY,
) -> None:
    """Write a weight file: `path` holds either what it held before or all of the new file.

    Args:
        path: the file, by custom ending in .safetensors.
        model_name: the model's name in the registry.
        config: the frozen dataclass the model was built with.
        state_dict: the model's tensors.
        half: store matrices and kernels as float16, for half the size; vectors keep their precision.
        metadata: more facts for the file's header, text by name.
    """
    from safetensors.torch import save_file

    tensors = {name: _stored(tensor, half) for name, tensor in state_dict.items()}
    header = {"iqa.model": model_name, "iqa.config": json.dumps(asdict(config)), **metadata}
    with atomically(Path(path)) as partial:
        save_file(tensors, partial, header)


def _stored(tensor: Tensor, half: bool) -> Tensor:
    # BatchNorm's statistics can leave the range of float16, and all vectors together are small.
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if half and tensor.ndim > 1 and tensor.is_floating_point() else tensor


def read_checkpoint(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors or PyTorch file, on the CPU, and its metadata (empty for PyTorch).

    Floating-point tensors come as float32, whatever they are stored as. No code in the file is run.

    Raises:
        WeightsError: there is no such file, it is damaged, or it is of another kind.
    """
    path = Path(path)
    head = _head(path)
    if head.startswith(HDF5):
        raise WeightsError(f"{path} is a Keras file: convert it with 'iqa weights import {path} --out OUT.safetensors'")
    tensors, metadata = _read_safetensors(path) if head[8:9] == b"{" else (_read_torch(path, head), {})
    return {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}, metadata


def is_keras(path: str | Path) -> bool:
    """Whether it is an HDF5 file, as Keras writes. Raises WeightsError when it cannot be read."""
    return _head(Path(path)).startswith(HDF5)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(9)
    except OSError as error:
        raise WeightsError(f"cannot read weights {path}: {error.strerror}") from error


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise WeightsError(f"{path} is a damaged safetensors file ({error}): get it again") from error


def _read_torch(path: Path, head: bytes) -> dict[str, Tensor]:
    import torch

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not head.startswith((b"PK", b"\x80")):
            raise WeightsError(f"{path} is neither a safetensors nor a PyTorch file") from error
        raise WeightsError(
            f"{path} is refused: it holds more than tensors, and reading that could run code. "
            "Ask its maker for a safetensors file, or for the state dict alone"
        ) from error
    except Exception as error:  # torch.load answers damage with whatever it stumbles over
        raise WeightsError(f"{path} is neither a safetensors nor a PyTorch file, or it is damaged") from error
    return _state_dict(loaded, path)


def _state_dict(loaded: Any, path: Path) -> dict[str, Tensor]:
    from torch import Tensor

    if isinstance(loaded, Mapping):
        if "model" in loaded and "average" in loaded:  # our own training: its result is the average
            return {**loaded["model"], **loaded["average"]["state"]}
        for key in WRAPPERS:
            if isinstance(loaded.get(key), Mapping):
                return _state_dict(loaded[key], path)
        if loaded and all(isinstance(value, Tensor) for value in loaded.values()):
            return dict(loaded)
    raise WeightsError(f"{path} holds no state dict (tensors by name)")

"""Weight files: safetensors with the model's name and configuration, and the PyTorch files of others.

A file of ours carries the metadata `iqa.model` (a name of the registry) and `iqa.config` (the fields of
the model's configuration, as JSON); whatever else its maker adds is kept as it is.
"""

from __future__ import annotations

import json
import pickle
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import WeightsError
from iqa_cli.ground.atomic import atomically
from iqa_cli.records import EMPTY

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = 3  # names an error message lists
HDF5 = b"\x89HDF\r\n\x1a\n"
# What training scripts call the part with the weights; the running average of a training (BasicSR, timm, ...) first.
PARTS = ("params_ema", "state_dict_ema", "ema_state_dict", "model_ema", "ema", "model_state_dict", "state_dict",
         "params", "model", "module", "net", "network", "weights")  # fmt: skip
COMPILED = "_orig_mod."  # torch.compile puts it into the names, wherever a compiled part stands
PREFIXES = ("module.", "model.", "net.", "network.")  # of every name: DataParallel, DDP and AveragedModel; Lightning


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
        _order_facts(partial)


def _order_facts(path: Path) -> None:
    """Put a header's facts in alphabetical order: the library has a random one, and equal weights are equal files."""
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        file.seek(8)
        file.write(json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(length))


def _stored(tensor: Tensor, half: bool) -> Tensor:
    # BatchNorm's statistics can leave the range of float16, and all vectors together are small.
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if half and tensor.ndim > 1 and tensor.is_floating_point() else tensor


def read_checkpoint(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors or PyTorch file, on the CPU, and its metadata (empty for PyTorch).

    Floating-point tensors come as float32, whatever they are stored as; what wrappers put before all names
    (`module.`, `_orig_mod.`, `model.`) is taken away. No code in the file is run.

    Raises:
        WeightsError: there is no such file, it is damaged, or it is of another kind.
    """
    path = Path(path)
    head = _head(path)
    if head.startswith(HDF5):
        raise WeightsError(f"{path} is a Keras file: convert it with 'iqa weights import {path} -o OUT.safetensors'")
    tensors, metadata = _read_safetensors(path) if head[8:9] == b"{" else (_read_torch(path, head), {})
    return {n: t.float() if t.is_floating_point() else t for n, t in _unwrapped(tensors).items()}, metadata


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
    if _is_state_dict(loaded):
        return dict(loaded)
    if isinstance(loaded, Mapping):
        if "model" in loaded and "average" in loaded:  # our own training: its result is the average
            return {**loaded["model"], **loaded["average"]["state"]}
        parts = [key for key in PARTS if isinstance(loaded.get(key), Mapping)]
        parts = parts or [key for key, value in loaded.items() if _is_state_dict(value)]
        if len(parts) > 1 and parts[0] not in PARTS:
            raise WeightsError(f"{path} holds several models ({', '.join(map(str, parts))}): save the one alone")
        if parts:
            return _state_dict(loaded[parts[0]], path)
        if loaded:
            named = ", ".join(list(map(str, loaded))[:SHOWN])
            raise WeightsError(f"{path} holds no state dict (tensors by name), but {named}")
    raise WeightsError(f"{path} holds no state dict (tensors by name)")


def _is_state_dict(value: Any) -> bool:
    from torch import Tensor

    return isinstance(value, Mapping) and bool(value) and all(isinstance(part, Tensor) for part in value.values())


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by the names they have without what wraps the whole model."""
    found = {name.replace(COMPILED, ""): tensor for name, tensor in tensors.items()}
    if all(name.startswith("module.") for name in found if name != "n_averaged"):
        found.pop("n_averaged", None)  # the counter of torch's AveragedModel
    while found and (prefix := next((p for p in PREFIXES if all(name.startswith(p) for name in found)), None)):
        found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def below_prefix(tensors: Mapping[str, Tensor], wanted: Collection[str], source: str) -> tuple[str, dict[str, Tensor]]:
    """The prefix below which tensors have the names `wanted`, and those below it; empty where they fit as they are.

    So a model is found that was a part of another: of a Lightning module beside its losses and metrics, say.

    Raises:
        WeightsError: all of it is there more than once.
    """
    counts = Counter(name.removesuffix(rest) for name in tensors for rest in _ends(name) if rest in wanted)
    most = max(counts.values(), default=0)
    if counts[""] == most or most <= len(wanted) / 2:
        return "", dict(tensors)
    prefixes = [prefix for prefix, count in counts.items() if count == most]
    if len(prefixes) > 1:
        raise WeightsError(f"{source} holds the model {len(prefixes)} times ({', '.join(prefixes)}): save one of them")
    return prefixes[0], {n.removeprefix(prefixes[0]): t for n, t in tensors.items() if n.startswith(prefixes[0])}


def _ends(name: str) -> Iterator[str]:
    """What is left of a dotted name without its first parts: itself, then shorter and shorter."""
    while name:
        yield name
        name = name.partition(".")[2]

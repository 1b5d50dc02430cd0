"""Files that the engine runs, kept in the cache: where they are there, no torch is imported to score."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iqa_cli import __version__
from iqa_cli.exporting.model_file import PARTS, WHOLE, check_exports, model_of
from iqa_cli.ground.atomic import atomically
from iqa_cli.registry import Spec
from iqa_cli.weights import default_weight, load_trained, locate
from iqa_cli.weights.fetching import cache_folder, is_here, sha256_of
from iqa_cli.weights.weight_list import catalogue_path

if TYPE_CHECKING:
    from iqa_cli.weights import Loaded


@dataclass(frozen=True)
class Exported:
    """The ONNX files of a model for the engine; they take float32 in [0, 1].

    Attributes:
        name: of the weights: in the catalogue, or of the file the user gave.
        sha256: of the weight file, 64 hexadecimal digits.
        parts: by part, "whole", or "encode" and "compare": the file, or what would stand in it.
    """

    name: str
    sha256: str
    parts: dict[str, Path | bytes]


def exported(spec: Spec, weights: Path | None = None, offline: bool = False) -> Exported:
    """The files of a model with the weights of a file, or with its own; written where they are not there, or damaged.

    Where the cache cannot be written to, they are made anew each time.

    Raises:
        UsageError: the model cannot be exported.
        WeightsError: as `load_trained`.
        MissingExtraError: the files are not there, and the package onnx is not installed.
    """
    check_exports(spec)
    weight = default_weight(spec.name) if weights is None else None
    loaded = None
    if weight is not None:
        locate(weight, offline)
        name, sha256 = weight.name, weight.sha256
    elif weights is not None and is_here(weights):
        name, sha256 = weights.name, sha256_of(weights)
    else:  # says what is wrong
        loaded = load_trained(spec, weights, offline)
        name, sha256 = loaded.name, loaded.sha256
    # In the file stands what is known of the weights: by the catalogue, or by the header of the user's file.
    whose = "" if weights is None else "own-"
    parts: dict[str, Path | bytes] = {}
    for part in PARTS if spec.full_reference else (WHOLE,):
        file = cache_folder() / "onnx" / f"{spec.name}-{sha256[:12]}-{__version__}-{_writer()}-{whose}{part}.onnx"
        if _is_whole(file):
            parts[part] = file
        else:
            loaded = loaded or load_trained(spec, weights, offline)
            parts[part] = _kept(spec, loaded, part, file)
    return Exported(name, sha256, parts)


def _kept(spec: Spec, loaded: Loaded, part: str, file: Path) -> Path | bytes:
    content = model_of(spec, loaded, "float32", part).SerializeToString()
    try:
        for path, data in ((file, content), (_sum_of(file), hashlib.sha256(content).hexdigest().encode())):
            with atomically(path) as partial:
                partial.write_bytes(data)
    except OSError:
        return content
    return file


def _is_whole(file: Path) -> bool:
    """Whether a file is there as it was written: a damaged one would be read, and score otherwise."""
    try:
        return _sum_of(file).read_text() == sha256_of(file)
    except (OSError, ValueError):
        return False


def _sum_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def _writer() -> str:
    """Digits that change with what writes the files and what the catalogue knows: a version under development, too,
    meets no old file."""
    sources = [*sorted(Path(__file__).parent.glob("*.py")), catalogue_path()]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]

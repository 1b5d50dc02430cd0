"""The words that functions take in the place of options, and the frames they give."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import pandas as pd

from iqa_cli.engine.options import EngineOptions
from iqa_cli.errors import UsageError
from iqa_cli.registry import Spec, find_model
from iqa_cli.terminal import Terminal, silent

StrPath = str | PathLike[str]
Paths = StrPath | Sequence[StrPath]
Names = str | Sequence[str]


def models_of(models: Names) -> list[Spec]:
    """The models of these names. Raises UsageError when there is none, or one does not exist."""
    if not models:
        raise UsageError("choose a model of iqa_cli.registry.names(): models='iqt' with a reference, 'triq' without")
    return list(dict.fromkeys(find_model(name) for name in several(models)))


def options_of(engine: Mapping[str, Any], models: Names) -> EngineOptions:
    """Options of the engine from keywords: `weights` may be one file, `crops` a number."""
    given = dict(engine)
    weights = given.pop("weights", None) or {}
    if not isinstance(weights, Mapping):
        trained = [spec.name for spec in models_of(models) if spec.trained]
        if len(trained) != 1:
            raise UsageError(f"weights={weights}: say for which model, weights={{model: file}}")
        weights = {trained[0]: weights}
    if "crops" in given:
        given["crops"] = "all" if given["crops"] is None else str(given["crops"])
    return EngineOptions(weights={name: Path(text(file)) for name, file in weights.items()}, **given)


def frame_of(rows: list[dict[str, Any]], meta: Mapping[str, Any]) -> pd.DataFrame:
    """Rows as a frame that says how it came about."""
    frame = pd.DataFrame(rows)
    frame.attrs["meta"] = dict(meta)
    return frame


def terminal_of(progress: bool) -> Terminal:
    """Where a bar is drawn, or nothing."""
    return Terminal() if progress else silent()


def warn(messages: Sequence[str]) -> None:
    """What a command would say on stderr, as warnings at the line that called the function."""
    for message in messages:
        warnings.warn(message, stacklevel=3)


def several(names: Any) -> tuple[Any, ...]:
    """One name or several, as several."""
    return (names,) if isinstance(names, str | int) else tuple(names)


def text(path: StrPath) -> str:
    """A path as typed, but for `~`, which is the home folder."""
    return fspath(Path(path).expanduser()) if fspath(path).startswith("~") else fspath(path)


def texts(paths: Sequence[StrPath]) -> tuple[str, ...]:
    """Paths as typed, but for `~`."""
    return tuple(text(path) for path in paths)


def files(paths: Paths) -> tuple[Path, ...]:
    """One path or several, as several."""
    return tuple(Path(text(path)) for path in ((paths,) if isinstance(paths, str | PathLike) else paths))

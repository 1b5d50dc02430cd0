"""The words that functions take in the place of options, and the frames they give."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeGuard, cast

import pandas as pd

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.formats import Format
from iqa_cli.ground.python_words import in_python
from iqa_cli.guard import Output, check_not_both, refuse_existing_rows
from iqa_cli.options.engine_keywords import StrPath
from iqa_cli.output import Target, choose_targets
from iqa_cli.registry import Spec
from iqa_cli.storage.names import name_of
from iqa_cli.terminal import Terminal, silent
from iqa_cli.weights.ready import find_models

Paths = StrPath | Iterable[StrPath]
Names = str | Sequence[str]


def models_of(models: Names) -> list[Spec]:
    """The models of these names. Raises UsageError when there is none, or one does not exist."""
    if not models:
        raise UsageError("choose a model of iqa_cli.registry.names(): models='iqt' with a reference, 'triq' without")
    return find_models(names_of(models))


def names_of(models: Names) -> tuple[str, ...]:
    """Names of models as in a list, or parted by commas as the command line takes them."""
    return tuple(part.strip() for name in several(models) for part in str(name).split(","))


@dataclass(frozen=True)
class Files:
    """The files that a function writes, and what becomes of those that are there already.

    Raises UsageError for what cannot be both.
    """

    output: Paths | None = None
    resume: bool = False
    overwrite: bool = False

    def __post_init__(self):
        check_not_both(self.resume, self.overwrite)

    def targets(self, known: Mapping[str, Format] | None = None) -> tuple[Target, ...]:
        """An output for each file, its format by its suffix; none where no file is named."""
        return () if self.output is None else choose_targets(None, files(self.output), False, known)

    def refuse_existing(self, outputs: Mapping[str, Output], reports: Collection[str] = ()) -> None:
        """Raises UsageError for a file that is there, unless it may be replaced or, if none of `reports`, resumed."""
        refuse_existing_rows(outputs, self.resume, self.overwrite, reports)


def frame_of(rows: list[dict[str, Any]], meta: Mapping[str, Any]) -> pd.DataFrame:
    """Rows as a frame that says how it came about."""
    frame = pd.DataFrame(rows)
    frame.attrs["meta"] = dict(meta)
    return frame


class WarningTerminal(Terminal):
    """One whose warnings are Python's: what changes how results are read must reach whoever sees no stderr."""

    def warn(self, message: str, even_quiet: bool = False) -> None:
        """As `warn` of this module."""
        warn([message])


def terminal_of(progress: bool) -> Terminal:
    """Where a bar is drawn, or nothing but warnings."""
    return WarningTerminal() if progress else silent(WarningTerminal)


def warn(messages: Sequence[str]) -> None:
    """What a command would say on stderr, as warnings at the line that called the function, from however deep."""
    for message in messages:
        warnings.warn(in_python(message), stacklevel=_depth())


def _depth() -> int:
    """Calls from here up to whoever called the first function of this package, as `stacklevel` counts them."""
    frame, depth, ours = sys._getframe(1), 1, 1
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
        if frame.f_globals.get("__name__", "").partition(".")[0] == __name__.partition(".")[0]:
            ours = depth
    return ours + 1


def templates(match: str | Mapping[str, str] | None) -> tuple[str, ...]:
    """How files are called for a reference's {stem}, of all folders or by folder; nothing leaves it to be found."""
    if match is None or isinstance(match, str):
        return (match,) if match else ()
    return tuple(f"{folder}={template}" for folder, template in match.items())


def several(names: Any) -> tuple[Any, ...]:
    """One name or several, as several."""
    return (names,) if isinstance(names, str | int) else tuple(names)


def text(path: StrPath) -> str:
    """A path as typed, but for `~`, which is the home folder. Raises UsageError for what is none."""
    if not isinstance(path, str | PathLike):
        kind = type(path).__name__
        raise UsageError(f"{kind} is no path: iqa_cli.load(name).score(...) takes arrays, tensors and Pillow images")
    return at_home(name_of(path))


def texts(paths: Iterable[Paths]) -> tuple[str, ...]:
    """Paths as typed, one by one or in lists and generators."""
    return tuple(text(path) for given in paths for path in (given if is_several(given) else [cast(StrPath, given)]))


def is_several(paths: Paths) -> TypeGuard[Iterable[StrPath]]:
    """Whether it is a list or a generator of paths, not one."""
    return isinstance(paths, Iterable) and not isinstance(paths, str | bytes | PathLike)


def files(paths: Paths) -> tuple[Path, ...]:
    """One path or several, as several."""
    return tuple(map(Path, texts([paths])))

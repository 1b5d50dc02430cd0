"""The options of the engine as Python's functions take them, declared and read once."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import at_home
from iqa_cli.options.run_options import AUTO, EngineOptions
from iqa_cli.registry import Spec

StrPath = str | PathLike[str]
Function = TypeVar("Function", bound=Callable[..., Any])


class EngineKeywordsShared(TypedDict, total=False):
    """By the names of the fields of EngineOptions, which have the defaults: those of all that models do.

    `weights` is one file for the only trained model, or files by model. `icc=False`, as `colour="ignore"` was called
    before, is understood, too.
    """

    colour: str
    max_pixels: int
    raw: str
    frame: int | str
    view_size: int | None
    weights: StrPath | Mapping[str, StrPath] | None
    offline: bool
    device: str
    precision: str
    threads: int | None


class EngineKeywordsAlone(EngineKeywordsShared, total=False):
    """Those of models that need no reference."""

    batch_size: int | None
    engine: str


class EngineKeywordsEncoding(EngineKeywordsShared, total=False):
    """Those of references that are encoded, before there is anything to compare them with.

    `crops` is "auto", a number, or "all" for a cover of the whole image in which neighbours overlap by half (also
    None).
    """

    crops: int | str | None
    crop_seed: int | None


class EngineKeywords(EngineKeywordsAlone, EngineKeywordsEncoding, total=False):
    """All of them. `luma` and `crop_border` that are left out (None) are "rgb" and 0, or what the protocol says."""

    luma: str | None
    crop_border: int | None
    on_size_mismatch: str
    protocol: str | None


COMPARING = frozenset(EngineKeywords.__annotations__) - frozenset(EngineKeywordsAlone.__annotations__)
"""Those of models that compare with a reference: crops and luma are theirs alone."""
SCORING = frozenset(EngineKeywords.__annotations__) - frozenset(EngineKeywordsEncoding.__annotations__)
"""Those that change no encoded reference."""

DEFAULTS = {field.name: field.default for field in fields(EngineOptions)} | {"crops": AUTO, "weights": None}


class UnknownKeyword(UsageError, TypeError):
    """A keyword that there is not: an error of ours, and what Python raises for it."""


def options_of(engine: Mapping[str, Any], specs: Sequence[Spec], keywords: type = EngineKeywords) -> EngineOptions:
    """The options from keywords, of which there are those of `keywords`, checked.

    Raises:
        UsageError: a value that will not do.
        UnknownKeyword: there is no such keyword.
    """
    check_keywords(engine, keywords)
    given = dict(engine)
    if "icc" in given:
        given["colour"] = colour_rule(given.pop("icc"), given.get("colour"))
    weights = given.pop("weights", None) or {}
    if not isinstance(weights, Mapping):
        trained = [spec.name for spec in specs if spec.trained]
        if len(trained) != 1:
            raise UsageError(f"weights={weights}: say for which model, weights={{model: file}}")
        weights = {trained[0]: weights}
    if "crops" in given:
        given["crops"] = "all" if given["crops"] is None else str(given["crops"])
    if "frame" in given:
        given["frame"] = str(given["frame"])
    options = EngineOptions(weights={name: Path(at_home(file)) for name, file in weights.items()}, **given)
    return options.for_models(specs)


def check_keywords(engine: Mapping[str, Any], keywords: type = EngineKeywords) -> None:
    """Raises UnknownKeyword for a keyword that is none of `keywords`."""
    if unknown := sorted(engine.keys() - keywords.__annotations__.keys() - {"icc"}):
        close = get_close_matches(unknown[0], keywords.__annotations__, n=1, cutoff=0.75)
        meant = f"did you mean {close[0]!r}? There" if close else "there"
        raise UnknownKeyword(f"no keyword {unknown[0]!r}: {meant} are {', '.join(keywords.__annotations__)}")


def given_by(engine: Mapping[str, Any]) -> list[str]:
    """What is not as by default, by flag; without `offline`, which the environment may say for all runs."""
    told = {**engine, "colour": colour_rule(engine.get("icc"), engine.get("colour"))}
    left_out = ("icc", "offline")
    return [
        f"--{name.replace('_', '-')}"
        for name, value in told.items()
        if name not in left_out and value != DEFAULTS.get(name)
    ]


def colour_rule(icc: bool | None, colour: str | None) -> str:
    """The rule of colours where `--icc` or `--no-icc` may have been said, as it was called before; None: not said.

    Raises:
        UsageError: both were said, and do not agree.
    """
    of_old = None if icc is None else "convert" if icc else "ignore"
    if colour is not None and of_old not in (None, colour):
        raise UsageError(
            f"--colour {colour} and --{'' if icc else 'no-'}icc, its old name, do not agree: leave out one"
        )
    return colour or of_old or EngineOptions.colour


def shows_engine_keywords(function: Function, keywords: type = EngineKeywords) -> Function:
    """`function(..., **engine)` whose signature shows the keywords and their defaults in the place of `engine`."""
    signature = inspect.signature(function)
    own = [parameter for name, parameter in signature.parameters.items() if name != "engine"]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS[name], annotation=annotation)
        for name, annotation in keywords.__annotations__.items()
    ]
    vars(function)["__signature__"] = signature.replace(parameters=[*own, *more])
    return function

"""What several commands read from their options."""

import math
from collections.abc import Sequence
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.registry import Spec, find_model, names


def models_chosen(names: Sequence[str] | None) -> list[Spec]:
    """The models asked for, each once, in the order given.

    Raises:
        UsageError: none was given, or one does not exist.
    """
    if not names:
        raise UsageError("choose a model: --model iqt with a reference, --model triq without; see 'iqa models'")
    return list(dict.fromkeys(find_model(name) for name in names))


def per_model(option: str, values: Sequence[str] | None, specs: Sequence[Spec]) -> dict[str, Path]:
    """`MODEL=FILE` values by model name; a bare FILE is meant for the only trained model of the run."""
    return {name: Path(value).expanduser() for name, value in _split(option, values, specs).items()}


def threshold_per_model(values: Sequence[str] | None, specs: Sequence[Spec]) -> dict[str, float]:
    """`--fail-below MODEL=X` values by model name; a bare X is meant for the only model of the run."""
    return {name: _number(value) for name, value in _split("--fail-below", values, specs).items()}


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):  # "nan" is a float too, but nothing is below it
        raise UsageError(f"--fail-below {text}: give a number, or MODEL=number for a model of this run")
    return number


def _split(option: str, values: Sequence[str] | None, specs: Sequence[Spec]) -> dict[str, str]:
    found = {}
    candidates = [s.name for s in specs if s.trained or option != "--weights"]
    for value in values or ():
        name, separator, rest = value.partition("=")
        if separator and name.lower() in candidates:
            found[name.lower()] = rest
        elif separator and name.lower() in names():
            raise UsageError(f"{option} {value}: {name} is not among the models of this run, {', '.join(candidates)}")
        elif len(candidates) == 1:
            found[candidates[0]] = value
        elif candidates:
            raise UsageError(f"{option} {value}: say for which model, {option} {'|'.join(candidates)}=...")
        else:
            raise UsageError(f"{option} {value}: no model of this run is a trained one; leave it out")
    return found

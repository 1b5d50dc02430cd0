"""What several commands read from their options: models, and values that belong to a name."""

import math
from collections.abc import Sequence
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.named_values import by_name
from iqa_cli.registry import FIRST, FULL, NONE, Spec, names
from iqa_cli.weights.ready import find_models


def models_chosen(chosen: Sequence[str] | None) -> list[Spec]:
    """The models asked for by name or by group, each once, in the order given.

    Raises:
        UsageError: none was given, or one does not exist.
    """
    named = names_listed("--model", chosen)
    if not named:
        raise UsageError(
            f"choose a model: --model {FIRST[FULL]} with a reference, --model {FIRST[NONE]} without; see 'iqa models'"
        )
    return find_models(named)


def names_listed(option: str, values: Sequence[str] | None) -> list[str]:
    """The names in `iqt,psnr`, however often the option is given.

    Raises UsageError for nothing between two commas.
    """
    found = [name.strip() for value in values or () for name in value.split(",")]
    if "" in found:
        raise UsageError(f"{option} {' '.join(values or ())}: no name between two commas; write {option} iqt,psnr")
    return found


def files_per_model(option: str, values: Sequence[str] | None, specs: Sequence[Spec]) -> dict[str, Path]:
    """`MODEL=FILE` values by model; a bare FILE is meant for the only trained model of the run.

    Raises UsageError where there is none, or several may be meant, and for a model that is not of the run.
    """
    trained = [spec.name for spec in specs if spec.trained]
    if values and not trained:
        raise UsageError(f"{option} {values[0]}: no model of this run is a trained one; leave it out")
    return {name: Path(at_home(file)) for name, file in _per_model(option, values, trained).items()}


def numbers_per_model(option: str, values: Sequence[str] | None, specs: Sequence[Spec]) -> dict[str, float]:
    """`MODEL=X` values by model; a bare X is meant for the only model of the run.

    Raises UsageError where several may be meant, for a model that is not of the run, and for what is no number.
    """
    found = _per_model(option, values, [spec.name for spec in specs])
    return {name: _number(option, value) for name, value in found.items()}


def _per_model(option: str, values: Sequence[str] | None, known: Sequence[str]) -> dict[str, str]:
    for value in values or ():
        name, separator, _ = value.partition("=")
        if separator and name.lower() in names() and name.lower() not in known:
            raise UsageError(f"{option} {value}: {name} is not among the models of this run, {', '.join(known)}")
    return by_name(option, values, known)


def _number(option: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):  # "nan" is a float too, but nothing is below it
        raise UsageError(f"{option} {text}: give a number, or MODEL=number for a model of this run")
    return number

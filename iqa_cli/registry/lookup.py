"""Every model by its name, and every group of models by its word."""

from difflib import get_close_matches

from iqa_cli.errors import UsageError
from iqa_cli.registry.classical import CLASSICAL
from iqa_cli.registry.spec import FIRST, FULL, NONE, Spec
from iqa_cli.registry.trained import TRAINED

SPECS: tuple[Spec, ...] = (*TRAINED, *CLASSICAL)


def names() -> list[str]:
    """Names of all models, in the order of the registry."""
    return [spec.name for spec in SPECS]


def first_model(full_reference: bool) -> Spec:
    """The model to take where none is named: with a reference, or without."""
    return find_model(FIRST[FULL if full_reference else NONE])


def find_model(name: str) -> Spec:
    """The model of that name.

    Raises:
        UsageError: there is none; the message proposes the closest name.
    """
    for spec in SPECS:
        if spec.name == name.lower():
            return spec
    close = get_close_matches(name.lower(), names(), n=1, cutoff=0.4)
    hint = f"did you mean {close[0]!r}?" if close else f"see 'iqa models' for {', '.join(names())}"
    raise UsageError(f"no model {name!r}: {hint}")

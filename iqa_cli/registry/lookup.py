"""Every model by its name, and every group of models by its word."""

import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from iqa_cli.errors import UsageError
from iqa_cli.registry.classical import CLASSICAL
from iqa_cli.registry.external import EXTERNAL
from iqa_cli.registry.learned import LEARNED
from iqa_cli.registry.plugins import Plugins, load_plugins
from iqa_cli.registry.published import PUBLISHED
from iqa_cli.registry.spec import FIRST, FULL, NONE, Spec
from iqa_cli.registry.trained import TRAINED

BUILT_IN: tuple[Spec, ...] = (*TRAINED, *CLASSICAL, *PUBLISHED, *LEARNED, *EXTERNAL)
SPECS: tuple[Spec, ...]  # with those of plug-ins, which are looked for when they are first asked for


def __getattr__(name: str) -> Any:
    if name == "SPECS":
        return all_models()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def all_models() -> tuple[Spec, ...]:
    """Every model, in the order of the registry; those of plug-ins come last."""
    return (*BUILT_IN, *plugins().specs)


@cache
def plugins() -> Plugins:
    """What plug-ins declare. A warning tells of each that is left out."""
    found = load_plugins(BUILT_IN)
    for problem in found.problems:
        warnings.warn(problem, PluginWarning, stacklevel=2)
    return found


class PluginWarning(UserWarning):
    """A plug-in that is left out."""


def names() -> list[str]:
    """Names of all models, in the order of the registry."""
    return [spec.name for spec in all_models()]


def first_model(full_reference: bool) -> Spec:
    """The model to take where none is named: with a reference, or without."""
    return find_model(FIRST[FULL if full_reference else NONE])


def check_masks(specs: Iterable[Spec]) -> None:
    """Raises UsageError that names the models which no mask can be given to."""
    without = [spec.name for spec in specs if not spec.masks]
    if without:
        verb = "take" if len(without) > 1 else "takes"
        takers = ", ".join(spec.name for spec in all_models() if spec.masks)
        raise UsageError(f"{', '.join(without)} {verb} no mask: these do, {takers}; a box is scored by every model")


def find_model(name: str) -> Spec:
    """The model of that name.

    Raises:
        UsageError: there is none; the message proposes the name that was meant, or tells all there are.
    """
    if not isinstance(name, str):  # from Python
        raise UsageError(f"no model {name!r}: it is named by a text, such as {FIRST[FULL]!r}")
    for spec in all_models():
        if spec.name == name.lower():
            return spec
    # Of the others warnings tell.
    own = (problem for problem in plugins().problems if problem.startswith(f"plug-in {name.lower()!r} "))
    if "," in name:
        raise UsageError(f"no model {name!r}: one name is meant here, not several")
    left_out = "".join(f". A {problem}" for problem in own)
    raise UsageError(f"no model {name!r}: {_meant(name.lower()) or _all_names()}{left_out}")


def _meant(name: str) -> str:
    """The model whose name was misspelt. FSIM is no SSIM: another first letter is another metric."""
    plain = {"".join(filter(str.isalnum, known)): known for known in names()}
    typed = "".join(filter(str.isalnum, name))
    close = [known for known in get_close_matches(typed, plain, n=1, cutoff=0.75) if known[0] == typed[0]]
    return f"did you mean {plain[close[0]]!r}?" if close else ""


def _all_names() -> str:
    kinds = ((FULL, "with a reference"), (NONE, "without"))
    told = (f"{words}: {', '.join(spec.name for spec in all_models() if spec.kind == kind)}" for kind, words in kinds)
    return f"there are, {'; '.join(told)} ('iqa models' tells more)"

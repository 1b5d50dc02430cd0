"""Every model, declared once, as data. No torch is imported here: `iqa models` answers at once.

A builder is named as "module:class" and imported when a model is built. Whatever is declared here
is scored, listed and tested because it is declared.
"""

from typing import Any

from iqa_cli.records import ScoreRange
from iqa_cli.registry import lookup
from iqa_cli.registry.lookup import (
    BUILT_IN,
    PluginWarning,
    all_models,
    check_masks,
    find_model,
    first_model,
    names,
    plugins,
)
from iqa_cli.registry.spec import FIRST, FULL, GROUPS, LEVELS, MOST_CROPS, NONE, Spec

__all__ = [
    "BUILT_IN",
    "FIRST",
    "FULL",
    "GROUPS",
    "LEVELS",
    "MOST_CROPS",
    "NONE",
    "SPECS",
    "PluginWarning",
    "ScoreRange",
    "Spec",
    "all_models",
    "check_masks",
    "find_model",
    "first_model",
    "names",
    "plugins",
]

SPECS: tuple[Spec, ...]  # see `lookup`


def __getattr__(name: str) -> Any:
    return getattr(lookup, name)

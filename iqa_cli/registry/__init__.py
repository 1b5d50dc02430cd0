"""Every model, declared once, as data. No torch is imported here: `iqa models` answers at once.

A builder is named as "module:class" and imported when a model is built. Whatever is declared here
is scored, listed and tested because it is declared.
"""

from iqa_cli.registry.lookup import SPECS, find_model, first_model, names
from iqa_cli.registry.spec import FIRST, FULL, GROUPS, LEVELS, NONE, Spec

__all__ = ["FIRST", "FULL", "GROUPS", "LEVELS", "NONE", "SPECS", "Spec", "find_model", "first_model", "names"]

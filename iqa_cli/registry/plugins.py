"""Models that other packages declare, by the entry-point group `iqa_cli.models`.

An entry point names a Spec, or several in a tuple; `builder` and `config` are paths from the top of that package.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points

from iqa_cli.registry.spec import FULL, GROUPS, NONE, Spec

ENTRY_POINTS = "iqa_cli.models"


@dataclass(frozen=True)
class Plugins:
    """What the packages that are installed declare, and why some of it is left out."""

    specs: tuple[Spec, ...] = ()
    problems: tuple[str, ...] = ()


def load_plugins(built_in: Sequence[Spec]) -> Plugins:
    """The models of all plug-ins. One that is broken, or takes a name that is taken, is left out and told of."""
    owners = {spec.name: "the model of that name here" for spec in built_in}
    owners |= dict.fromkeys((*GROUPS, "all"), "a group of models")
    specs: list[Spec] = []
    problems: list[str] = []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: (_package(entry), entry.name)):
        own = f"plug-in {entry.name!r} of the package {_package(entry)}"
        try:
            declared = _declared(entry)
        except (Exception, SystemExit) as error:  # whatever it does on import, it must not cost the run
            problems.append(f"{own} is left out: {type(error).__name__}: {' '.join(str(error).split())}")
            continue
        for spec in declared:
            if spec.name in owners:
                problems.append(f"{own} is left out: its name {spec.name!r} is that of {owners[spec.name]}")
                continue
            owners[spec.name] = own
            specs.append(replace(spec, group="plugins", home=""))
    return Plugins(tuple(specs), tuple(problems))


def _declared(entry: EntryPoint) -> tuple[Spec, ...]:
    found = entry.load()
    specs = tuple(found) if isinstance(found, Iterable) else (found,)
    for spec in specs:
        if not isinstance(spec, Spec):
            raise TypeError(f"{entry.value} is no Spec of iqa_cli.registry, but of type {type(spec).__name__}")
        if spec.name != spec.name.lower() or not spec.name.replace("-", "").isalnum():
            raise ValueError(f"the name {spec.name!r} is not one of small letters, digits and hyphens")
        _check(spec)
    return specs


def _check(spec: Spec) -> None:
    """Raises ValueError for what would break a listing, or a run that other models score in."""
    if spec.kind not in (FULL, NONE):
        raise ValueError(f"{spec.name}: its kind {spec.kind!r} is neither {FULL!r} nor {NONE!r}")
    for field, path in (("builder", spec.builder), ("config", spec.config)):
        if not re.fullmatch(r"[\w.]+:\w+", str(path)):
            raise ValueError(f"{spec.name}: its {field} {path!r} is no 'module:name'")
    if not isinstance(spec.minimum, int) or spec.minimum < 1:
        raise ValueError(f"{spec.name}: its minimum {spec.minimum!r} is no number of pixels, 1 or more")


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value.partition(":")[0]

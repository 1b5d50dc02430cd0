"""Groups of options: a command takes a group as one parameter, Typer sees its options one by one.

A group is a frozen dataclass derived from `OptionGroup`. Each field is an option: its annotation is `Annotated[type,
typer.Option(...)]`, its default the option's default. A command names the groups it takes as keyword-only parameters:

    def score(paths: Paths = None, *, gate: Gate, engine: Engine) -> None: ...

and is given to Typer as `with_groups(score)`.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter
from typing import Any, get_type_hints


@dataclass(frozen=True)
class OptionGroup:
    """What was typed of a group of options, by field. Each field has a default."""

    @property
    def given(self) -> dict[str, Any]:
        """What is not as by default, by flag; what the environment may have said is left out."""
        annotations = get_type_hints(type(self), include_extras=True)
        return {
            f"--{field.name.replace('_', '-')}": getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default and not annotations[field.name].__metadata__[0].envvar
        }

    @classmethod
    def parameters(cls) -> list[Parameter]:
        """The options as Typer wants them, in the order they are declared."""
        annotations = get_type_hints(cls, include_extras=True)
        return [
            Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=annotations[field.name])
            for field in fields(cls)
        ]


def with_groups(command: Callable) -> Callable:
    """`command` as Typer takes it: after its own options those of its groups, in the order it names them.

    Raises:
        TypeError: two groups, or a group and the command, have an option of one name.
    """
    signature = inspect.signature(command)
    groups = {name: p.annotation for name, p in signature.parameters.items() if _is_group(p.annotation)}
    own = [parameter for name, parameter in signature.parameters.items() if name not in groups]
    options = {name: group.parameters() for name, group in groups.items()}
    everything = [*own, *(parameter for some in options.values() for parameter in some)]
    names = [parameter.name for parameter in everything]
    if twice := {name for name in names if names.count(name) > 1}:
        raise TypeError(f"{command.__name__}: {', '.join(sorted(twice))} is declared twice")

    @wraps(command)
    def wrapped(**given: Any) -> None:
        made = {
            name: group(**{option.name: given.pop(option.name) for option in options[name]})
            for name, group in groups.items()
        }
        command(**given, **made)

    # What Typer looks at.
    vars(wrapped)["__signature__"] = signature.replace(parameters=everything)
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in everything}
    del wrapped.__wrapped__
    return wrapped


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, OptionGroup)

"""The options of the engine, which every command that scores images takes: declared and read once."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from iqa_cli.commands import options
from iqa_cli.commands.parsing import per_model
from iqa_cli.output import constants
from iqa_cli.registry import Spec

if TYPE_CHECKING:
    from iqa_cli.engine.options import EngineOptions

# Parameter: what it means, and its default.
DECLARED: dict[str, tuple[Any, Any]] = {
    "on_size_mismatch": (options.OnSizeMismatch, "error"),
    "crops": (options.Crops, "20"),
    "crop_seed": (options.CropSeed, None),
    "luma": (options.Luma, "rgb"),
    "crop_border": (options.CropBorder, 0),
    "icc": (options.Icc, True),
    "max_pixels": (options.MaxPixels, 64_000_000),
    "weights": (options.Weights, None),
    "offline": (options.Offline, False),
    "device": (options.Device, "auto"),
    "precision": (options.Precision, "fp32"),
    "batch_size": (options.BatchSize, None),
}


@dataclass(frozen=True)
class Engine:
    """What was chosen of them, by parameter."""

    chosen: Mapping[str, Any]

    def constants(self, specs: Sequence[Spec]) -> dict[str, str | int]:
        """What holds for every row with these models; nothing is imported for it."""
        return constants(specs, self.chosen["luma"], self.chosen["crop_border"])

    def options(self, specs: Sequence[Spec]) -> "EngineOptions":
        """The options for these models, checked. NumPy and Pillow are imported, torch is not.

        Raises UsageError for a value that will not do.
        """
        from iqa_cli.engine.options import EngineOptions

        rest = {name: value for name, value in self.chosen.items() if name not in ("weights", "crop_seed")}
        weights = per_model("--weights", self.chosen["weights"], specs)
        return EngineOptions(seed=self.chosen["crop_seed"], weights=weights, **rest)


def with_engine_options(command: Callable, **instead: Any) -> Callable:
    """`command` with the options above after its own; it gets them as its parameter `engine`.

    `instead` declares a parameter otherwise.
    """
    declared = DECLARED | {name: (annotation, DECLARED[name][1]) for name, annotation in instead.items()}
    signature = inspect.signature(command)
    own = [parameter for name, parameter in signature.parameters.items() if name != "engine"]
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in declared.items()
    ]

    @wraps(command)
    def wrapped(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in declared}
        command(**given, engine=Engine(chosen))

    # What Typer looks at.
    wrapped.__signature__ = signature.replace(parameters=[*own, *more])
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *more)}
    del wrapped.__wrapped__
    return wrapped

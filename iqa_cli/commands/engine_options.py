"""The options of the engine, which every command that scores images takes: declared and read once."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any

from typer import Option

from iqa_cli.commands.parsing import files_per_model
from iqa_cli.commands.shared_options import INPUT
from iqa_cli.engine.options import EngineOptions
from iqa_cli.output import constants
from iqa_cli.registry import SPECS, Spec

HOW, WHERE = "How it is scored", "Where it runs"
CROPPED = ", ".join(spec.name for spec in SPECS if spec.crop)
CLASSICAL = ", ".join(spec.name for spec in SPECS if not spec.trained)

# By the fields of EngineOptions, which have the defaults.
DECLARED: dict[str, Any] = {
    "on_size_mismatch": Annotated[
        str,
        Option(
            "--on-size-mismatch",
            help="error; crop to the common top left; or resize the distorted image.",
            rich_help_panel=INPUT,
        ),
    ],
    "crops": Annotated[
        str, Option("--crops", help=f"Crops that {CROPPED} average: a number, or all.", rich_help_panel=HOW)
    ],
    "crop_seed": Annotated[
        int | None,
        Option(
            "--crop-seed", min=0, help="Random crops, as in the paper, instead of the even grid.", rich_help_panel=HOW
        ),
    ],
    "luma": Annotated[
        str,
        Option(
            "--luma",
            help=f"{CLASSICAL} on rgb, bt601 (studio-range Y, as MATLAB) or full (full-range Y).",
            rich_help_panel=HOW,
        ),
    ],
    "crop_border": Annotated[
        int, Option("--crop-border", min=0, help=f"Pixels cut off all around for {CLASSICAL}.", rich_help_panel=HOW)
    ],
    "icc": Annotated[
        bool, Option("--icc/--no-icc", help="Bring colours to sRGB, by profile or tags.", rich_help_panel=HOW)
    ],
    "max_pixels": Annotated[int, Option("--max-pixels", min=1, help="Refuse larger images.", rich_help_panel=HOW)],
    "weights": Annotated[
        list[str] | None,
        Option("--weights", metavar="[MODEL=]FILE", help="Use this weight file; no network.", rich_help_panel=WHERE),
    ],
    "offline": Annotated[
        bool, Option("--offline", envvar="IQA_OFFLINE", help="Never download weights.", rich_help_panel=WHERE)
    ],
    "device": Annotated[str, Option("--device", help="auto, cpu, cuda or cuda:N.", rich_help_panel=WHERE)],
    "precision": Annotated[
        str, Option("--precision", help="fp32, or bf16 for trained models: faster.", rich_help_panel=WHERE)
    ],
    "batch_size": Annotated[
        int | None,
        Option("--batch-size", min=1, help="Crops or images a batch; by size when left out.", rich_help_panel=WHERE),
    ],
}
DEFAULTS = {field.name: field.default for field in fields(EngineOptions)} | {"weights": None}


@dataclass(frozen=True)
class Engine:
    """What was chosen of them, by parameter."""

    chosen: Mapping[str, Any]

    def constants(self, specs: Sequence[Spec]) -> dict[str, str | int]:
        """What holds for every row with these models; nothing is imported for it."""
        return constants(specs, self.chosen["luma"], self.chosen["crop_border"])

    def options(self, specs: Sequence[Spec], **instead: Any) -> EngineOptions:
        """The options for these models, checked; `instead` has values that the command itself found.

        Raises UsageError for a value that will not do.
        """
        weights = files_per_model("--weights", self.chosen["weights"], specs)
        return EngineOptions(**{**self.chosen, "weights": weights, **instead})


def with_engine_options(command: Callable) -> Callable:
    """`command` with the options above after its own; it gets them as its parameter `engine`."""
    signature = inspect.signature(command)
    own = [parameter for name, parameter in signature.parameters.items() if name != "engine"]
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=DEFAULTS[name], annotation=annotation)
        for name, annotation in DECLARED.items()
    ]

    @wraps(command)
    def wrapped(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in DECLARED}
        command(**given, engine=Engine(chosen))

    # What Typer looks at.
    vars(wrapped)["__signature__"] = signature.replace(parameters=[*own, *more])
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *more)}
    del wrapped.__wrapped__
    return wrapped

"""The options that let a run fail by its scores."""

from dataclasses import dataclass
from typing import Annotated

from typer import Option

from iqa_cli.commands.option_groups import OptionGroup

CHECKS = "Whether it is good enough"


@dataclass(frozen=True)
class Gate(OptionGroup):
    """What a score must reach."""

    fail_below: Annotated[
        list[str] | None,
        Option(
            "--fail-below",
            metavar="[MODEL=]X",
            help="Leave with exit code 3 when any score is worse than X, and say which.",
            rich_help_panel=CHECKS,
        ),
    ] = None

"""The options that let a run fail by its scores."""

from dataclasses import dataclass
from typing import Annotated

from typer import Option

from iqa_cli.commands.option_groups import OptionGroup
from iqa_cli.commands.shared_options import OUTPUT


@dataclass(frozen=True)
class Gate(OptionGroup):
    """What a score must reach."""

    fail_below: Annotated[
        list[str] | None,
        Option(
            "--fail-below",
            metavar="[MODEL=]X",
            help="Leave with exit code 3 when any score is worse than X.",
            rich_help_panel=OUTPUT,
        ),
    ] = None

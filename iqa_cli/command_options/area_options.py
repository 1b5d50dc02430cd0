"""The options that say what of an image is scored."""

from dataclasses import dataclass
from typing import Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.shared_options import INPUT
from iqa_cli.plan.areas import Areas


@dataclass(frozen=True)
class AreaOptions(OptionGroup):
    """A mask and a box, if any; a manifest may have them as columns."""

    mask: Annotated[
        str | None,
        Option(
            "--mask",
            metavar="PATH",
            help="A picture for all images, or a folder of them called as the images: white counts, black does not.",
            rich_help_panel=INPUT,
        ),
    ] = None
    box: Annotated[
        str | None,
        Option(
            "--box",
            metavar="X,Y,W,H",
            help="Score this part of each image, in pixels as seen, as if it had been cut out.",
            rich_help_panel=INPUT,
        ),
    ] = None

    @property
    def areas(self) -> Areas:
        """What was typed, checked. Raises UsageError."""
        return Areas(self.mask, self.box)

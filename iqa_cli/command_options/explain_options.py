"""The option that asks why an image is bad."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.shared_options import OUTPUT
from iqa_cli.registry import Spec


@dataclass(frozen=True)
class ExplainOptions(OptionGroup):
    """Whether flaws are told beside the scores."""

    explain: Annotated[
        bool,
        Option(
            "--explain",
            help="Also say which known flaws an image shows, how surely, and where: blur, noise, JPEG blocks, ... "
            "(iqt-lite of pairs, triq-lite of photographs); drawn where there is --map.",
            rich_help_panel=OUTPUT,
        ),
    ] = False

    def models(self, specs: Sequence[Spec], engine: str) -> tuple[str, ...]:
        """The models that say why, none where nobody asked. Raises UsageError where none of them can, or the engine."""
        if not self.explain:
            return ()
        from iqa_cli.explaining.explainers import explained

        return explained(specs, engine)

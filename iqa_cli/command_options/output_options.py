"""Where results go, and what becomes of files that are there already: the same in every command that writes rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.shared_options import OUTPUT, Overwrite
from iqa_cli.ground.formats import Format
from iqa_cli.guard import Output, check_not_both, refuse_existing_rows
from iqa_cli.output import Target, choose_targets


@dataclass(frozen=True)
class OutputOptions(OptionGroup):
    """Files to write, and what they may take the place of."""

    output: Annotated[
        list[Path] | None,
        Option(
            "--output",
            "-o",
            help="FILE to write; its suffix gives the format. Repeat it for several in one run; - is stdout.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    resume: Annotated[
        bool,
        Option(
            "--resume",
            help="Keep the rows that the files have already and score the rest, under the same options.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    overwrite: Overwrite = False

    def targets(
        self, format: str | None, stdout_is_tty: bool, known: Mapping[str, Format] | None = None
    ) -> tuple[Target, ...]:
        """What `--format` and each `-o` ask for: see `choose_targets`."""
        check_not_both(self.resume, self.overwrite)
        return choose_targets(format, self.output or (), stdout_is_tty, known)

    def refuse_existing(self, outputs: Mapping[str, Output]) -> None:
        """Raises UsageError for a file that is there, unless it is resumed or may be replaced."""
        refuse_existing_rows(outputs, self.resume, self.overwrite)

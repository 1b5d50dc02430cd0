"""Where results go, and what becomes of files that are there already: the same in every command that writes rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.shared_options import OUTPUT, Overwrite
from iqa_cli.errors import UsageError
from iqa_cli.ground.formats import Format
from iqa_cli.guard import Output, check_not_both, refuse_existing_rows
from iqa_cli.output import Target, choose_targets
from iqa_cli.storage.names import is_url


@dataclass(frozen=True)
class OutputOptions(OptionGroup):
    """Files to write, and what they may take the place of."""

    output: Annotated[
        list[str] | None,
        Option(
            "--output",
            "-o",
            help="FILE to write; its suffix gives the format. Repeat it for several in one run; - is stdout. "
            "iqa score: FOLDER/, also at a URL, takes parts.",
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
        """What `--format` and each `-o` ask for: see `choose_targets`, which raises; a folder and a URL are refused."""
        check_not_both(self.resume, self.overwrite)
        for name in self.output or ():
            if is_url(name) or name.endswith("/"):
                raise UsageError(f"-o {name}: name a file of this machine; parts, in FOLDER/, are of iqa score, alone")
        return choose_targets(format, self.files, stdout_is_tty, known)

    @property
    def files(self) -> list[Path]:
        """Each `-o`, as a file."""
        return [Path(name) for name in self.output or ()]

    def refuse_existing(self, outputs: Mapping[str, Output], reports: Collection[str] = ()) -> None:
        """Raises UsageError for a file that is there, unless it may be replaced or, if none of `reports`, resumed."""
        refuse_existing_rows(outputs, self.resume, self.overwrite, reports)

"""Options of a run in parts: which share of the input it scores, and which folder takes its part."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.output_options import OutputOptions
from iqa_cli.command_options.shared_options import OUTPUT
from iqa_cli.errors import UsageError
from iqa_cli.guard import check_not_both
from iqa_cli.output import ROW_FORMATS
from iqa_cli.parts.destinations import Destination, ToFiles, ToParts
from iqa_cli.parts.shards import Shard
from iqa_cli.storage.names import is_url


@dataclass(frozen=True)
class PartsOptions(OptionGroup):
    """A run of many."""

    shard: Annotated[
        str | None,
        Option(
            "--shard",
            metavar="I/N",
            help="Score share I (from 0) of N, which a part in the folder of -o takes; slurm: those of the task.",
            rich_help_panel=OUTPUT,
        ),
    ] = None

    def destination(self, outputs: OutputOptions, format: str | None, stdout_is_tty: bool) -> Destination:
        """Where rows go: into files, or as a part into a folder.

        A folder is what ends in a slash, what is one already, and with `--shard` whatever `-o` names.

        Raises:
            UsageError: what is asked for does not go together.
        """
        named = outputs.output or []
        folders = [name for name in named if name.endswith("/") or (not is_url(name) and Path(name).is_dir())]
        if self.shard is None and not folders:
            return ToFiles(outputs.targets(format, stdout_is_tty), outputs.resume)
        check_not_both(outputs.resume, outputs.overwrite)
        shard = Shard() if self.shard is None else Shard.parse(self.shard)
        if len(named) != 1:
            why = f"--shard {self.shard}: the part" if self.shard is not None else f"{folders[0]}, for parts,"
            raise UsageError(f"{why} goes to one folder alone: give -o FOLDER/ once, and no other -o")
        suffixes = {known.suffix for known in ROW_FORMATS.values()}
        if not folders and not is_url(named[0]) and (Path(named[0]).exists() or Path(named[0]).suffix in suffixes):
            raise UsageError(f"--shard {self.shard}: -o {named[0]} is a file; a part goes into a folder, -o FOLDER/")
        return ToParts(named[0], shard, format, outputs.resume, outputs.overwrite)

"""The outputs of a run: one for each `-o`, else standard output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.formats import Format
from iqa_cli.output.row_formats import ROW_FORMATS, choose_format
from iqa_cli.tables.report_formats import REPORT_FORMATS


@dataclass(frozen=True)
class Target:
    """One output: its format, and its file or None for stdout."""

    format: str
    path: Path | None = None

    @property
    def streams(self) -> bool:
        """Whether rows are on their way as soon as they are scored; else a table when all is known."""
        return self.format not in REPORT_FORMATS

    @property
    def resumable(self) -> bool:
        """Whether it is a file of rows that a later run can read again; a pipe or a device is none."""
        if self.path is None or (self.path.exists() and not self.path.is_file()):
            return False
        return self.format in ROW_FORMATS and bool(ROW_FORMATS[self.format].reader)


def choose_targets(
    explicit: str | None, outputs: Sequence[Path], stdout_is_tty: bool, known: Mapping[str, Format] | None = None
) -> tuple[Target, ...]:
    """What `--format` and each `-o` ask for; without any file, stdout, which is `-` too.

    Args:
        explicit: `--format`, for one output; several are told by their suffixes.
        outputs: each `-o`.
        stdout_is_tty: whether stdout is a terminal, where a table is meant and no CSV.
        known: the formats there are; those of rows without it.

    Raises:
        UsageError: an unknown format or suffix, a format for several files, or stdout twice.
    """
    if explicit is not None and len(outputs) > 1:
        raise UsageError(f"--format {explicit} cannot stand for several files: leave it out, their suffixes tell")
    paths = [None if str(output) == "-" else output for output in outputs] or [None]
    if paths.count(None) > 1:
        raise UsageError("-: asked for twice; name different files")
    return tuple(Target(choose_format(explicit, path, stdout_is_tty, known), path) for path in paths)


def resumable_files(targets: Sequence[Target]) -> list[Path]:
    """The files of rows that a later run can go on from."""
    return [target.path for target in targets if target.path is not None and target.resumable]


def files_of(targets: Sequence[Target]) -> list[Path]:
    """The files among the outputs."""
    return [target.path for target in targets if target.path is not None]

"""Where a comparison goes: rows as they are scored, tables when all is known, in several files at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from iqa_cli.comparison.compare import Comparison
from iqa_cli.comparison.document import to_document
from iqa_cli.comparison.grids import image_grids, summary_grids
from iqa_cli.errors import UsageError
from iqa_cli.output import FORMATS as OF_SCORE
from iqa_cli.output import Columns, choose_format, open_writer, read_kept
from iqa_cli.output.text import JsonWriter
from iqa_cli.output.writer import Writer
from iqa_cli.records import ModelInfo, Record
from iqa_cli.tables.document import latex_tables, markdown_tables, print_tables
from iqa_cli.terminal import Terminal

TABLES = ("table", "markdown", "latex")
FORMATS = (*OF_SCORE, "markdown", "latex")


@dataclass(frozen=True)
class Target:
    """One output: its format, and its file or None for stdout."""

    format: str
    path: Path | None


def choose_targets(explicit: str | None, outputs: Sequence[Path], stdout_is_tty: bool) -> tuple[Target, ...]:
    """What `--format` and each `-o` ask for; without any file, stdout.

    Raises UsageError for an unknown format or suffix, a folder that is not there, or the same file twice.
    """
    if explicit is not None and len(outputs) > 1:
        raise UsageError(f"--format {explicit} cannot stand for several files: leave it out, their suffixes tell")
    paths = [None if str(output) == "-" else output for output in outputs] or [None]
    if len(set(paths)) < len(paths):
        raise UsageError("the same -o is given twice: name different files")
    for path in paths:
        if path is not None:
            check_folder(path)
    return tuple(Target(choose_format(explicit, path, stdout_is_tty, FORMATS), path) for path in paths)


def check_folder(path: Path) -> None:
    """Raises UsageError for a file in a folder that is not there: it would be found after hours of scoring."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent} to write it to; make it first")


def kept_rows(targets: Sequence[Target], columns: Columns) -> list[Record]:
    """The rows of an earlier run, from the first file of rows. Raises UsageError when there is none."""
    for target in targets:
        if target.path is not None and target.format not in TABLES:
            return read_kept(target.path, target.format, columns)
    raise UsageError(
        "--resume needs -o FILE.csv, .json, .jsonl or .parquet: the rows of an earlier run are read from it"
    )


@contextmanager
def open_rows(
    targets: Sequence[Target],
    columns: Columns,
    meta: Mapping[str, Any],
    models: Sequence[ModelInfo],
    kept: list[Record],
) -> Iterator[list[Writer]]:
    """The writers of all targets that take rows; `kept` come first in each."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(open_writer(target.format, target.path, columns, meta, models, kept))
            for target in targets
            if target.format not in TABLES
        ]


def conclude(found: Comparison, writers: Sequence[Writer]) -> None:
    """Put the comparison into the documents that have a place for it, before they are closed."""
    for writer in writers:
        if isinstance(writer, JsonWriter):
            writer.conclusion["comparison"] = to_document(found)


def write_tables(found: Comparison, targets: Sequence[Target], most: int, terminal: Terminal) -> None:
    """Write the targets that are tables; `most` images of each kind, none in LaTeX, which is for a paper."""
    for target in targets:
        if target.format == "table":
            with _stream(target, terminal) as stream:
                print_tables([*summary_grids(found), *image_grids(found, most)], found.notes, stream)
        elif target.format == "markdown":
            with _stream(target, terminal) as stream:
                stream.write(markdown_tables([*summary_grids(found), *image_grids(found, most)], found.notes))
        elif target.format == "latex":
            with _stream(target, terminal) as stream:
                stream.write(latex_tables(summary_grids(found), found.notes))


def _stream(target: Target, terminal: Terminal) -> AbstractContextManager[TextIO]:
    return nullcontext(terminal.stdout) if target.path is None else target.path.open("w", encoding="utf-8")

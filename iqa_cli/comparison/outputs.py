"""Where a comparison goes: rows as they are scored, tables when all is known, in several files at once."""

from collections.abc import Sequence
from typing import TextIO

from iqa_cli.comparison.compare import Comparison
from iqa_cli.comparison.grids import summary_grids
from iqa_cli.comparison.image_grids import image_grids
from iqa_cli.comparison.targets import Target
from iqa_cli.tables.document import latex_tables, markdown_tables, print_tables
from iqa_cli.terminal import Terminal


def write_tables(found: Comparison, targets: Sequence[Target], most: int, terminal: Terminal) -> bool:
    """Write the targets that are tables; `most` images of each kind, none in LaTeX, which is for a paper.

    A file that cannot be written is told and costs no other. Returns whether all were written.
    """
    written = True
    for target in targets:
        if target.streams:
            continue
        if target.path is None:
            _write_table(found, target.format, most, terminal.stdout)
            continue
        try:
            with target.path.open("w", encoding="utf-8") as stream:
                _write_table(found, target.format, most, stream)
        except OSError as error:
            terminal.error(f"{target.path}: cannot be written ({error.strerror})")
            written = False
    return written


def _write_table(found: Comparison, format: str, most: int, stream: TextIO) -> None:
    if format == "table":
        print_tables([*summary_grids(found), *image_grids(found, most)], found.notes, stream)
    elif format == "markdown":
        stream.write(markdown_tables([*summary_grids(found), *image_grids(found, most)], found.notes))
    else:
        stream.write(latex_tables(summary_grids(found), found.notes))

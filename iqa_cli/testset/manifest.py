"""The list of a test set: which images belong together, and what people would say of them."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.atomic import atomically


@dataclass(frozen=True)
class Row:
    """One distorted image. Paths are relative to the manifest, with forward slashes on every system."""

    reference: str
    distorted: str
    type: str  # KADID-10k's name of it
    level: str
    mos: str  # expected human score, 1 very annoying to 5 imperceptible
    spread: str  # how far the scores of single images scatter around it (not of one image's ratings: that is std)


COLUMNS = tuple(field.name for field in fields(Row))


def read_manifest(path: Path) -> list[Row]:
    """The rows of an earlier run; none when there is no such file.

    Raises:
        UsageError: the file is not a manifest of `iqa distort`.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != COLUMNS:
            raise UsageError(f"{path}: not a manifest of iqa distort, which has the columns {','.join(COLUMNS)}")
        return [Row(*cells) for cells in reader]


def write_manifest(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows; the file is whole at any time."""
    with atomically(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)

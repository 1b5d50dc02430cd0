"""Choices of one's own: a table with columns image_a, image_b and preference."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from iqa_cli.datasets.choices import merged
from iqa_cli.datasets.items import Choice
from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import Finder
from iqa_cli.ground.reading import Table
from iqa_cli.ground.wording import first_few
from iqa_cli.plan.manifests import below, under_our_names
from iqa_cli.records import EMPTY
from iqa_cli.storage.names import folder_of, is_local_file, name_of
from iqa_cli.storage.tables import read_table

PATHS = ("image_a", "image_b")
WORDS = {"a": 0.0, "b": 1.0, "tie": 0.5}


def holds_choices(path: Path, called: Mapping[str, str] = EMPTY) -> bool:
    """Whether a manifest is one of pairs; a pipe, which can be read only once, is not."""
    there = path.is_file() or not is_local_file(name_of(path))
    return there and called.get(PATHS[0], PATHS[0]) in read_table(path, "manifest").columns


def read_choices(path: Path, called: Mapping[str, str] = EMPTY) -> list[Choice]:
    """The pairs of a manifest, rows of the same pair taken together.

    Columns `image_a,image_b,preference`, and if there `reference`, `count`, `type` and `group`; paths are relative to
    the folder of the manifest. The preference is the share of people who preferred `image_b`, 0 to 1, or `a`, `b` or
    `tie`. An empty count is one judgement. `called` has the table's names of columns by ours.

    Raises UsageError when the file cannot be read, a column is missing, or rows are bad.
    """
    table = under_our_names(read_table(path, "manifest"), name_of(path), called)
    missing = [column for column in (*PATHS, "preference") if column not in table.columns]
    if missing:
        raise UsageError(
            f"{path}: line {table.line}: no column {first_few(missing)}; pairs need image_a, image_b and preference"
        )
    rows = list(_rows(table, folder_of(name_of(path))))
    wrong = [row for row in rows if isinstance(row, str)]
    if wrong or not rows:
        raise UsageError(f"{path}: {first_few(wrong, '; ') or 'no rows below the header (add one per pair)'}")
    return merged(row for row in rows if isinstance(row, Choice))


def _rows(table: Table, folder: str) -> Iterator[Choice | str]:
    find = Finder()
    for line, cells in table.rows:
        if isinstance(cells, str):
            yield f"line {line}: {cells}"
            continue
        told = {name: cell.strip() for name, cell in cells.items()}
        try:
            a, b = (Path(below(folder, told[name], find)) for name in PATHS if _filled(name, told))
            if a == b:
                raise ValueError("image_a and image_b are one image")
            reference = Path(below(folder, told["reference"], find)) if told.get("reference") else None
            share, count = _share(told["preference"]), _count(told.get("count", ""))
        except ValueError as error:
            yield f"line {line}: {error}"
            continue
        yield Choice(a, b, reference, share, count, told.get("type", ""), told.get("group", ""))


def _filled(name: str, told: dict[str, str]) -> bool:
    if not told[name]:
        raise ValueError(f"no path under {name}")
    return True


def _share(cell: str) -> float:
    share = WORDS.get(cell.lower())
    if share is None:
        share = _number(cell)
    if not 0 <= share <= 1:
        raise ValueError(f"preference {cell!r}: the share of people who preferred image_b, 0 to 1, or a, b or tie")
    return share


def _count(cell: str) -> float:
    count = _number(cell) if cell else 1.0
    if not 0 < count < math.inf:
        raise ValueError(f"count {cell!r}: how many people were asked, 1 or more")
    return count


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan

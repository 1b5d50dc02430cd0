"""Scores that are there already: what `iqa score` or `iqa eval --keep` wrote, or another toolkit's CSV."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.plan.tables import read_table
from iqa_cli.plan.wording import counted, first_few
from iqa_cli.registry import names

KNOWN = ("image", "reference", "mos", "type", "group", "dataset")


@dataclass(frozen=True)
class ScoreTable:
    """The rows of one or several files under our names of the columns, and the models among these.

    `file` names the files in messages, `name` is that of the first without folder and suffix.
    """

    file: str
    name: str
    models: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]

    def scores(self, model: str, skip_bad: bool) -> dict[str, float]:
        """Scores by image, as the files name it; NaN for an empty cell, as of an image that failed.

        Raises UsageError when a cell is no number or, without `skip_bad`, an image has several rows:
        with it the first counts.
        """
        cells = [(row["image"], row[model]) for row in self.rows if model in row]
        repeated = [image for image, count in Counter(image for image, _ in cells).items() if count > 1]
        if repeated and not skip_bad:
            raise UsageError(
                f"{self.file}: {counted(len(repeated), 'image')} with several scores of {model} "
                f"({first_few(repeated, limit=3)}); keep one row each, or take the first: --skip-bad"
            )
        return {image: self.number(model, cell) for image, cell in reversed(cells)}

    def number(self, column: str, cell: str) -> float:
        """A cell as a number, NaN where it is empty. Raises UsageError when it is none."""
        try:
            return float(cell) if cell.strip() else nan
        except ValueError:
            raise UsageError(f"{self.file}: {cell!r} under {column} is no number") from None


def read_score_files(paths: Sequence[Path], columns: Mapping[str, str], models: Sequence[str] = ()) -> ScoreTable:
    """All rows of CSV or JSON Lines files, one below the other.

    Args:
        paths: the files.
        columns: their names of columns by ours: image, reference, mos, type, group, dataset, or a model.
        models: those wanted; when empty, all that `columns` names, and all of `iqa models` that are there.

    Raises UsageError when a file cannot be read, or the images or a model are in none of its columns.
    """
    rows = [row for path in paths for row in _read(path, columns)]
    present = list(dict.fromkeys(column for row in rows for column in row))
    wanted = models or [name for name in present if name not in KNOWN and (name in columns or name in names())]
    file = first_few(paths)
    missing = [name for name in wanted if name not in present]
    if missing or not wanted:
        raise UsageError(
            f"{file}: no column {first_few(missing) or 'of a model'}, only {first_few(present, limit=12)}; "
            "say which it is, for example --column iqt=NAME"
        )
    return ScoreTable(file, paths[0].stem, tuple(wanted), tuple(rows))


def _read(path: Path, columns: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of one file, renamed."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            table = read_table(file, str(path))
            rows = list(table.rows)
    except OSError as error:
        raise UsageError(f"{path}: cannot read these scores ({error.strerror}); check the path") from error
    broken = [f"line {line}: {cells}" for line, cells in rows if isinstance(cells, str)]
    if broken:
        raise UsageError(f"{path}: {first_few(broken, '; ')}")
    # `iqa score` calls the image of a pair distorted.
    theirs = {"image": "distorted" if "distorted" in table.columns else "image", **columns}
    if theirs["image"] not in table.columns:
        found = first_few(table.columns, limit=12)
        raise UsageError(f"{path}: no column {theirs['image']}, only {found}; name it: --column image=NAME")
    # A column of the file that has one of our names, but is not the one meant, is dropped.
    ours = {name: name for name in table.columns if name not in theirs} | {name: our for our, name in theirs.items()}
    return [{ours[name]: cell for name, cell in cells.items() if name in ours} for _, cells in rows]

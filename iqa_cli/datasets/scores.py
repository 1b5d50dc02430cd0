"""Score tables of no fixed form: the official sheets of IVC and Toyama could not be confirmed."""

import re
from collections.abc import Iterable
from pathlib import Path

from iqa_cli.datasets.files import find_all
from iqa_cli.datasets.labels import read_xlsx
from iqa_cli.errors import UsageError

FORMS = "*.xlsx or *.csv or *.txt"
IMAGE = re.compile(r".+\.(bmp|png|jpe?g|tiff?)", re.IGNORECASE)


def read_scores(root: Path) -> dict[str, float]:
    """Score by image name (lower case), from the first table under `root` that has any.

    A row counts when one cell names an image file; its score is the first number after that cell.
    Cells are parted by commas, semicolons or blanks.

    Raises UsageError when no table names an image, MissingExtraError for .xlsx without openpyxl.
    """
    for form in FORMS.split(" or "):
        for table in find_all(root, form):
            scores = dict(filter(None, map(_name_and_score, _rows(table))))
            if scores:
                return scores
    raise UsageError(
        f"{root}: no {FORMS} here with an image name and its score in a row; save the published sheet as one"
    )


def _rows(table: Path) -> Iterable[list[str]]:
    if table.suffix.lower() == ".xlsx":
        sheet = read_xlsx(table, header=None)
        return ([str(cell) for cell in row] for row in sheet.itertuples(index=False))
    return (re.split(r"[,;\s]+", line.strip()) for line in table.read_text(errors="replace").splitlines())


def _name_and_score(cells: list[str]) -> tuple[str, float] | None:
    position = next((number for number, cell in enumerate(cells) if IMAGE.fullmatch(cell)), None)
    if position is None:
        return None
    numbers = (_number(cell) for cell in cells[position + 1 :])
    score = next((number for number in numbers if number is not None), float("nan"))
    return re.split(r"[/\\]", cells[position])[-1].lower(), score


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None

"""Label files as they are published: .csv, .xlsx, .mat and text, and sheets of no fixed form."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from iqa_cli.datasets.layout import find_all
from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.ground.filenames import name_key
from iqa_cli.ground.reading import decoded, good_rows
from iqa_cli.storage.tables import read_cells, read_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FORMS = "*.xlsx or *.csv or *.txt"
IMAGE = re.compile(r".+\.(bmp|png|jpe?g|tiff?)", re.IGNORECASE)


def read_labels(path: Path, *columns: str) -> "pd.DataFrame":
    """A CSV file or the first sheet of a workbook, as text, with its column names stripped and in lower case.

    Raises UsageError when one of `columns` is not among them, MissingExtraError for a workbook without openpyxl.
    """
    import pandas as pd

    table = read_table(path, "label file")
    return _with_columns(pd.DataFrame(good_rows(table, str(path)), columns=table.columns), path, columns)


def read_sheet(path: Path, *columns: str, **options) -> "pd.DataFrame":
    """A sheet of a workbook like `read_labels`; `options` are those of pandas.read_excel."""
    import pandas as pd

    try:
        frame = pd.read_excel(path, **options)
    except ImportError as error:
        raise MissingExtraError("reading a spreadsheet", "datasets") from error
    return _with_columns(frame, path, columns)


def read_text_lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank, without a byte order mark."""
    text = decoded(path.read_bytes(), str(path)).removeprefix("\ufeff")
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_mat(path: Path, name: str) -> "np.ndarray":
    """One variable of a MATLAB file as a vector. Raises UsageError when there is none of that name."""
    import scipy.io

    variables = scipy.io.loadmat(path)
    if name not in variables:
        found = ", ".join(key for key in variables if not key.startswith("__"))
        raise UsageError(f"{path}: no variable {name} in it, only {found}; take the file as it was published")
    return variables[name].ravel()


def read_mat_names(path: Path, name: str) -> list[str]:
    """File names from a cell array, or from a matrix of characters, which MATLAB pads with blanks."""
    import numpy as np

    return [str(np.ravel(cell)[0]).strip() for cell in read_mat(path, name)]


def numbers(column: "pd.Series") -> list[float]:
    """A column as floats, NaN for what is no number."""
    import pandas as pd

    return pd.to_numeric(column, errors="coerce").astype(float).tolist()


def names(column: "pd.Series") -> list[str]:
    """A column of file names, without quotes and blanks around them."""
    return [str(name).strip().strip("'\"") for name in column]


def parts(pattern: re.Pattern[str], name: str) -> tuple[str, ...]:
    """The groups of a file name that tells reference, type and level. Raises ValueError for an odd one."""
    match = pattern.fullmatch(name)
    if match is None:
        raise ValueError(f"odd image name {name!r}")
    return match.groups()


def _with_columns(frame: "pd.DataFrame", path: Path, columns: tuple[str, ...]) -> "pd.DataFrame":
    frame.columns = [str(column).strip().strip("'\"").lower() for column in frame.columns]
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        found = ", ".join(frame.columns)
        raise UsageError(
            f"{path}: no column {', '.join(missing)} in it, only {found}; take the file as it was published"
        )
    return frame


def read_scores(root: Path) -> dict[str, float]:
    """Score by image name (lower case), from the first table under `root` that has any.

    The official sheets of IVC and Toyama could not be confirmed, so any form will do.
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
        return read_cells(table)
    return (re.split(r"[,;\s]+", line) for line in read_text_lines(table))


def _name_and_score(cells: list[str]) -> tuple[str, float] | None:
    position = next((number for number, cell in enumerate(cells) if IMAGE.fullmatch(cell)), None)
    if position is None:
        return None
    numbers = (_number(cell) for cell in cells[position + 1 :])
    score = next((number for number in numbers if number is not None), float("nan"))
    return name_key(re.split(r"[/\\]", cells[position])[-1], any_case=True), score


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None

"""Label files as they are published: .csv, .xlsx and .mat."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from iqa_cli.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def read_csv(path: Path, *columns: str) -> "pd.DataFrame":
    """A CSV file with its column names stripped and in lower case.

    Raises UsageError when one of `columns` is not among them.
    """
    import pandas as pd

    return _with_columns(pd.read_csv(path, skipinitialspace=True, encoding="utf-8-sig"), path, columns)


def read_xlsx(path: Path, *columns: str, **options) -> "pd.DataFrame":
    """A sheet of a workbook like `read_csv`; `options` are those of pandas.read_excel.

    Raises UsageError when one of `columns` is missing, MissingExtraError when openpyxl is.
    """
    import pandas as pd

    try:
        frame = pd.read_excel(path, **options)
    except ImportError as error:
        raise MissingExtraError("reading a spreadsheet", "datasets") from error
    return _with_columns(frame, path, columns)


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

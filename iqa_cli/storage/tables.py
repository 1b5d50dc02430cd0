"""Tables by name: manifests, score files, baselines and lists, here, in a tar or at a URL.

What a table looks like is told in `ground.reading`.
"""

import os

from iqa_cli.errors import UsageError
from iqa_cli.ground.reading import Table, cells_in, table_in
from iqa_cli.storage.access import read_bytes
from iqa_cli.storage.names import name_of

StrPath = str | os.PathLike[str]


def read_table(name: StrPath, what: str = "table") -> Table:
    """The table of that name, which is read once, so that it may be a pipe; `what` is its name in a message.

    Raises:
        UsageError: it cannot be read, is empty or no table, or has two columns of one name.
        MissingExtraError: a spreadsheet without openpyxl, Parquet without pyarrow, a URL without what reads it.
    """
    return table_in(_bytes(name, what), name_of(name))


def read_cells(name: StrPath, what: str = "list") -> list[list[str]]:
    """The rows of a table without header, such as a list of names. Raises like `read_table`."""
    return cells_in(_bytes(name, what), name_of(name))


def _bytes(name: StrPath, what: str) -> bytes:
    try:
        return read_bytes(name_of(name))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{name_of(name)}: cannot read this {what} ({reason}); check the path") from error

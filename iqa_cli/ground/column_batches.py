"""Rows as columns, in the containers that engines of data hand over: mappings, pandas frames, Arrow tables and batches.

No library of these is imported: a batch tells by itself what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import escaped

Numbers = Mapping[str, Sequence[float | None]]
Texts = Mapping[str, Sequence[str | None]]
KINDS = "a mapping of columns, a pandas frame, an Arrow table or record batch"


def names_in(batch: Any) -> list[str]:
    """The names of its columns, in order.

    Raises:
        UsageError: it is none of these containers.
    """
    if isinstance(batch, Mapping):
        return list(batch)
    if _is_pandas(batch):
        return list(batch.columns)
    if _is_arrow(batch):
        return list(batch.schema.names)
    raise UsageError(f"{type(batch).__name__} is no batch here: give {KINDS}")


def rows_of(batch: Any, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """What each row has in these columns, as Python has it.

    Raises:
        UsageError: there is no such column, one of them has cells with a shape, or columns of the batch differ in
            length.
    """
    columns = [_cells(batch, name) for name in names]
    lengths = {name: len(cells) for name, cells in zip(names, columns, strict=True)}
    if isinstance(batch, Mapping):
        lengths |= {name: len(cells) for name, cells in batch.items() if hasattr(cells, "__len__")}
    first = lengths[names[0]]
    if other := next((name for name, length in lengths.items() if length != first), None):
        told = f"{first} of {names[0]!r} and {lengths[other]} of {other!r}"
        raise UsageError(f"columns of a batch have as many rows each: there are {told}")
    return list(zip(*columns, strict=True))


def _cells(batch: Any, name: str) -> list[Any]:
    names = names_in(batch)
    if name not in names:
        raise UsageError(f"the batch has no column {name!r}, but {', '.join(map(repr, names)) or 'none at all'}")
    column = batch[name]
    if getattr(column, "ndim", 1) != 1:
        raise UsageError(f"column {name!r} has arrays of shape {column.shape[1:]}: give names of files or their bytes")
    if _is_arrow(batch):
        return column.to_pylist()
    return column.tolist() if hasattr(column, "tolist") else list(column)


def check_free(batch: Any, names: Iterable[str]) -> None:
    """Raises UsageError where a batch has a column already that is called like one to come."""
    there = names_in(batch)
    for name in names:
        if name in there:
            raise UsageError(f"the batch has a column {name!r} already: rename or drop it, what is added is called so")


def with_columns(batch: Any, numbers: Numbers, texts: Texts) -> Any:
    """A batch of the same kind with these columns after its own; it stays as it was.

    Args:
        batch: a container of `names_in`.
        numbers: float64 columns; where there is no number they have null, in arrays and frames NaN.
        texts: columns of text or nothing.
    """
    if _is_arrow(batch):
        return _with_arrow(batch, numbers, texts)
    if isinstance(batch, Mapping) and not any(isinstance(column, np.ndarray) for column in batch.values()):
        return {**batch, **{name: list(cells) for name, cells in {**numbers, **texts}.items()}}
    more: dict[str, np.ndarray] = {name: np.array(cells, np.float64) for name, cells in numbers.items()}
    more |= {name: np.array(cells, object) for name, cells in texts.items()}
    if isinstance(batch, Mapping):
        return {**batch, **more}
    # Of nothing but None, or of no cell at all, pandas would make another kind of column than of texts.
    kind = type(batch)([""], columns=["text"]).dtypes["text"]
    return batch.assign(**more).astype(dict.fromkeys(texts, kind))


def _with_arrow(batch: Any, numbers: Numbers, texts: Texts) -> Any:
    import pyarrow as pa

    whole = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    for name, numeric in numbers.items():
        whole = whole.append_column(name, pa.array(numeric, pa.float64()))
    for name, cells in texts.items():
        utf8 = [None if cell is None else escaped(cell) for cell in cells]
        whole = whole.append_column(name, pa.array(utf8, pa.string()))
    if not isinstance(batch, pa.RecordBatch):
        return whole
    columns = [column.combine_chunks() for column in whole.columns]
    return pa.RecordBatch.from_arrays(columns, schema=whole.schema)


def _is_pandas(batch: Any) -> bool:
    return hasattr(batch, "iloc") and hasattr(batch, "assign")


def _is_arrow(batch: Any) -> bool:
    return hasattr(batch, "schema") and hasattr(batch, "to_pylist")

"""Scores without an end: PSNR of an image equal to its reference.

Such a score is first in every order and a win, but has no place in a mean. A method equal to the reference on every
image has an infinite mean and leads; of the others, an image on which any is infinite is left out of all means.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from iqa_cli.ground.wording import counted
from iqa_cli.records import ModelInfo
from iqa_cli.statistics.method_ranking import MethodSummary, summarise_methods, wins

UNDEFINED = MethodSummary("", 0, nan, nan, nan, nan, 0, nan, nan, nan, nan, nan)

Table = NDArray[np.float64]  # (methods, images)


def turned(table: Table, higher_is_better: bool) -> Table:
    """Scores turned so that higher is better, an infinite one just above all others; NaN stays."""
    finite = table[np.isfinite(table)]
    bounded = np.where(np.isinf(table), finite.max(initial=0.0) + 1, table)
    return bounded if higher_is_better else -bounded


def spread(table: Table) -> NDArray[np.float64]:
    """How far apart the methods are on each image (images,): 0 where all are equal, infinite where only some are."""
    high, low = table.max(axis=0), table.min(axis=0)
    return np.subtract(high, low, out=np.zeros_like(high), where=high != low)


def summaries(
    methods: Sequence[str], table: Table, higher_is_better: bool, resamples: int, seed: int
) -> tuple[MethodSummary, ...]:
    """As `summarise_methods`, in the order of `methods`, where scores may be infinite. NaN where nothing is left."""
    endless, usable = _endless(table)
    finite = {name: table[k, usable] for k, name in enumerate(methods) if not endless[k]}
    rows = {name: replace(UNDEFINED, method=name) for name in methods}
    if finite and usable.any():
        for row in summarise_methods(finite, higher_is_better, resamples=resamples, seed=seed):
            rows[row.method] = replace(row, rank=row.rank + int(endless.sum()))
    for name in compress(methods, endless):
        rows[name] = replace(rows[name], images=table.shape[1], mean=inf, rank=1)
    won = wins(dict(zip(methods, turned(table, higher_is_better), strict=True)))
    return tuple(replace(row, wins=won[name]) for name, row in rows.items())


def where(images: int, planned: int) -> str:
    """On which images something holds: on all that were to be compared, or on those that had every score."""
    return "every image" if images >= planned else f"the {images} of {counted(planned, 'image')} compared"


def notes(model: ModelInfo, methods: Sequence[str], table: Table, planned: int = 0) -> Iterator[str]:
    """What a reader of the means must know of one model; `planned` images were to be compared."""
    on = where(table.shape[1], planned)
    endless, usable = _endless(table)
    for name in compress(methods, endless):
        yield f"{name}: equal to the reference on {on}, so {model.name} is infinite and p compares the others"
    if not usable.all():
        yield f"{model.name}: {counted(int((~usable).sum()), 'image')} with an infinite score count as wins, in no mean"


def _endless(table: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Methods that are infinite throughout, and images on which all the others are finite."""
    endless = np.asarray(np.isinf(table).all(axis=1))
    return endless, np.asarray(np.isfinite(table[~endless]).all(axis=0))

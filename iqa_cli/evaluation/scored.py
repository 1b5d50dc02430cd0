"""Sources with the scores of every model, and how these are read from score files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from iqa_cli.datasets import DATASETS, Item
from iqa_cli.errors import UsageError
from iqa_cli.evaluation.matching import match
from iqa_cli.evaluation.score_files import ScoreTable
from iqa_cli.evaluation.sources import Source
from iqa_cli.plan.wording import counted, first_few
from iqa_cli.registry import SPECS


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores (images,) by model, in the model's own units and direction.

    NaN where an image failed, infinite where a model says so (PSNR of identical images).
    """

    source: Source
    scores: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class ScoreSet:
    """The scores of the same models on every source, the direction of each model, and how they were made.

    `failed` counts images that could not be scored in this run.
    """

    scored: tuple[Scored, ...]
    higher_is_better: Mapping[str, bool]
    meta: Mapping[str, Any]
    failed: int = 0


def scores_from_files(
    sources: Sequence[Source], table: ScoreTable, lower_is_better: Sequence[str], skip_bad: bool
) -> ScoreSet:
    """What score files say of the sources; a model is turned as `iqa models` says, or `lower_is_better`.

    Raises UsageError when file names are ambiguous, a source has no row, not all its images have one
    (without `skip_bad`), or `lower_is_better` names no model of the files.
    """
    strangers = [model for model in lower_is_better if model not in table.models]
    if strangers:
        raise UsageError(f"--lower-is-better {strangers[0]}: not among the models {', '.join(table.models)}")
    published = {spec.name: spec.higher_is_better for spec in SPECS}
    directions = {m: m not in lower_is_better and published.get(m, True) for m in table.models}
    scored = tuple(_with_scores(source, table, skip_bad) for source in sources)
    return ScoreSet(scored, directions, {"files": table.file})


def sources_in(table: ScoreTable) -> list[Source]:
    """The rated images that the files name themselves: columns mos and, if there, reference, type, group, dataset.

    Raises UsageError when a row has no column mos, or it is no number.
    """
    if any("mos" not in row for row in table.rows):
        raise UsageError(
            f"{table.file}: no column mos; say where the labels are: --dataset NAME --root DIR, --manifest FILE, "
            "or --column mos=NAME"
        )
    by_dataset: dict[str, list[Item]] = {}
    for row in table.rows:
        by_dataset.setdefault(row.get("dataset") or table.name, []).append(_item(row, table))
    return [_source(name, items) for name, items in by_dataset.items()]


def _with_scores(source: Source, table: ScoreTable, skip_bad: bool) -> Scored:
    """The images of a source that have a row for every model."""
    columns = {}
    for model in table.models:
        scores = table.scores(model, skip_bad)
        places = match([item.image for item in source.items], list(scores))
        values = list(scores.values())
        columns[model] = [None if place is None else values[place] for place in places]
    has_row = [None not in row for row in zip(*columns.values(), strict=True)]
    without = [str(item.image) for item, there in zip(source.items, has_row, strict=True) if not there]
    if without:
        told = f"{counted(len(without), 'image')} of {source.name} without a score ({first_few(without, limit=3)})"
        if len(without) == len(source.items) or not skip_bad:
            raise UsageError(f"{table.file}: {told}; score the rest too, or leave out the images: --skip-bad")
        items = tuple(item for item, there in zip(source.items, has_row, strict=True) if there)
        source = replace(source, items=items, notes=(*source.notes, f"skipped: {told}"))
    kept = {model: np.array(column, dtype=np.float64)[has_row] for model, column in columns.items()}
    return Scored(source, kept)


def _source(name: str, items: Iterable[Item]) -> Source:
    dataset = DATASETS.get(name)
    return Source(name, dataset.title if dataset else name, tuple(items), dataset)


def _item(row: Mapping[str, str], table: ScoreTable) -> Item:
    image, reference = row["image"], row.get("reference")
    return Item(
        image=Path(image),
        reference=Path(reference) if reference else None,
        mos=table.number("mos", row["mos"]),
        type=row.get("type", ""),
        group=row.get("group") or reference or image,
    )

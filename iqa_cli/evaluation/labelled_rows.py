"""The rated images that score files name themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path

from iqa_cli.datasets import DATASETS, Dataset, Item
from iqa_cli.errors import UsageError
from iqa_cli.evaluation.frame_means import rated_as_files
from iqa_cli.evaluation.rated import Source
from iqa_cli.evaluation.score_files import ScoreTable
from iqa_cli.ground.csv_text import as_number
from iqa_cli.ground.filenames import path_parts
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.records import LABELS


def sources_in(table: ScoreTable) -> list[Source]:
    """The rated images that the files name themselves: columns mos and, if there, reference, type, group, dataset.

    Files that have scores of other models each tell the labels again. A public dataset, with its scale and perhaps
    secret labels, is one that the column names: a file may be called as one and hold anything.

    Raises UsageError when a row has no column mos, or it is no number, or files tell an image's labels differently.
    """
    if any("mos" not in row for row in table.rows):
        raise UsageError(
            f"{table.file}: no column mos; say where the labels are: --dataset NAME --root DIR, --manifest FILE, "
            "or --column mos=NAME"
        )
    by_dataset: dict[str, list[Item]] = {}
    for row in rated_as_files(_joined(table)):
        by_dataset.setdefault(row.get("dataset") or table.name, []).append(_item(row, table))
    told = {row.get("dataset") for row in table.rows}
    return [_source(name, items, DATASETS.get(name) if name in told else None) for name, items in by_dataset.items()]


def _joined(table: ScoreTable) -> list[Mapping[str, str]]:
    """The rows, where those of one image are one that each have scores of other models; cells of the first count.

    An image is the same by its path, however that is spelt, and its dataset: a row that names none, as of `iqa score`,
    is of the one dataset that has the image. Rows of one image with scores of the same model stay: it is listed twice.
    """
    rows: dict[tuple[str, tuple[str, ...]], Mapping[str, str]] = {}
    repeated, differing = list[Mapping[str, str]](), dict[str, str]()
    for row, path in _with_datasets(table.rows):
        first = rows.setdefault((row["dataset"], path), row)
        if first is row:
            continue
        if any(model in first and model in row for model in table.models):
            repeated.append({**row, "image": first["image"]})
            continue
        for name in LABELS:
            here, there = first.get(name, ""), row.get(name, "")
            if here and there and as_number(here) != as_number(there):
                differing.setdefault(row["image"], f"{row['image']}: {name} {here} and {there}")
        rows[row["dataset"], path] = {**row, **{name: cell for name, cell in first.items() if cell}}
    if differing:
        raise UsageError(
            f"{table.file}: {counted(len(differing), 'image')} with other labels in one file than in another "
            f"({first_few(list(differing.values()), limit=3)}); say which are right: --manifest FILE, "
            "or --dataset NAME --root DIR"
        )
    return [*rows.values(), *repeated]


def _with_datasets(rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[Mapping[str, str], tuple[str, ...]]]:
    """Each row with its dataset, empty where nothing tells of one, and the parts of its image's path."""
    paths = [path_parts(row["image"]) for row in rows]
    told: dict[tuple[str, ...], set[str]] = {}
    for row, path in zip(rows, paths, strict=True):
        if row.get("dataset"):
            told.setdefault(path, set()).add(row["dataset"])
    for row, path in zip(rows, paths, strict=True):
        datasets = {row["dataset"]} if row.get("dataset") else told.get(path, set())
        yield {**row, "dataset": next(iter(datasets)) if len(datasets) == 1 else ""}, path


def _source(name: str, items: Iterable[Item], dataset: Dataset | None) -> Source:
    return Source(name, dataset.title if dataset else name, tuple(items), dataset)


def _item(row: Mapping[str, str], table: ScoreTable) -> Item:
    image, reference = row["image"], row.get("reference")
    return Item(
        image=Path(image),
        reference=Path(reference) if reference else None,
        mos=table.number("mos", row["mos"]),
        std=_known(table.number("std", row.get("std", ""))),
        type=row.get("type", ""),
        group=row.get("group") or reference or image,
        count=_known(table.number("count", row.get("count", ""))),
    )


def _known(number: float) -> float | None:
    return None if isnan(number) else number

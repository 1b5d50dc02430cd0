"""`iqa eval --list`: the datasets that can be read, and all there is to know of one."""

import sys
from collections.abc import Sequence

from iqa_cli.datasets import DATASETS, Dataset, find_dataset
from iqa_cli.tables.listing import Listing, print_facts, print_listing


def print_datasets(names: Sequence[str]) -> None:
    """A line each of all datasets; of those named everything: files, page, terms, what could not be confirmed."""
    if not names:
        print_listing(_listing(), sys.stdout)
    for place, name in enumerate(names):
        sys.stdout.write("\n" * bool(place))
        print_facts(_facts(find_dataset(name)), sys.stdout)


def _listing() -> Listing:
    rows = tuple(
        (dataset.name, str(dataset.images), _references(dataset), _score(dataset), _better(dataset), dataset.page)
        for dataset in DATASETS.values()
    )
    columns = ("dataset", "images", "references", "score", "better", "page")
    after = ("", "iqa eval --list --dataset NAME: files, page and terms of one")
    return Listing(columns, (("", rows),), right=(1, 2), piped=1, after=after)


def _facts(dataset: Dataset) -> list[tuple[str, str]]:
    better = f", {_better(dataset)} is better" if _better(dataset) else ""
    facts = [
        ("dataset", f"{dataset.name} ({dataset.title})"),
        ("images", str(dataset.images)),
        ("references", _references(dataset)),
        ("score", _score(dataset) + better),
        ("files", ", ".join(dataset.files)),
        ("page", dataset.page),
        ("terms", dataset.terms),
    ]
    return [*facts, ("note", dataset.note)] if dataset.note else facts


def _references(dataset: Dataset) -> str:
    return str(dataset.references or "none")


def _score(dataset: Dataset) -> str:
    if dataset.low is None:
        return dataset.score
    return f"{dataset.score} {dataset.low:.4g} to {dataset.high:.4g}"


def _better(dataset: Dataset) -> str:
    if dataset.low is None:
        return ""
    return "higher" if dataset.higher_is_better else "lower"

"""`iqa eval --list`: the datasets that are known, where to get them and on what terms."""

from typing import TextIO

from rich import box
from rich.table import Table

from iqa_cli.datasets import DATASETS
from iqa_cli.terminal import open_console


def print_datasets(stream: TextIO) -> None:
    """A table of sizes and scores; below it page, terms and what could not be confirmed of each layout."""
    table = Table("name", box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("images", "references"):
        table.add_column(heading, justify="right")
    for heading in ("score", "better"):
        table.add_column(heading)
    for dataset in DATASETS.values():
        rated = dataset.low is not None
        score = f"{dataset.score} {dataset.low:.4g} to {dataset.high:.4g}" if rated else dataset.score
        better = ("higher" if dataset.higher_better else "lower") if rated else ""
        table.add_row(dataset.name, str(dataset.images), str(dataset.references or "none"), score, better)
    console = open_console(stream)
    console.print(table)
    for dataset in DATASETS.values():
        note = f" ({dataset.note})" if dataset.note else ""
        # Pages stay whole, to be opened by a click.
        console.print(
            f"{dataset.name}: {dataset.page}  {dataset.terms}{note}", soft_wrap=True, markup=False, highlight=False
        )

"""The Krasula analysis as tables, tidy rows and JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from iqa_cli.evaluation.difference_grids import difference_grid
from iqa_cli.evaluation.report import DatasetReport
from iqa_cli.ground.wording import counted
from iqa_cli.statistics.krasula import Krasula
from iqa_cli.tables.grid import Cell, Column, Grid, interval_text, marks, numbers

HEADINGS = {"auc_different": "AUC different/similar", "auc_better": "AUC better/worse", "c0": "Correct (C0)"}
SHORT = {"auc_different": "AUC d/s", "auc_better": "AUC b/w", "c0": "C0"}


def krasula_grids(dataset: DatasetReport) -> Iterator[Grid]:
    """One row a model, and one a pair of models; nothing where there is no analysis."""
    found = dataset.krasula
    if found is None:
        return
    rows = found.rows.values()
    columns = [(Column("Model", numeric=False), [Cell(model) for model in found.rows])]
    for statistic, heading in HEADINGS.items():
        values = [row.values[statistic] for row in rows]
        asides = [interval_text(*row.intervals[statistic]) for row in rows]
        columns.append((Column(heading, True), numbers(values, asides=asides, marked=marks(values))))
    title = f"{dataset.title}: pairs of images"
    yield Grid.of(title, _caption(found), columns)
    differences = difference_grid(title, found.differences, SHORT, "z test after DeLong, McNemar's exact test for C0")
    if differences:
        yield differences


def krasula_rows(dataset: DatasetReport) -> Iterator[tuple]:
    """One statistic a row, of the part "krasula"; n counts pairs of images."""
    if dataset.krasula is not None:
        for model, row in dataset.krasula.rows.items():
            for statistic, value in row.values.items():
                pairs = dataset.krasula.different if statistic != "auc_different" else dataset.krasula.pairs
                yield (dataset.name, model, "krasula", "all", pairs, statistic, value, *row.intervals[statistic])


def krasula_document(dataset: DatasetReport) -> Mapping[str, Any] | None:
    """Everything, None where there is no analysis."""
    found = dataset.krasula
    if found is None:
        return None
    measures = {
        model: {
            statistic: dict(zip(("value", "low", "high"), (value, *row.intervals[statistic]), strict=True))
            for statistic, value in row.values.items()
        }
        for model, row in found.rows.items()
    }
    return {
        "pairs": found.pairs,
        "all_pairs": found.all_pairs,
        "different": found.different,
        "models": measures,
        "differences": [vars(pair) for matrix in found.differences for pair in matrix.pairs],
    }


def _caption(found: Krasula) -> str:
    drawn = "" if found.pairs == found.all_pairs else f" drawn of {found.all_pairs}"
    return (
        f"{counted(found.pairs, 'pair')} of images{drawn}: {found.different} differ for people, "
        f"{found.pairs - found.different} are similar (z test of ITU-T J.149, one-sided 5 %). "
        "AUC by the difference of scores; C0: of different pairs, those in which the better image scores higher. "
        "In brackets 95 % intervals after DeLong, and Wilson's of C0; they take the pairs for independent, which share "
        "images, and are too narrow."
    )

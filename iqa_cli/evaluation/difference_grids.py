"""The table of differences between models, whatever they are measured in."""

from collections.abc import Mapping, Sequence

from iqa_cli.evaluation import captions
from iqa_cli.statistics.differences import Difference, DifferenceMatrix
from iqa_cli.tables.grid import SIGNIFICANT, Cell, Column, Grid, interval_text, number, p_text


def difference_grid(
    title: str, differences: Sequence[DifferenceMatrix], headings: Mapping[str, str], test: str = captions.BOOTSTRAP
) -> Grid | None:
    """One row a pair of models: each statistic with difference, interval and p; None for a single model.

    Args:
        title: of the dataset.
        differences: by statistic.
        headings: of the statistics.
        test: what the interval and p come from.
    """
    if not differences:
        return None
    pairs = differences[0].pairs
    columns = [
        (Column("First", numeric=False), [Cell(pair.first) for pair in pairs]),
        (Column("Second", numeric=False), [Cell(pair.second) for pair in pairs]),
    ]
    for matrix in differences:
        columns.append((Column(f"Δ {headings[matrix.statistic]}"), [_difference(pair) for pair in matrix.pairs]))
        columns.append((Column("p"), [Cell(p_text(pair.p_holm)) for pair in matrix.pairs]))
    return Grid.of(f"{title}: differences", captions.differences_caption(len(pairs), test), columns)


def _difference(pair: Difference) -> Cell:
    star = "*" if pair.p_holm < SIGNIFICANT else ""
    return Cell(number(pair.difference, sign="+") + star, interval_text(pair.low, pair.high))

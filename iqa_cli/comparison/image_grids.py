"""The tables that send a reader to single images: where methods differ, and where each is worst."""

from collections.abc import Iterator

import numpy as np

from iqa_cli.comparison.compare import Comparison
from iqa_cli.comparison.grids import decimals, score_cells
from iqa_cli.comparison.infinite import spread
from iqa_cli.ground.wording import counted
from iqa_cli.records import ModelInfo
from iqa_cli.tables.grid import Cell, Column, Grid, numbers


def image_grids(found: Comparison, most: int) -> Iterator[Grid]:
    """For each model the images where methods differ most, and the worst of each method; none of a single image."""
    if not found.single and most:
        for model in found.models:
            if len(found.methods) > 1:
                yield _differing(found, model, most)
            yield _worst(found, model, most)


def _differing(found: Comparison, model: ModelInfo, most: int) -> Grid:
    table = found.scores[model.name]
    apart = spread(table)
    places = np.argsort(-apart, kind="stable")[:most]
    by_image = [score_cells(table[:, place], model) for place in places]
    columns = [(Column("Image", numeric=False), [Cell(found.groups[place]) for place in places])]
    columns += [(Column(name), [cells[k] for cells in by_image]) for k, name in enumerate(found.methods)]
    columns.append((Column("Spread"), numbers(apart[places], decimals(model))))
    caption = f"The {len(places)} of {counted(len(found.groups), 'image')} with the largest spread between methods"
    return Grid.of(f"{model.name}: where methods differ most", f"{caption}. Bold: the best of a row.", columns)


def _worst(found: Comparison, model: ModelInfo, most: int) -> Grid:
    table, towards = found.scores[model.name], found.towards_best(model)
    rows = [(k, place) for k in range(len(found.methods)) for place in np.argsort(towards[k], kind="stable")[:most]]
    columns = [
        (Column("Method", numeric=False), [Cell(found.methods[k]) for k, _ in rows]),
        (Column("Image", numeric=False), [Cell(found.groups[place]) for _, place in rows]),
        (Column(model.name, model.higher_is_better), numbers([table[row] for row in rows], decimals(model))),
    ]
    each = min(most, len(found.groups))
    sections = [each * k for k in range(1, len(found.methods))]
    return Grid.of(f"{model.name}: the worst of each method", "The worst first.", columns, sections)

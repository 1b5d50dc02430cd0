"""The tables of a comparison, not yet written in any format: for a paper, and to find single images by."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, isinf, isnan, nan
from typing import Any

import numpy as np

from iqa_cli.comparison.findings import Comparison
from iqa_cli.comparison.infinite import spread
from iqa_cli.ground.wording import counted
from iqa_cli.records import ModelInfo
from iqa_cli.statistics.method_ranking import MethodSummary
from iqa_cli.tables.grid import SIGNIFICANT, Cell, Column, Grid, interval_text, marks, number, numbers, p_text, percent


def summary_grids(found: Comparison) -> Iterator[Grid]:
    """What goes into a paper: methods by models, each model in detail, agreement between models."""
    if found.single:
        yield _candidates(found)
    else:
        if len(found.models) > 1:
            yield _means(found)
        for model in found.models:
            yield _details(found, model)
    if found.agreement or found.same_best:
        yield _agreement(found)


def image_grids(found: Comparison, most: int) -> Iterator[Grid]:
    """For each model the images where methods differ most, and the worst of each method; none of a single image."""
    if not found.single and most:
        for model in found.models:
            if len(found.methods) > 1:
                yield _differing(found, model, most)
            yield _worst(found, model, most)


def title(found: Comparison) -> str:
    """What was compared with what."""
    if not found.single:
        of = f" of {found.reference}" if found.reference else ""
        return f"{counted(len(found.methods), 'method')} on {counted(len(found.images), 'image')}{of}"
    against = f" against {found.reference}" if found.reference else ""
    return f"{counted(len(found.methods), 'candidate')}{against}"


def rules_text(facts: Mapping[str, Any]) -> str:
    """How a classical model looked, by what a session tells of it: `bt601, border 4 px, protocol basicsr-y4`."""
    protocol = f", protocol {facts['protocol']}" if "protocol" in facts else ""
    return f"{facts['luma']}, border {facts['crop_border']} px{protocol}"


def _candidates(found: Comparison) -> Grid:
    """One row a candidate, the best by the first model first; small print is the rank."""
    columns = []
    for model in found.models:
        scores = found.scores[model.name][:, 0]
        ranks = found.ranks(model)
        cells = _score_cells(found, scores.tolist(), model, [f"#{rank}" if rank else "" for rank in ranks])
        columns.append((Column(model.name, model.higher_is_better), ranks, cells))
    first = columns[0][1]
    order = sorted(range(len(found.methods)), key=lambda k: (first[k] == 0, first[k]))
    return Grid.of(
        title(found),
        "#: rank by the model of the column, equal scores share one. Bold: the best. Underlined: the second."
        + _rules(found),
        [
            (Column("Candidate", numeric=False), [Cell(found.methods[k]) for k in order]),
            *((column, [cells[k] for k in order]) for column, _, cells in columns),
        ],
    )


def _means(found: Comparison) -> Grid:
    columns = [_methods(found)]
    columns += [(Column(model.name, model.higher_is_better), _mean_cells(found, model)) for model in found.models]
    return Grid.of(
        title(found),
        f"Means{_fewer(found)}.{_draws(found)} Bold: the best. Underlined: the second.{_rules(found)}",
        columns,
    )


def _details(found: Comparison, model: ModelInfo) -> Grid:
    rows = found.summaries[model.name]
    won = [row.wins for row in rows]
    shared = int(any(value % 1 for value in won))  # decimals: a tie is shared
    most_won = [mark if mark == "best" else "" for mark in marks(won, decimals=1)]
    columns = [
        _methods(found),
        (Column(model.name, model.higher_is_better), _mean_cells(found, model)),
        (Column("Rank"), [Cell(str(row.rank)) if row.rank else Cell(number(nan)) for row in rows]),
        (Column("Wins", True), numbers(won, shared, marked=most_won)),
    ]
    if len(rows) > 1:
        columns += [
            (Column("Δ best"), [_difference(row, found.decimals[model.name]) for row in rows]),
            (Column("p"), [Cell("" if isnan(row.p_holm) else p_text(row.p_holm)) for row in rows]),
        ]
    images = max((row.images for row in rows if isfinite(row.mean)), default=0)
    caption = [
        f"Means over {counted(images, 'image')}.{_draws(found)}".removesuffix("."),
        "Wins: images on which the method scores best, a tie shared",
    ]
    if len(rows) > 1:
        caption += [
            f"Δ best: mean difference to the best method{_finite(rows)}",
            "p: paired sign-flip permutation test of that difference, after Holm's correction",
            f"*: different at {percent(SIGNIFICANT)}",
        ]
    return Grid.of(f"{model.name}: methods", f"{'. '.join(caption)}.{_rules(found, model)}", columns)


def _agreement(found: Comparison) -> Grid:
    names = [model.name for model in found.models]
    pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    columns = [
        (Column("First", numeric=False), [Cell(names[i]) for i, _ in pairs]),
        (Column("Second", numeric=False), [Cell(names[j]) for _, j in pairs]),
    ]
    count = found.scored if found.single else len(found.methods)
    over = "candidates" if found.single else "means of the methods"
    caption = []
    if found.agreement:
        columns += [
            (Column("SROCC"), numbers([found.agreement.srocc[pair] for pair in pairs])),
            (Column("KROCC"), numbers([found.agreement.krocc[pair] for pair in pairs])),
        ]
        caption.append(f"Rank correlation over the {count} {over}, 1: the same order")
    if found.same_best:
        columns.append((Column("Same best"), [Cell(f"{100 * share:.0f} %") for share in found.same_best.values()]))
        caption.append("Same best: share of the images on which both find the same method best")
    return Grid.of("Agreement between models", ". ".join(caption) + ".", columns)


def _differing(found: Comparison, model: ModelInfo, most: int) -> Grid:
    table = found.scores[model.name]
    apart = spread(table)
    places = np.argsort(-apart, kind="stable")[:most]
    by_image = [_score_cells(found, table[:, place].tolist(), model) for place in places]
    columns = [(Column("Image", numeric=False), [Cell(found.images[place]) for place in places])]
    columns += [(Column(name), [cells[k] for cells in by_image]) for k, name in enumerate(found.methods)]
    columns.append((Column("Spread"), numbers(apart[places].tolist(), found.decimals[model.name])))
    caption = f"The {len(places)} of {counted(len(found.images), 'image')} with the largest spread between methods"
    return Grid.of(f"{model.name}: where methods differ most", f"{caption}. Bold: the best of a row.", columns)


def _worst(found: Comparison, model: ModelInfo, most: int) -> Grid:
    table, towards = found.scores[model.name], found.towards_best(model)
    rows = [(k, place) for k in range(len(found.methods)) for place in np.argsort(towards[k], kind="stable")[:most]]
    scores = numbers([table[row] for row in rows], found.decimals[model.name])
    columns = [
        (Column("Method", numeric=False), [Cell(found.methods[k]) for k, _ in rows]),
        (Column("Image", numeric=False), [Cell(found.images[place]) for _, place in rows]),
        (Column(model.name, model.higher_is_better), scores),
    ]
    each = min(most, len(found.images))
    sections = [each * k for k in range(1, len(found.methods))]
    return Grid.of(f"{model.name}: the worst of each method", "The worst first.", columns, sections)


def _methods(found: Comparison) -> tuple[Column, list[Cell]]:
    return Column("Method", numeric=False), [Cell(name) for name in found.methods]


def _mean_cells(found: Comparison, model: ModelInfo) -> list[Cell]:
    rows, places = found.summaries[model.name], found.decimals[model.name]
    asides = [interval_text(row.low, row.high, places) for row in rows]
    return _score_cells(found, [row.mean for row in rows], model, asides)


def _score_cells(
    found: Comparison, values: Sequence[float], model: ModelInfo, asides: Sequence[str] | None = None
) -> list[Cell]:
    """One cell a score of one model, best and second marked."""
    places = found.decimals[model.name]
    return numbers(values, places, asides, marks(values, model.higher_is_better, places))


def _difference(row: MethodSummary, places: int) -> Cell:
    if isnan(row.p_holm):  # the best itself, or nothing to compare
        return Cell("")
    star = "*" if row.p_holm < SIGNIFICANT else ""
    return Cell(
        number(row.difference, places, sign="+") + star,
        interval_text(row.difference_low, row.difference_high, places),
    )


def _finite(rows: Sequence[MethodSummary]) -> str:
    return " of a finite mean" if any(isinf(row.mean) for row in rows) else ""


def _fewer(found: Comparison) -> str:
    """Which models have a mean over fewer images, as an infinite score has no place in it."""
    of = {model: {row.images for row in rows if isfinite(row.mean)} for model, rows in found.summaries.items()}
    fewer = [f"{model} over {max(n)}" for model, n in of.items() if n and max(n) < len(found.images)]
    return f" ({', '.join(fewer)})" if fewer else ""


def _draws(found: Comparison) -> str:
    protocol = found.protocol
    if len(found.images) < 2:
        return ""
    return f" In brackets the 95 % interval (bootstrap over images, {protocol.resamples} draws, seed {protocol.seed})."


def _rules(found: Comparison, model: ModelInfo | None = None) -> str:
    """How the classical models looked, or one of them, as whoever cites a PSNR must say."""
    told = [
        f"{name.upper()} on {rules_text(facts)}"
        for name, facts in found.classical
        if model is None or model.name == name
    ]
    return f" {'; '.join(told)}." if told else ""

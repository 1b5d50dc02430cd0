"""A comparison for programs: plain values, for the JSON beside its rows."""

from itertools import combinations
from math import isinf
from typing import Any

from iqa_cli.comparison.compare import Comparison
from iqa_cli.comparison.grids import decimals
from iqa_cli.records import ModelInfo
from iqa_cli.statistics.method_ranking import MethodSummary


def to_document(found: Comparison) -> dict[str, Any]:
    """Methods, images, and by model a row a method; agreement between models; notes.

    A single image has `ranks` by model and candidate instead of summaries: its scores are in the rows. What JSON
    cannot hold is null: where a mean is infinite, `infinite` says so.
    """
    return {
        "reference": found.reference,
        "methods": found.methods,
        "images": found.groups,
        "protocol": vars(found.protocol),
        "summaries": {
            model: [{**vars(row), "infinite": isinf(row.mean)} for row in rows]
            for model, rows in found.summaries.items()
        },
        "ranks": {m.name: _ranks(found, m) for m in found.models} if found.single else {},
        "agreement": [
            {
                "first": first,
                "second": second,
                "srocc": float(found.agreement.srocc[i, j]) if found.agreement else None,
                "krocc": float(found.agreement.krocc[i, j]) if found.agreement else None,
                "same_best": found.same_best.get((first, second)),
            }
            for (i, first), (j, second) in combinations(enumerate(model.name for model in found.models), 2)
        ],
        "notes": found.notes,
    }


def _summary(row: MethodSummary) -> dict[str, Any]:
    return {**vars(row), "infinite": isinf(row.mean)}


def _ranks(found: Comparison, model: ModelInfo) -> dict[str, int | None]:
    ranks = found.ranks(model, decimals(model))
    return {name: rank or None for name, rank in zip(found.methods, ranks, strict=True)}

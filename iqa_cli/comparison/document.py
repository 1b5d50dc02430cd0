"""A comparison for programs: plain values, for the JSON beside its rows."""

from itertools import combinations
from math import isinf
from typing import Any

from iqa_cli.comparison.compare import Comparison
from iqa_cli.statistics.methods import MethodSummary


def to_document(found: Comparison) -> dict[str, Any]:
    """Methods, images, and by model a row a method; agreement between models; notes.

    A single image has no statistics but its ranks' agreement: the scores are in the rows. What JSON cannot
    hold is null: where a mean is infinite, `infinite` says so.
    """
    return {
        "methods": found.methods,
        "images": found.groups,
        "protocol": vars(found.protocol),
        "summaries": {
            model: [{**vars(row), "infinite": isinf(row.mean)} for row in rows]
            for model, rows in found.summaries.items()
        },
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

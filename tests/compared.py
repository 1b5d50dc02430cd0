"""Comparisons of made-up scores."""

from math import inf, isnan

import numpy as np

from iqa_cli.comparison.findings import compare
from iqa_cli.comparison.targets import ComparisonProtocol
from iqa_cli.plan.methods import MethodsPlan
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

PSNR = ModelInfo("psnr", ScoreRange(0, None))
DISTANCE = ModelInfo("distance", ScoreRange(0, 1, higher_is_better=False))
LPIPS = ModelInfo("lpips", ScoreRange(0, None, higher_is_better=False))
METHODS = ("a", "b", "c")


def comparison(tables, models, single=False):
    """Of scores (methods, images) by model, with models in the order given."""
    methods, images = next(iter(tables.values())).shape
    names, groups = METHODS[:methods], tuple(f"i{k}" for k in range(images))
    records = []
    for i, group in enumerate(groups):
        for m, method in enumerate(names):
            scores = {}
            for name, table in tables.items():
                value = table[m, i]
                status = "infinite" if value == inf else "error" if isnan(value) else "ok"
                scores[name] = Score(float(value) if np.isfinite(value) else None, status)
            records.append(Record(Job(f"{method}/{group}", None, {"method": method, "group": group}), scores))
    plan = MethodsPlan(names, groups, tuple(record.job for record in records), None, single)
    return compare(plan, records, models, {"models": {}}, ComparisonProtocol(200, 0))

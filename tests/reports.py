"""Made-up opinions and scores, and reports on them through the real statistics."""

import csv
from pathlib import Path

import layouts
import numpy as np

from iqa_cli.evaluation.report import DatasetReport, Report
from iqa_cli.statistics.agreement import summarise
from iqa_cli.statistics.differences import compare_models
from iqa_cli.statistics.repeated_splits import repeated_splits, summarise_splits

FAST = ("--resamples", 0, "--format", "json")  # options of `iqa eval`
LEVELS, REFERENCES = 4, 6
PROTOCOL = {"split": "whole", "repeats": 3, "seed": 0, "logistic": 4, "resamples": 200, "test_share": 0.2}


def rows_of(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def write_scores(path, names, scores, column="triq"):
    layouts.write_csv(Path(path), ["image", column], zip(names, scores, strict=True))


def clustered(references: int, versions: int, rho: float, seed: int):
    """Predictions and MOS, each standard normal, of correlation `rho`, that share 30 % of variance in a reference."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(references), versions)
    z = np.sqrt(0.3) * rng.normal(size=(2, references))[:, group] + np.sqrt(0.7) * rng.normal(size=(2, group.size))
    return z[0], rho * z[0] + np.sqrt(1 - rho**2) * z[1], group


def good(quality, rng):
    return 1 / (1 + np.exp(-1.5 * (quality - 3))) + rng.normal(0, 0.05, quality.size)


def noisy(quality, rng):
    return 20 + 5 * quality + rng.normal(0, 4, quality.size)


def inverted(quality, rng):
    return -good(quality, rng)


def constant(quality, rng):
    return np.full(quality.size, 3.0)


def lower_is_better(quality, rng):
    return 1 - good(quality, rng)


def dataset(
    models,
    types=("blur", "noise"),
    *,
    name="made-up",
    title="Made up",
    higher=None,
    grouped=True,
    splits=0,
    draws=200,
    seed=0,
    notes=(),
):
    """Six references in four levels of each type; `models` are functions of quality and a generator."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"I{reference}.png", type, level)
        for reference in range(REFERENCES)
        for type in types or ("",)
        for level in range(LEVELS)
    ]
    group, type, level = (np.array(column) for column in zip(*rows, strict=True))
    quality = 5 - (level + rng.uniform(0, 1, level.size))
    mos = quality + rng.normal(0, 0.2, level.size)
    scores = {model: score(quality, rng) for model, score in models.items()}
    directions = {model: (higher or {}).get(model, True) for model in models}
    turned = {model: column if directions[model] else -column for model, column in scores.items()}
    cluster = group if grouped else None
    summaries = {
        model: summarise(column, mos, cluster, type if types else None, resamples=draws)
        for model, column in turned.items()
    }
    sides = repeated_splits(group, repeats=splits) if splits else ()
    messages = [f"{model}: {s.overall.fit.message}" for model, s in summaries.items() if s.overall.fit.message]
    return DatasetReport(
        name=name,
        title=title,
        mos=mos,
        type=tuple(type.tolist()),
        group=tuple(group.tolist()),
        scores=scores,
        higher_is_better=directions,
        summaries=summaries,
        splits={model: summarise_splits(column, mos, sides) for model, column in turned.items()} if splits else {},
        differences=tuple(compare_models(turned, mos, cluster, resamples=10 * draws).values())
        if len(models) > 1
        else (),
        notes=(*notes, *messages),
    )


def report(*datasets):
    """A report on datasets with the same models."""
    return Report(datasets, tuple(datasets[0].scores), {"iqa": "0", "protocol": PROTOCOL, "scores": {}})

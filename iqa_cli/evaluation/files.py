"""A report for programs: tidy CSV, and strict JSON with everything."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from iqa_cli.evaluation.report import DatasetReport, Report
from iqa_cli.output.rows import strict
from iqa_cli.statistics.agreement import Agreement, Summary
from iqa_cli.statistics.repeated_splits import SplitSummary

HEADER = ("dataset", "model", "part", "name", "n", "statistic", "value", "low", "high")


def to_csv(report: Report) -> str:
    """One statistic a row: dataset, model, part, name, n, statistic, value, low, high.

    `part` is "overall", "type", "group" or "splits". Of the first three, `n` counts images, and `low`
    and `high` bound the 95 % interval. Of splits, `n` counts splits, `name` is "median" or "deviation".
    What is not defined is an empty cell.
    """
    return "".join(map(_line, (HEADER, *_rows(report))))


def to_json(report: Report) -> str:
    """Everything but the single images: `{"meta", "models", "datasets"}`, NaN as null, keys always the same."""
    document = {
        "meta": report.meta,
        "models": report.models,
        "datasets": [_dataset(dataset) for dataset in report.datasets],
    }
    return json.dumps(strict(document), allow_nan=False, ensure_ascii=False, indent=2) + "\n"


def _rows(report: Report) -> Iterator[tuple]:
    for dataset in report.datasets:
        for model, summary in dataset.summaries.items():
            for part, agreements in _parts(summary).items():
                for agreement in agreements:
                    head = (dataset.name, model, part, agreement.name, agreement.images)
                    for statistic, value in vars(agreement.value).items():
                        yield (*head, statistic, value, *getattr(agreement.interval, statistic))
        for model, splits in dataset.splits.items():
            for name in ("median", "deviation"):
                for statistic, value in vars(getattr(splits, name)).items():
                    yield (dataset.name, model, "splits", name, splits.splits, statistic, value, None, None)


def _parts(summary: Summary) -> dict[str, tuple[Agreement, ...]]:
    return {"overall": (summary.overall,), "type": summary.by_type, "group": summary.by_group}


def _line(cells: tuple) -> str:
    # The csv module quotes a "\r" in a name only when its own line end has one.
    row = io.StringIO()
    csv.writer(row).writerow([strict(cell) for cell in cells])
    return row.getvalue().removesuffix("\r\n") + "\n"


def _dataset(dataset: DatasetReport) -> dict[str, Any]:
    models = {}
    for model, summary in dataset.summaries.items():
        parts = _parts(summary)
        models[model] = {
            "higher_is_better": dataset.higher_is_better[model],
            "overall": _agreement(summary.overall),
            "by_type": [_agreement(agreement) for agreement in parts["type"]],
            "by_group": [_agreement(agreement) for agreement in parts["group"]],
            "splits": _splits(dataset.splits[model]) if model in dataset.splits else None,
        }
    return {
        "name": dataset.name,
        "title": dataset.title,
        "images": len(dataset.mos),
        "models": models,
        "differences": [vars(pair) for matrix in dataset.differences for pair in matrix.pairs],
        "notes": dataset.notes,
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    measures = {}
    for statistic, value in vars(agreement.value).items():
        low, high = getattr(agreement.interval, statistic)
        measures[statistic] = {"value": value, "low": low, "high": high}
    return {
        "name": agreement.name,
        "images": agreement.images,
        "references": agreement.references,
        "measures": measures,
        "fit": vars(agreement.fit),
    }


def _splits(splits: SplitSummary) -> dict[str, Any]:
    medians, deviations = vars(splits.median), vars(splits.deviation)
    measures = {name: {"median": medians[name], "deviation": deviations[name]} for name in medians}
    return {"splits": splits.splits, "fits_failed": splits.fits_failed, "measures": measures}

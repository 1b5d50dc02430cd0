"""The tables of a report: on a terminal, in Markdown, in LaTeX."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from iqa_cli.evaluation import captions
from iqa_cli.evaluation.choice_grids import choice_grids
from iqa_cli.evaluation.difference_grids import difference_grid
from iqa_cli.evaluation.krasula_grids import krasula_grids
from iqa_cli.evaluation.report import DatasetReport, Report
from iqa_cli.statistics.agreement import Agreement, Measures
from iqa_cli.tables.grid import (
    MISSING,
    Cell,
    Column,
    Grid,
    decimals_of,
    interval_text,
    marks,
    numbers,
)
from iqa_cli.tables.latex import LatexStyle
from iqa_cli.tables.report_formats import REPORT_FORMATS
from iqa_cli.tables.shown_names import without_common_folder

# Field of `Measures`, in the order of the columns: heading, and which way is better.
MEASURES: Mapping[str, tuple[str, bool]] = {
    "srocc": ("SROCC", True),
    "krocc": ("KROCC", True),
    "plcc": ("PLCC", True),
    "plcc_fitted": ("PLCC fit", True),
    "rmse": ("RMSE fit", False),
    "mae": ("MAE fit", False),
    "main": ("Main", True),
}
IN_MOS_UNITS = ("rmse", "mae")
BENCHMARK = ("srocc", "plcc", "krocc")
PARTS = {"type": "Distortion type", "group": "Group"}


def write_tables(
    report: Report, format: str, stream: TextIO, details: bool = True, latex: LatexStyle = LatexStyle()
) -> None:
    """Write all tables, and the notes, in one of the formats of reports.

    On a terminal, `details` adds what was computed by type and by group, and each of several datasets; a document has
    them anyway.
    """
    grids: Iterable[Grid] = _grids(report, details or format != "table")
    if format == "latex":
        grids = latex.apply(grids)
    REPORT_FORMATS[format].write(grids, _notes(report), stream, ())


def overall_grid(dataset: DatasetReport, meta: Mapping[str, Any]) -> Grid:
    """One row a model, over all images."""
    agreements = {model: summary.overall for model, summary in dataset.summaries.items()}
    caption = captions.overall_caption(dataset, meta)
    return _agreements_grid(dataset.title, caption, "Model", agreements, marked=True, more=_times(dataset, meta))


def _times(dataset: DatasetReport, meta: Mapping[str, Any]) -> list[tuple[Column, list[Cell]]]:
    """A column of seconds, where it is asked for and the models ran."""
    if not captions.times_told(meta):
        return []
    seconds = meta["scores"]["seconds_per_image"]
    cells = [Cell(MISSING if seconds.get(m) is None else f"{seconds[m]:.2g}") for m in dataset.summaries]
    return [(Column("s / image", False), cells)]


def splits_grid(dataset: DatasetReport, meta: Mapping[str, Any]) -> Grid:
    """One row a model: medians over the test sides of repeated splits."""
    splits = dataset.splits.values()
    columns = [(Column("Model", numeric=False), [Cell(model) for model in dataset.splits])]
    for measure in MEASURES:
        asides = [captions.deviation_text(split.deviation.srocc) for split in splits] if measure == "srocc" else None
        columns.append(_measure_column(measure, [split.median for split in splits], asides))
    title = f"{dataset.title}: medians over {next(iter(splits)).splits} splits"
    return Grid.of(title, captions.splits_caption(dataset, meta), columns)


def part_grid(dataset: DatasetReport, part: str) -> Grid | None:
    """By "type" or "group": all measures of a single model, else the SROCC of each model; None without any."""
    rows = {model: getattr(summary, f"by_{part}") for model, summary in dataset.summaries.items()}
    first = next(iter(rows.values()))
    if not first:
        return None
    title = f"{dataset.title}: by {PARTS[part].lower()}"
    # A group is often the path of its reference.
    folder, names = without_common_folder([row.name for row in first])
    names = [name or "(none)" for name in names]
    in_folder = f" {PARTS[part]} in {folder}." if folder else ""
    if len(rows) == 1:
        agreements = dict(zip(names, first, strict=True))
        fits = captions.fits_caption({name: row.fit for name, row in agreements.items()}) + "." + in_folder
        return _agreements_grid(title, fits, PARTS[part], agreements, marked=False)
    values = [[row.value.srocc for row in several] for several in zip(*rows.values(), strict=True)]
    of_part = [numbers(of_models, marked=marks(of_models)) for of_models in values]
    columns = [
        (Column(PARTS[part], numeric=False), [Cell(name) for name in names]),
        *((Column(model), cells) for model, cells in zip(rows, zip(*of_part, strict=True), strict=True)),
        (Column("n"), [Cell(str(row.images)) for row in first]),
    ]
    return Grid.of(f"{title}, SROCC", "Bold: the best model of a row. Underlined: the second." + in_folder, columns)


def differences_grid(dataset: DatasetReport) -> Grid | None:
    """One row a pair of models: each statistic with difference, interval and p; None for a single model."""
    headings = {measure: heading for measure, (heading, _) in MEASURES.items()}
    return difference_grid(dataset.title, dataset.differences, headings)


def benchmark_grid(report: Report) -> Grid:
    """Models by datasets, a section a statistic; medians over splits where there are any."""
    models = report.models
    columns = [
        (Column("", numeric=False), [Cell(Column(*MEASURES[m]).heading) for m in BENCHMARK for _ in models]),
        (Column("Model", numeric=False), [Cell(model) for _ in BENCHMARK for model in models]),
    ]
    for dataset in report.datasets:
        cells = []
        for measure in BENCHMARK:
            values = [_headline(dataset, model, measure) for model in models]
            cells += numbers(values, marked=marks(values))
        columns.append((Column(dataset.name), cells))
    sections = [len(models) * place for place in range(1, len(BENCHMARK))]
    return Grid.of("Agreement with opinions", captions.benchmark_caption(report.datasets), columns, sections)


def _grids(report: Report, details: bool) -> Iterator[Grid]:
    """What a reader wants first comes first."""
    several = len(report.datasets) > 1
    if several:
        yield benchmark_grid(report)
    for dataset in report.datasets if details or not several else ():
        if dataset.splits:
            yield splits_grid(dataset, report.meta)
        yield overall_grid(dataset, report.meta)
        parts = [part_grid(dataset, part) for part in PARTS] if details else []
        yield from filter(None, [*parts, differences_grid(dataset)])
        yield from krasula_grids(dataset)
    yield from choice_grids(report.choices, report.meta, details)


def _notes(report: Report) -> list[str]:
    several = len(report.all) > 1
    return [f"{dataset.name}: {note}" if several else note for dataset in report.all for note in dataset.notes]


def _agreements_grid(
    title: str,
    caption: str,
    heading: str,
    agreements: Mapping[str, Agreement],
    marked: bool,
    more: Sequence[tuple[Column, list[Cell]]] = (),
) -> Grid:
    rows = agreements.values()
    columns = [(Column(heading, numeric=False), [Cell(name) for name in agreements])]
    for measure in MEASURES:
        asides = [interval_text(*row.interval.srocc) for row in rows] if measure == "srocc" else None
        columns.append(_measure_column(measure, [row.value for row in rows], asides, marked))
    columns += [(Column("n"), [Cell(str(row.images)) for row in rows]), *more]
    return Grid.of(title, caption, columns)


def _measure_column(
    measure: str, rows: Sequence[Measures[float]], asides: Sequence[str] | None, marked: bool = True
) -> tuple[Column, list[Cell]]:
    heading, higher_is_better = MEASURES[measure]
    values = [getattr(row, measure) for row in rows]
    decimals, rivals = 3, values
    if measure in IN_MOS_UNITS:
        decimals = decimals_of(values)
        # A falling curve turns an inverted model round: its small error is no merit.
        rivals = [value if row.plcc_fitted > 0 else math.nan for value, row in zip(values, rows, strict=True)]
    found = marks(rivals, higher_is_better, decimals) if marked else None
    return Column(heading, higher_is_better), numbers(values, decimals, asides, found)


def _headline(dataset: DatasetReport, model: str, measure: str) -> float:
    found = dataset.splits[model].median if dataset.splits else dataset.summaries[model].overall.value
    return getattr(found, measure)

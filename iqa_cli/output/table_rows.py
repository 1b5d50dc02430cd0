"""The table for a person: it needs every row to align its columns, so it is printed at the end."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from rich.text import Text

from iqa_cli.ground.wording import counted, told_once
from iqa_cli.meaning import in_words
from iqa_cli.output.means import Means
from iqa_cli.output.rows import Columns, flat_row, flaws_column
from iqa_cli.records import ModelInfo, Record
from iqa_cli.tables.console import print_rows
from iqa_cli.tables.grid import MISSING, Cell, Column, Grid
from iqa_cli.tables.shown_names import without_common_folder
from iqa_cli.terminal import open_console, printable, told_already

# How the scores of a clip's frames are told in short; JSON has all.
POOLED = {"mean": "mean", "harmonic_mean": "harmonic mean", "p5": "5th percentile", "p50": "median", "p95": "95th"}
FAILED, MARK = "✗", "!"


class TableWriter:
    """Collects plain rows (no details) and prints them, with the mean of each model and folder, in `finish`."""

    def __init__(self, stream: TextIO, columns: Columns, meta: Mapping[str, Any], models: Sequence[ModelInfo]):
        self.stream = stream
        self._columns = columns
        self._models = models
        self._rows: list[dict[str, Any]] = []
        self._meaning: dict[str, str] = {}  # by model, of the last row
        self._whole = True

    def write(self, record: Record) -> None:
        """Keep one row for the end."""
        self._columns = self._columns.for_job(record.job)
        self._rows.append(flat_row(record, self._columns))
        self._meaning = {model: in_words(score.details) for model, score in record.scores.items()}

    def cut_short(self) -> None:
        """Of a part no mean is told."""
        self._whole = False

    def finish(self) -> None:
        """Print what there is, whole run or interrupted one."""
        if not self._rows:
            return
        console, means = open_console(self.stream), Means(self._columns)
        for row in self._rows if self._whole and len(self._rows) > 1 else ():
            means.add_row(row)
        grid, folders = self._grid(means)
        print_rows(grid, console)
        if folders:
            console.print(Text(printable("; ".join(folders)), style="dim"), soft_wrap=True)
        for line in self._footnotes(means):
            console.print(line, soft_wrap=True)
        self.stream.flush()

    def _grid(self, means: Means) -> tuple[Grid, list[str]]:
        """The rows and their means as one table, and which folder each column of paths leaves out."""
        columns: list[tuple[Column, list[Cell]]] = []
        folders: dict[str, list[str]] = {}
        for name in (*self._columns.head, *(self._columns.extra or ())):
            texts = [row[name] or "" for row in self._rows]
            if name in self._columns.head:
                folder, texts = without_common_folder(texts)
                folders.setdefault(folder, []).append(name)
            # Numbers of a manifest are as little to be cut as scores are.
            columns.append((Column(name, numeric=_numeric(texts)), [Cell(text) for text in texts]))
        for model in self._models:
            columns.append((_heading(model), [_score(row, model) for row in self._rows]))
        for name in map(flaws_column, self._columns.explained):
            columns.append((Column(name), [Cell(row[name] or "") for row in self._rows]))
        for mean in means:
            after = len(self._columns.explained)
            titles = [mean.title] + [""] * (len(columns) - len(self._models) - after - 1)
            values = [*(_number(mean.of(model.name)) for model in self._models), *[""] * after]
            for (_, cells), text in zip(columns, [*titles, *values], strict=True):
                cells.append(Cell(text))
        left_out = [f"{', '.join(names)} in {folder}" for folder, names in folders.items() if folder]
        return Grid.of("", "", columns, sections=[len(self._rows)]), left_out

    def _footnotes(self, means: Means) -> Iterator[Text]:
        """What would crowd the columns: errors in full, notes with the number of rows they concern."""
        if not self._whole:
            yield Text(f"interrupted: a part of the run, {counted(len(self._rows), 'row')}; no mean", style="bold red")
        errors = Counter(row["error"] for row in self._rows if row["error"] is not None)
        for error, count in errors.items() if not told_already(self.stream) else ():
            yield Text(f"{FAILED} {printable(error)}{f' ({count} rows)' if count > 1 else ''}", style="red")
        if errors:
            yield Text(f"{errors.total()} of {counted(len(self._rows), 'row')} failed", style="red")
        for model in self._models:
            if any(model.misses(row[model.name]) for row in self._rows):
                yield Text(f"{MARK} {model.name} {model.range.beyond} {model.threshold:g}", style="red")
        for told in told_once(row["notes"] or "" for row in self._rows):
            yield Text(printable(told), style="dim")
        if len(self._rows) == 1:
            yield from (Text(f"{model}: {words}") for model, words in self._meaning.items() if words)
        for mean in means:
            for model in self._models:
                if infinite := mean.infinite(model.name):
                    where = f" of {printable(mean.folder)}" if mean.folder else ""
                    yield Text(
                        f"mean {model.name}{where}: {infinite} infinite left out (identical images)", style="dim"
                    )
        for mean in means if len(self._rows) > 1 else ():
            for model in self._models if mean.clip else ():
                known = {name: value for name, value in mean.pooled(model.name).items() if value is not None}
                known = {name: known[name] for name in POOLED if name in known}
                where = f" of {printable(mean.folder)}" if mean.folder else ""
                words = ", ".join(f"{POOLED[name]} {value:.4f}" for name, value in known.items())
                scored = len(mean.values.get(model.name, ()))
                part = "" if scored == mean.rows else f"{scored} of "
                yield Text(f"{model.name}{where} over {part}{counted(mean.rows, 'frame')}: {words}")
        if self._columns.constants:
            rules = (f"{name} {value}" for name, value in self._columns.constants.items())
            yield Text(", ".join(rules), style="dim")


def _heading(model: ModelInfo) -> Column:
    ends = "" if model.range.low is None and model.range.high is None else model.range.ends
    return Column(model.name, model.higher_is_better, below=ends)


def _score(row: dict[str, Any], model: ModelInfo) -> Cell:
    score = row[model.name]
    if score is None and row["error"] is not None:
        return Cell(FAILED, mark="bad")
    if model.misses(score):
        return Cell(f"{MARK} {_number(score)}", mark="bad")
    return Cell(_number(score))


def _numeric(texts: Sequence[str]) -> bool:
    try:
        return any(texts) and all(math.isfinite(float(text)) for text in texts if text)
    except ValueError:
        return False


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4f}"  # `inf` stays "inf"

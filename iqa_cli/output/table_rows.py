"""The table for a person: it needs every row to align its columns, so it is printed at the end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from iqa_cli.meaning import in_words
from iqa_cli.output.means import Means
from iqa_cli.output.rows import Columns, flat_row
from iqa_cli.records import ModelInfo, Record
from iqa_cli.terminal import open_console, printable

MISSING, FAILED, MARK = "–", "✗", "!"


class TableWriter:
    """Collects plain rows (no details) and prints them, with the mean of each model and folder, in `finish`."""

    def __init__(self, stream: TextIO, columns: Columns, meta: Mapping[str, Any], models: Sequence[ModelInfo]):
        self.stream = stream
        self._columns = columns
        self._models = models
        self._rows: list[dict[str, Any]] = []
        self._meaning: dict[str, str] = {}  # by model, of the last row

    def write(self, record: Record) -> None:
        """Keep one row for the end."""
        self._columns = self._columns.for_job(record.job)
        self._rows.append(flat_row(record, self._columns))
        self._meaning = {model: in_words(score.details) for model, score in record.scores.items()}

    def finish(self) -> None:
        """Print what there is, whole run or interrupted one."""
        if not self._rows:
            return
        console, means = open_console(self.stream), Means(self._columns)
        for row in self._rows:
            means.add_row(row)
        console.print(self._table(means))
        for line in self._footnotes(means):
            console.print(line, soft_wrap=True)
        self.stream.flush()

    def _table(self, means: Means) -> Table:
        names = (*self._columns.head, *(self._columns.extra or ()))
        table = Table(box=box.SIMPLE_HEAD, show_edge=False)
        for name in names:
            table.add_column(Text(name), overflow="fold")
        for model in self._models:
            table.add_column(_heading(model), justify="right", no_wrap=True)
        for row in self._rows:
            paths = [Text(printable(row[name] or "")) for name in names]
            table.add_row(*paths, *(_score(row, model) for model in self._models))
        if len(self._rows) > 1:
            table.add_section()
            for mean in means:
                blank = [""] * (len(names) - 1)
                values = [_number(mean.of(model.name)) for model in self._models]
                table.add_row(Text(printable(mean.title)), *blank, *values)
        return table

    def _footnotes(self, means: Means) -> Iterator[Text]:
        """What would crowd the columns: errors in full, notes with the number of rows they concern."""
        errors = [row["error"] for row in self._rows if row["error"] is not None]
        for error in errors:
            yield Text(f"{FAILED} {printable(error)}", style="red")
        if errors:
            yield Text(f"{len(errors)} of {len(self._rows)} rows failed", style="red")
        for model in self._models:
            if any(model.misses(row[model.name]) for row in self._rows):
                yield Text(f"{MARK} {model.name} {model.range.beyond} {model.threshold:g}", style="red")
        for notes, count in Counter(row["notes"] for row in self._rows if row["notes"]).items():
            yield Text(f"{count} × {printable(notes)}", style="dim")
        if len(self._rows) == 1:
            yield from (Text(f"{model}: {words}") for model, words in self._meaning.items() if words)
        for mean in means if len(self._rows) > 1 else ():
            for model in self._models:
                if infinite := mean.infinite(model.name):
                    where = f" of {printable(mean.folder)}" if mean.folder else ""
                    yield Text(
                        f"mean {model.name}{where}: {infinite} infinite left out (identical images)", style="dim"
                    )
        if self._columns.constants:
            rules = (f"{name} {value}" for name, value in self._columns.constants.items())
            yield Text(", ".join(rules), style="dim")


def _heading(model: ModelInfo) -> Text:
    heading = Text(f"{model.name} {model.range.arrow}")
    if model.range.low is None and model.range.high is None:
        return heading
    return heading.append(f"\n{model.range.ends}", style="dim")


def _score(row: dict[str, Any], model: ModelInfo) -> Text:
    score = row[model.name]
    if score is None and row["error"] is not None:
        return Text(FAILED, style="red")
    if model.misses(score):
        return Text(f"{MARK} {_number(score)}", style="red")
    return Text(_number(score))


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4f}"  # `inf` stays "inf"

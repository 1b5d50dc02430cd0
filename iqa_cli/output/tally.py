"""The tally of a run: how many rows, how many failed, how long it took, the means; for people and for scripts."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from iqa_cli.ground.wording import counted
from iqa_cli.output.means import Means
from iqa_cli.output.rows import Columns
from iqa_cli.records import Record


@dataclass
class Tally:
    """Kept while a run goes on.

    Attributes:
        noun: what is counted.
        kept: rows of an earlier run.
        changed: images that have changed since their rows were made, and are scored again.
        rows: all rows so far, the kept ones among them.
        failed: those of them without a score of every model.
        total: how many there will be, None where jobs arrive over time.
        complete: whether the last row is written.
        seconds: of this run; before the end up to now.
        means: the scores, by folder.
        before: seconds of work that came before scoring, which count.
    """

    noun: str = "row"
    kept: int = 0
    changed: int = 0
    rows: int = 0
    failed: int = 0
    total: int | None = None
    complete: bool = False
    means: Means | None = None
    before: float = 0.0
    _began: float | None = field(default=None, repr=False)
    _ended: float | None = field(default=None, repr=False)

    def begin(self, columns: Columns | None, kept: Iterable[Record], todo: int | None) -> None:
        """Work begins: `todo` jobs beside the rows that are kept, None where nobody knows how many.

        Without `columns`, of scores, there are no means.
        """
        self._began, self.means = time.monotonic(), Means(columns) if columns else None
        for record in kept:
            self.see(record)
        self.kept = self.rows
        self.total = None if todo is None else self.kept + todo

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """What is done in this block, before scoring begins, takes its time as well."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.before += time.monotonic() - began

    def see(self, record: Record) -> None:
        """Take in a row that is written."""
        self.count(1, int(record.error is not None))
        if self.means is not None:
            self.means.add(record)

    def count(self, rows: int, failed: int) -> None:
        """Take in so many rows, of which so many failed."""
        self.rows += rows
        self.failed += failed

    def end(self, complete: bool) -> None:
        """Scoring ends, after the last row or before it."""
        self.complete, self._ended = complete, time.monotonic()

    @property
    def begun(self) -> bool:
        """Whether scoring has begun."""
        return self._began is not None

    @property
    def seconds(self) -> float:
        """Of scoring and of what came before it, in this run."""
        return 0.0 if self._began is None else self.before + (self._ended or time.monotonic()) - self._began

    def to_document(self) -> dict[str, Any]:
        """For JSON: `complete`, `rows`, `failed`, `seconds`; and `means`, of a whole run alone."""
        return {
            "complete": self.complete,
            "rows": self.rows,
            "failed": self.failed,
            "seconds": round(self.seconds, 3),
            "means": self.means_so_far() if self.complete else [],
        }

    def means_so_far(self) -> list[dict[str, Any]]:
        """The means as `Means.to_document` has them."""
        return self.means.to_document() if self.means else []

    def in_words(self) -> str:
        """`30 rows (12 kept), 1 failed, in 8.3 s`; of a run that has ended early `12 of 30 rows, ...`."""
        whole = self.complete or self.total is None
        rows = counted(self.rows, self.noun) if whole else f"{self.rows} of {counted(self.total or 0, self.noun)}"
        told = [f"{self.kept} kept"] if self.kept else []
        told += [f"{counted(self.changed, 'image')} changed since: scored again"] if self.changed else []
        beside = f" ({'; '.join(told)})" if told else ""
        return f"{rows}{beside}, {self.failed} failed, in {duration(self.seconds)}"


def duration(seconds: float) -> str:
    """`8.3 s`, `4 min 10 s`, `2 h 5 min`."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"

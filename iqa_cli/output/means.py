"""The means of a run: one for each result folder, never one over several, else one of all rows."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import harmonic_mean
from typing import Any

from iqa_cli.ground.frame_names import file_of, parted
from iqa_cli.output.rows import Columns, flat_row
from iqa_cli.records import Record

OTHERS = "other files"
PERCENTILES = (0, 5, 25, 50, 75, 95, 100)


class _RunningMean:
    """Of the finite values so far, to the bit as `fmean` has it, in a few numbers: a stream may be endless."""

    def __init__(self) -> None:
        self.finite = self.infinite = 0  # how many
        self._parts: list[float] = []  # their sum without error, in floats that do not overlap (Shewchuk 1997)

    def add(self, value: float) -> None:
        """Take one value in."""
        if not math.isfinite(value):
            self.infinite += math.isinf(value)
            return
        self.finite, kept = self.finite + 1, 0
        for part in self._parts:
            larger, smaller = (value, part) if abs(value) > abs(part) else (part, value)
            value = larger + smaller
            if rest := smaller - (value - larger):
                self._parts[kept] = rest
                kept += 1
        self._parts[kept:] = [value]

    @property
    def value(self) -> float | None:
        """None where there is none."""
        return math.fsum(self._parts) / self.finite if self.finite else None


@dataclass
class Mean:
    """What the rows of one folder have in common; `folder` is empty where there is one mean of all rows.

    `values` are the scores of a clip's frames by model, infinite ones (PSNR of equal images) among them; of what is no
    clip there are none.
    """

    folder: str = ""
    rows: int = 0
    failed: int = 0
    clip: bool = True  # whether all rows are frames
    values: dict[str, list[float]] = field(default_factory=dict)
    _means: dict[str, _RunningMean] = field(default_factory=lambda: defaultdict(_RunningMean), repr=False)

    def add(self, scores: Mapping[str, float | None], frame: bool, failed: bool) -> None:
        """Take one row in, by model; the values of a clip are kept for as long as all rows are frames of it."""
        self.rows += 1
        self.failed += failed
        self.clip &= frame
        if not self.clip:
            self.values.clear()
        for model, score in scores.items():
            if score is not None:
                self._means[model].add(score)
                if self.clip:
                    self.values.setdefault(model, []).append(score)

    @property
    def title(self) -> str:
        """How a table calls it."""
        return f"mean of {self.folder}" if self.folder else "mean"

    def of(self, model: str) -> float | None:
        """The mean of the finite scores, None where there is none."""
        return self._means[model].value

    def pooled(self, model: str) -> dict[str, float | None]:
        """The scores of a clip's frames in one number, by several ways: none of them knows of time.

        The harmonic mean, n / Σ(1/score), heeds bad frames more; it is None unless all scores are above 0. Percentiles
        are interpolated between frames. An infinite score (PSNR of an equal frame) counts in both, as a 1/score of 0
        and as the highest; a percentile that reaches it is infinite. Only the mean is of the finite scores.
        """
        ordered = sorted(self.values.get(model, ()))
        above = bool(ordered) and ordered[0] > 0
        return {
            "mean": self.of(model),
            "harmonic_mean": _harmonic(ordered) if above else None,
            **{f"p{share}": _percentile(ordered, share) for share in PERCENTILES},
        }

    def infinite(self, model: str) -> int:
        """How many scores the mean leaves out for being infinite."""
        return self._means[model].infinite


class Means:
    """Collects rows by the folders of `columns.folders`; rows of none are the `OTHERS`."""

    def __init__(self, columns: Columns):
        self._columns = columns
        # The innermost folder has an image where one lies in another.
        self._folders = sorted({Path(folder): folder for folder in columns.folders}.items(), key=_depth, reverse=True)
        self._found: dict[str, Mean] = {}

    def add(self, record: Record) -> None:
        """Take one row in."""
        self.add_row(flat_row(record, self._columns))

    def add_row(self, row: Mapping[str, Any]) -> None:
        """Take one row in, as `flat_row` gives it."""
        image = row[self._columns.head[-1]]
        folder = self._folder(image)
        mean = self._found.setdefault(folder, Mean(folder))
        scores = {model: row[model] for model in self._columns.models}
        mean.add(scores, frame=parted(image)[1] is not None, failed=row["error"] is not None)

    def __iter__(self) -> Iterator[Mean]:
        """The means in the order of the folders as they were named."""
        order = dict.fromkeys((*self._columns.folders, OTHERS, ""))
        return iter([self._found[folder] for folder in order if folder in self._found])

    def to_document(self) -> list[dict[str, Any]]:
        """For JSON: an object a mean, with the number of rows behind it."""
        return [
            {
                "folder": mean.folder or None,
                "rows": mean.rows,
                "failed": mean.failed,
                "mean": {model: mean.of(model) for model in self._columns.models},
                "infinite": {model: mean.infinite(model) for model in self._columns.models},
                **(
                    {"pooled": {model: _finite(mean.pooled(model)) for model in self._columns.models}}
                    if mean.clip
                    else {}
                ),
            }
            for mean in self
        ]

    def _folder(self, image: str) -> str:
        if not self._folders:
            return ""
        file = Path(file_of(image))
        return next((folder for path, folder in self._folders if file.is_relative_to(path)), OTHERS)


def _harmonic(ordered: list[float]) -> float:
    return harmonic_mean(ordered) if math.isfinite(ordered[0]) else math.inf


def _percentile(ordered: list[float], share: float) -> float | None:
    """Of values in rising order, as NumPy's default has it."""
    if not ordered:
        return None
    place = share / 100 * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    if place == low or ordered[low] == ordered[high]:  # two infinite ones have no difference
        return ordered[low]
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _finite(pooled: dict[str, float | None]) -> dict[str, float | None]:
    """As JSON has it, which knows no infinity: None, and `infinite` beside it says why."""
    return {name: None if value is not None and math.isinf(value) else value for name, value in pooled.items()}


def _depth(folder: tuple[Path, str]) -> int:
    return len(folder[0].parts)

"""What travels through the program: a job (what to score) and a record (what came out).

Data flows one way: plan → images → engine → records → output.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Job:
    """One row to come: a distorted image and its reference, or an image alone.

    Paths are kept as the user gave them, so that they come back unchanged in the output.
    """

    image: str
    reference: str | None = None
    # Columns of a manifest, passed through to the output.
    extra: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class Score:
    """What one model says of one job.

    `value` is None unless it is finite: NaN and infinity never reach an output as numbers.
    `status` is "ok", "infinite" (PSNR of equal images), "not finite" or "error".
    `details` is JSON-ready: crops and their spread, level probabilities, luma rule, ...
    """

    value: float | None
    status: str = "ok"
    details: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class Record:
    """One row of output: a job, the scores by model name, and what a reader must know of it."""

    job: Job
    scores: Mapping[str, Score] = field(default_factory=dict)
    error: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`"error"` when any model could not score the job, else `"ok"`."""
        return "error" if self.error is not None else "ok"


@dataclass(frozen=True)
class ScoreRange:
    """Where scores lie and which end is the good one; an end that is None is open."""

    low: float | None = None
    high: float | None = None
    higher_is_better: bool = True

    @property
    def ends(self) -> str:
        """Both ends as text: `1–5`, `0–∞`."""
        low = "-∞" if self.low is None else f"{self.low:g}"
        high = "∞" if self.high is None else f"{self.high:g}"
        return f"{low}–{high}"

    @property
    def arrow(self) -> str:
        """The direction as a sign: `↑` where higher is better, else `↓`."""
        return "↑" if self.higher_is_better else "↓"


@dataclass(frozen=True)
class ModelInfo:
    """What the reader of a score must know of its model."""

    name: str
    range: ScoreRange

    @property
    def higher_is_better(self) -> bool:
        """Direction of the score."""
        return self.range.higher_is_better

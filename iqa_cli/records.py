"""What travels through the program: a job (what to score) and a record (what came out).

Data flows one way: plan → images → engine → records → output.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from iqa_cli.ground.box import Box

EMPTY: Mapping[str, Any] = MappingProxyType({})

# Columns for what people said of an image, and of which kind it is: they tell no image from another, as all else does.
LABELS = ("mos", "std", "count", "type", "group")


@dataclass(frozen=True, slots=True)  # of which there may be millions
class Job:
    """One row to come: a distorted image and its reference, or an image alone.

    Paths are kept as the user gave them, so that they come back unchanged in the output.
    """

    image: str
    reference: str | None = None
    # Columns of a manifest, passed through to the output; mask and box are among them where there are any.
    extra: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    mask: str | None = None  # a picture of how much each pixel counts
    box: Box | None = None  # what is cut out before anything is looked at

    @property
    def files(self) -> tuple[str, ...]:
        """What is read for it."""
        return tuple(path for path in (self.reference, self.image, self.mask) if path is not None)


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

    @property
    def number(self) -> float | None:
        """The score as it compares with others: `inf` where it is infinite, None where there is none."""
        if self.status == "infinite":
            return math.inf
        return float(self.value) if self.value is not None and math.isfinite(self.value) else None


@dataclass(frozen=True)
class Record:
    """One row of output: a job, the scores by model name, and what a reader must know of it."""

    job: Job
    scores: Mapping[str, Score] = field(default_factory=dict)
    error: str | None = None
    notes: tuple[str, ...] = ()
    unreachable: bool = False  # it failed for a reason that is not its images': no access, no connection

    @property
    def status(self) -> str:
        """`"error"` when any model could not score the job, else `"ok"`."""
        return "error" if self.error is not None else "ok"

    def number(self, model: str) -> float | None:
        """The score of a model as it compares with others; see `Score.number`."""
        return score.number if (score := self.scores.get(model)) else None


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

    @property
    def beyond(self) -> str:
        """Where scores lie that are worse than another, in words: `below` it where higher is better, else `above`."""
        return "below" if self.higher_is_better else "above"

    def loss(self, before: float, after: float) -> float:
        """By how much `after` is worse than `before`, negative where it is better; infinite scores are equal."""
        if before == after:
            return 0.0
        return before - after if self.higher_is_better else after - before


@dataclass(frozen=True)
class ModelInfo:
    """What the reader of a score must know of its model."""

    name: str
    range: ScoreRange
    threshold: float | None = None  # a score worse than this is marked

    @property
    def higher_is_better(self) -> bool:
        """Direction of the score."""
        return self.range.higher_is_better

    def misses(self, score: float | None) -> bool:
        """Whether a score is worse than the threshold."""
        return score is not None and self.threshold is not None and self.range.loss(self.threshold, score) > 0

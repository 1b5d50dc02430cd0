"""Scores held against those of an earlier run: image by image and in the mean, in the direction of their model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from iqa_cli.gate.baseline import Baseline, rows_of
from iqa_cli.gate.numbers import both
from iqa_cli.records import Job, ModelInfo, Record

ROUNDING = 0.001  # what a score may lose unless the user says: another machine rounds otherwise


@dataclass(frozen=True)
class Allowance:
    """How much may be lost, by model: by the score of an image, and by the mean."""

    image: Mapping[str, float] = field(default_factory=dict)
    mean: Mapping[str, float] = field(default_factory=dict)

    def of_image(self, model: str) -> float:
        """What a score may lose."""
        return self.image.get(model, ROUNDING)

    def of_mean(self, model: str) -> float:
        """What the mean may lose: as much as a score, unless it was said."""
        return self.mean.get(model, self.of_image(model))


@dataclass(frozen=True)
class Change:
    """A score, or a mean of scores, then and now."""

    model: ModelInfo
    before: float
    after: float
    allowed: float
    job: Job | None = None  # None of a mean
    images: int = 1

    @property
    def loss(self) -> float:
        """By how much it is worse, negative where it is better; finite but where one of both is infinite."""
        return round(self.model.range.loss(self.before, self.after), 9)  # 4.2 - 4.1 is no more than 0.1

    @property
    def dropped(self) -> bool:
        """Whether more was lost than is allowed."""
        return self.loss > self.allowed

    @property
    def text(self) -> str:
        """Then and now: `4.12 → 3.80`."""
        return " → ".join(both(self.before, self.after))


@dataclass(frozen=True)
class Against:
    """What came of the comparison with an earlier run.

    Attributes:
        path: the file of that run.
        drops: by model, the images that lost more than is allowed, the most first.
        compared: by model, how many images have a score then and now.
        means: by model, the means over the images with finite scores then and now; none where there are none.
        new: the images that the earlier run did not have.
        gone: the images that only the earlier run had.
        unscored: the images that both runs have and of which the earlier one has no score of one of these models.
        renamed: the images that the earlier run had under another suffix.
        missing: the models it has no scores of.
        images: how many rows the run has.
    """

    path: str
    drops: Mapping[str, Sequence[Change]]
    compared: Mapping[str, int]
    means: Mapping[str, Change]
    new: Sequence[Job]
    gone: Sequence[Job]
    unscored: Sequence[Job]
    renamed: Sequence[Job]
    missing: Sequence[str]
    images: int

    def share(self, model: str) -> str:
        """How many of the images of the run have been compared: `3 of 4`."""
        return f"{self.compared.get(model, 0)} of {self.images}"

    def partly(self, model: str) -> bool:
        """Whether an image of either run has not been compared."""
        return self.compared.get(model, 0) < self.images or bool(self.gone)

    @property
    def dropped(self) -> bool:
        """Whether any image or mean lost more than is allowed."""
        return any(self.drops.values()) or any(mean.dropped for mean in self.means.values())


def compare(
    records: Sequence[Record], models: Sequence[ModelInfo], baseline: Baseline, allowance: Allowance
) -> Against:
    """Hold the rows of a run against an earlier one. Rows without a score then or now are passed over.

    Args:
        records: the rows of the run.
        models: its models.
        baseline: the earlier run.
        allowance: what may be lost.
    """
    rows = rows_of([record.job for record in records], baseline)
    drops, compared, means = {}, {}, {}
    for model in models:
        before = baseline.scores.get(model.name)
        if before is None:
            continue
        allowed = allowance.of_image(model.name)
        changes = [
            Change(model, then, now, allowed, record.job)
            for record, row in zip(records, rows, strict=True)
            if row is not None and (then := before[row]) is not None and (now := record.number(model.name)) is not None
        ]
        compared[model.name] = len(changes)
        drops[model.name] = sorted((change for change in changes if change.dropped), key=lambda change: -change.loss)
        if mean := _mean(changes, model, allowance.of_mean(model.name)):
            means[model.name] = mean
    taken, known = set(rows), [baseline.scores[model.name] for model in models if model.name in baseline.scores]
    both = [(record.job, row) for record, row in zip(records, rows, strict=True) if row is not None]
    return Against(
        path=baseline.path,
        drops=drops,
        compared=compared,
        means=means,
        new=[record.job for record, row in zip(records, rows, strict=True) if row is None],
        gone=[job for row, job in enumerate(baseline.jobs) if row not in taken],
        unscored=[job for job, row in both if any(scores[row] is None for scores in known)],
        renamed=[job for job, row in both if Path(job.image).suffix != Path(baseline.jobs[row].image).suffix],
        images=len(records),
        missing=[model.name for model in models if model.name not in baseline.scores],
    )


def _mean(changes: Sequence[Change], model: ModelInfo, allowed: float) -> Change | None:
    finite = [change for change in changes if math.isfinite(change.before) and math.isfinite(change.after)]
    if not finite:
        return None
    before, after = (
        fmean(scores) for scores in zip(*((change.before, change.after) for change in finite), strict=True)
    )
    return Change(model, before, after, allowed, images=len(finite))

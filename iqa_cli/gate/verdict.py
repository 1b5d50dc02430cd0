"""What a run is held against, and what came of it: pure data, and the exit code that it means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from iqa_cli.errors import ExitCode
from iqa_cli.records import Job, ModelInfo, Record, Score


@dataclass(frozen=True)
class Miss:
    """A score that is worse than the threshold of its model."""

    job: Job
    model: ModelInfo
    score: float
    threshold: float

    @property
    def by(self) -> float:
        """How far from the threshold."""
        return self.model.range.loss(self.threshold, self.score)


@dataclass(frozen=True)
class Verdict:
    """What the rows of a run, those kept of an earlier one among them, are worth.

    Attributes:
        models: the models of the run, with their thresholds.
        records: all rows, without details.
        misses: the scores worse than a threshold, by model, the worst first.
    """

    models: Sequence[ModelInfo]
    records: Sequence[Record]
    misses: Mapping[str, Sequence[Miss]]

    @property
    def failed(self) -> list[Record]:
        """The rows without a score."""
        return [record for record in self.records if record.error is not None]

    @property
    def exit_code(self) -> ExitCode:
        """Failed rows go before scores: what could not be scored cannot have been good enough."""
        if self.failed:
            return ExitCode.SOME_FAILED
        return ExitCode.BELOW_THRESHOLD if any(self.misses.values()) else ExitCode.OK

    def scored(self, model: str) -> int:
        """How many rows have a score of this model."""
        return sum(record.number(model) is not None for record in self.records)


def with_thresholds(models: Iterable[ModelInfo], thresholds: Mapping[str, float]) -> list[ModelInfo]:
    """The models with the thresholds that scores must reach, by name."""
    return [replace(model, threshold=thresholds.get(model.name)) for model in models]


class Watch:
    """Sees the rows of a run as they pass, and keeps of them what the verdict needs."""

    def __init__(self, models: Sequence[ModelInfo], kept: Iterable[Record] = ()):
        self._models = models
        self._rows: list[Record] = []
        # Without anything to hold them against, only rows that failed matter: a stream may have millions.
        self._all = any(model.threshold is not None for model in models)
        for record in kept:
            self.see(record)

    def see(self, record: Record) -> None:
        """Remember a row, without its details."""
        if self._all or record.error is not None:
            bare = {name: Score(score.value, score.status) for name, score in record.scores.items()}
            self._rows.append(replace(record, scores=bare, notes=()))

    def verdict(self) -> Verdict:
        """What the rows seen are worth."""
        return judge(self._rows, self._models)


def judge(records: Iterable[Record], models: Sequence[ModelInfo]) -> Verdict:
    """Hold all rows of a run against the thresholds of its models."""
    rows = list(records)
    misses = {
        model.name: sorted(
            (
                Miss(record.job, model, score, model.threshold)
                for record in rows
                if model.threshold is not None
                if (score := record.number(model.name)) is not None and model.misses(score)
            ),
            key=lambda miss: -miss.by,
        )
        for model in models
    }
    return Verdict(models, rows, misses)

"""What a run is held against, and what came of it: pure data, and the exit code that it means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from iqa_cli.errors import ExitCode
from iqa_cli.gate.baseline import Baseline
from iqa_cli.gate.drops import Against, Allowance, compare
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
        against: what came of the comparison with an earlier run, if there was one.
    """

    models: Sequence[ModelInfo]
    records: Sequence[Record]
    misses: Mapping[str, Sequence[Miss]]
    against: Against | None = None

    @property
    def failed(self) -> list[Record]:
        """The rows without a score."""
        return [record for record in self.records if record.error is not None]

    @property
    def exit_code(self) -> ExitCode:
        """Failed rows go before scores: what could not be scored cannot have been good enough."""
        if self.failed:
            return ExitCode.SOME_FAILED
        worse = any(self.misses.values()) or (self.against is not None and self.against.dropped)
        return ExitCode.BELOW_THRESHOLD if worse else ExitCode.OK

    def scored(self, model: str) -> int:
        """How many rows have a score of this model."""
        return sum(record.number(model) is not None for record in self.records)


def with_thresholds(models: Iterable[ModelInfo], thresholds: Mapping[str, float]) -> list[ModelInfo]:
    """The models with the thresholds that scores must reach, by name."""
    return [replace(model, threshold=thresholds.get(model.name)) for model in models]


class Watch:
    """Sees the rows of a run as they pass, and keeps of them what the verdict needs.

    Args:
        models: with their thresholds.
        kept: rows of this run that an earlier one has scored.
        baseline: the earlier run to compare with, and what may be lost.
        everything: keep all rows; else only those that failed are remembered where there is nothing to hold scores
            against, for a stream may have millions.
    """

    def __init__(
        self,
        models: Sequence[ModelInfo],
        kept: Iterable[Record] = (),
        baseline: tuple[Baseline, Allowance] | None = None,
        everything: bool = False,
    ):
        self._models, self._baseline = models, baseline
        self._rows: list[Record] = []
        self._all = everything or baseline is not None or any(model.threshold is not None for model in models)
        for record in kept:
            self.see(record)

    def see(self, record: Record) -> None:
        """Remember a row, without its details."""
        if self._all or record.error is not None:
            bare = {name: Score(score.value, score.status) for name, score in record.scores.items()}
            self._rows.append(replace(record, scores=bare, notes=()))

    def verdict(self) -> Verdict:
        """What the rows seen are worth."""
        against = compare(self._rows, self._models, *self._baseline) if self._baseline else None
        return Verdict(self._models, self._rows, misses(self._rows, self._models), against)


def misses(records: Iterable[Record], models: Sequence[ModelInfo]) -> dict[str, list[Miss]]:
    """The scores that are worse than the thresholds of their models, by model, the worst first."""
    rows = list(records)
    return {
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

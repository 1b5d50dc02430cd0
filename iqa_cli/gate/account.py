"""A verdict with what must be known of its run: all that a report can say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iqa_cli.errors import ExitCode
from iqa_cli.gate.drops import Change
from iqa_cli.gate.numbers import short
from iqa_cli.gate.verdict import Miss, Verdict
from iqa_cli.records import Job


@dataclass(frozen=True)
class Account:
    """What a report is made from.

    Attributes:
        verdict: what the rows are worth.
        meta: of the session: version, device, models with sha256 and crops.
        means: by folder, as the JSON of rows has them.
        seconds: of scoring.
        exit_code: that the command ends with.
    """

    verdict: Verdict
    meta: Mapping[str, Any]
    means: Sequence[Mapping[str, Any]]
    seconds: float
    exit_code: ExitCode

    @property
    def passed(self) -> bool:
        """Whether the command succeeds."""
        return self.exit_code is ExitCode.OK


@dataclass(frozen=True)
class Finding:
    """One reason why a run fails: an image, or the mean where `job` is None, and what is wrong with it.

    `kind` is "error", "threshold" or "baseline"; `model` is empty where it concerns all of them.
    """

    kind: str
    model: str
    job: Job | None
    text: str


def findings_of(verdict: Verdict) -> Iterator[Finding]:
    """Every reason, rows that failed first, then by model, the worst images first."""
    for record in verdict.failed:
        yield Finding("error", "", record.job, str(record.error))
    for model in verdict.models:
        for miss in verdict.misses[model.name]:
            yield Finding("threshold", model.name, miss.job, miss_text(miss))
        if verdict.against is None:
            continue
        for drop in verdict.against.drops.get(model.name, ()):
            yield Finding("baseline", model.name, drop.job, drop_text(drop))
        mean = verdict.against.means.get(model.name)
        if mean is not None and mean.dropped:
            yield Finding("baseline", model.name, None, drop_text(mean))


def miss_text(miss: Miss) -> str:
    """`psnr 26.0 is below 30`."""
    return f"{miss.model.name} {short(miss.score, miss.threshold)} is {miss.model.range.beyond} {miss.threshold:g}"


def drop_text(change: Change) -> str:
    """`psnr 30.0 → 26.0, worse by 4.00, more than 0.1`; `mean psnr ...` of a mean."""
    what = change.model.name if change.job else f"mean {change.model.name}"
    return f"{what} {change.text}, worse by {short(change.loss, change.allowed)}, more than {change.allowed:g}"

"""What a person is told on stderr: how many scores are not good enough, by what, and the worst of them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from iqa_cli.gate.drops import Against
from iqa_cli.gate.numbers import short
from iqa_cli.gate.verdict import Verdict
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.records import Job, ModelInfo
from iqa_cli.tables.grid import one_line
from iqa_cli.terminal import Terminal


def tell(verdict: Verdict, terminal: Terminal) -> None:
    """All of it: what was found, what should be known of it, and why the run fails."""
    for line in means(verdict):
        terminal.info(line)
    for line in remarks(verdict):
        terminal.warn(line)
    for line in shortfalls(verdict):
        terminal.warn(line, even_quiet=True)
    for line in failures(verdict):
        terminal.error(line)


def failures(verdict: Verdict) -> Iterator[str]:
    """What fails the run, a line for each model and reason: `1 of 2 below 30: astronaut-jpeg.jpg 26.0`."""
    names = Names(record.job for record in verdict.records)
    several = len(verdict.models) > 1
    for model in verdict.models:
        if misses := verdict.misses[model.name]:
            worst = [f"{names.of(miss.job)} {short(miss.score, miss.threshold)}" for miss in misses]
            yield (
                f"{_whose(model, several)}{len(misses)} of {verdict.scored(model.name)} "
                f"{model.range.beyond} {model.threshold:g}: {first_few(worst)}"
            )
    if verdict.against:
        yield from _drops(verdict, verdict.against, names)


def _drops(verdict: Verdict, against: Against, names: "Names") -> Iterator[str]:
    several = len(verdict.models) > 1
    for model in verdict.models:
        if drops := against.drops.get(model.name):
            worst = [f"{names.of(drop.job)} {drop.text}" for drop in drops if drop.job]
            yield (
                f"{_whose(model, several)}{len(drops)} of {against.compared[model.name]} worse than in {against.path} "
                f"by more than {drops[0].allowed:g}: {first_few(worst)}"
            )
        if (mean := against.means.get(model.name)) and mean.dropped:
            yield (
                f"{_whose(model, several)}mean worse than in {against.path} by {short(mean.loss, mean.allowed)}, "
                f"more than {mean.allowed:g}: {mean.text}"
            )


def remarks(verdict: Verdict) -> Iterator[str]:
    """What the comparison with an earlier run has found beside: images and models that only one of both has."""
    against = verdict.against
    if against is None:
        return
    for jobs, what in (
        (against.new, "not in"),
        (against.gone, "only in"),
        (against.unscored, "without a score in"),
        (against.renamed, "of another suffix than in"),
    ):
        if jobs:
            named = first_few([one_line(job.image) for job in jobs])
            yield f"{counted(len(jobs), 'image')} {what} {against.path}: {named}"
    if against.missing:
        yield f"{against.path} has no scores of {', '.join(against.missing)}, which are not compared"


def shortfalls(verdict: Verdict) -> Iterator[str]:
    """Where not all images are compared, how many are, a line for each model: else a pass would say too much."""
    if (against := verdict.against) is None:
        return
    several = len(verdict.models) > 1
    further = f", which has {len(against.gone)} more" if against.gone else ""
    for model in verdict.models:
        if against.partly(model.name):
            whose = _whose(model, several)
            yield f"{whose}{against.share(model.name)} images compared with {against.path}{further}"


def means(verdict: Verdict) -> Iterator[str]:
    """The means then and now, a line for each model: `psnr: mean 31.2 → 31.4 since old.csv (24 images)`."""
    if (against := verdict.against) is None:
        return
    for mean in against.means.values():
        yield f"{mean.model.name}: mean {mean.text} since {against.path} ({counted(mean.images, 'image')})"


def _whose(model: ModelInfo, several: bool) -> str:
    return f"{model.name}: " if several else ""


class Names:
    """Images without the folder that all of them share."""

    def __init__(self, jobs: Iterable[Job]):
        self._folder = _common_folder([str(Path(job.image).parent) for job in jobs])

    def of(self, job: Job) -> str:
        """The path below the common folder, on one line."""
        return one_line(job.image.removeprefix(f"{self._folder}{os.sep}") if self._folder else job.image)


def _common_folder(folders: Sequence[str]) -> str:
    try:
        return os.path.commonpath(folders)
    except ValueError:  # none, or absolute and relative ones
        return ""

"""What a person is told on stderr: how many scores are not good enough, by what, and the worst of them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from iqa_cli.gate.numbers import short
from iqa_cli.gate.verdict import Verdict
from iqa_cli.ground.wording import first_few
from iqa_cli.records import Job


def told(verdict: Verdict) -> Iterator[str]:
    """A line for each model with scores worse than its threshold: `1 of 2 below 30: astronaut-jpeg.jpg 26.0`."""
    several = sum(model.threshold is not None for model in verdict.models) > 1
    names = Names(record.job for record in verdict.records)
    for model in verdict.models:
        if misses := verdict.misses[model.name]:
            worst = [f"{names.of(miss.job)} {short(miss.score, miss.threshold)}" for miss in misses]
            yield (
                f"{model.name + ': ' if several else ''}{len(misses)} of {verdict.scored(model.name)} "
                f"{model.range.beyond} {model.threshold:g}: {first_few(worst)}"
            )


class Names:
    """Images without the folder that all of them share."""

    def __init__(self, jobs: Iterable[Job]):
        self._folder = _common_folder({str(Path(job.image).parent) for job in jobs})

    def of(self, job: Job) -> str:
        """The path below the common folder."""
        return job.image.removeprefix(f"{self._folder}{os.sep}") if self._folder else job.image


def _common_folder(folders: set[str]) -> str:
    try:
        return os.path.commonpath(folders)
    except ValueError:  # none, or absolute and relative ones
        return ""

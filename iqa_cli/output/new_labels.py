"""Rows of an earlier run under the labels that their images have now: a score does not depend on what people said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from iqa_cli.output.resume import job_key, remaining
from iqa_cli.records import LABELS, Job, Record


def relabelled(kept: Sequence[Record], jobs: Sequence[Job]) -> Sequence[Record]:
    """The rows, in order; one that no job asks for gets the labels of a job that it differs from in these alone.

    Without that a corrected label would make a second row of its image, beside the wrong one. With another cell in any
    other column, such as an id or a method, it is another row, which stays. Files that several jobs are for, on
    purpose, keep a row for each.
    """
    wanted = Counter(map(job_key, jobs))
    stale: dict[tuple, list[int]] = {}
    for place, record in enumerate(kept):
        key = job_key(record.job)
        if wanted[key]:
            wanted[key] -= 1
        else:
            stale.setdefault(_unlabelled(record.job), []).append(place)
    if not stale:
        return kept
    rows = list(kept)
    for job in remaining(jobs, kept):
        if places := stale.get(_unlabelled(job)):
            place = places.pop(0)
            rows[place] = replace(rows[place], job=job)
    return rows


def _unlabelled(job: Job) -> tuple:
    return job_key(replace(job, extra={name: cell for name, cell in job.extra.items() if name not in LABELS}))

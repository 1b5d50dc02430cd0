"""Rows of an earlier run under the labels that their images have now: a score does not depend on what people said."""

from collections.abc import Sequence
from dataclasses import replace

from iqa_cli.output.resume import places_of
from iqa_cli.records import LABELS, Job, Record


def relabelled(kept: Sequence[Record], jobs: Sequence[Job]) -> Sequence[Record]:
    """The rows, in order; one that no job asks for gets the labels of a job that it differs from in these alone.

    Without that a corrected label would make a second row of its image, beside the wrong one. With another cell in any
    other column, such as an id or a method, it is another row, which stays. Files that several jobs are for, on
    purpose, keep a row for each.
    """
    places = places_of(jobs, [record.job for record in kept])
    lacking = [job for job, place in zip(jobs, places, strict=True) if place is None]
    stale = sorted(set(range(len(kept))).difference(places))
    if not (lacking and stale):
        return kept
    rows = list(kept)
    found = places_of([_unlabelled(job) for job in lacking], [_unlabelled(kept[place].job) for place in stale])
    for job, place in zip(lacking, found, strict=True):
        if place is not None:
            rows[stale[place]] = replace(kept[stale[place]], job=job)
    return rows


def _unlabelled(job: Job) -> Job:
    return replace(job, extra={name: cell for name, cell in job.extra.items() if name not in LABELS})

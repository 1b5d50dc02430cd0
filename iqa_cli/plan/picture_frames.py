"""All frames of picture files that hold several: a job of such a file becomes a job for each of its frames."""

from collections.abc import Iterator
from dataclasses import replace

from iqa_cli.ground.frame_names import ALL_FRAMES, frame_name, frame_number, may_hold_several
from iqa_cli.plan.inputs import Plan
from iqa_cli.records import Job


def with_all_frames(plan: Plan, rule: str) -> Plan:
    """The plan as it is, unless the rule is `all`: then with a job for each frame, called `name#3`.

    Of a pair both files are gone through together; a frame that one of them lacks costs its own row. A reference of
    one picture is compared with each frame. Files of one picture keep their job and their name.

    Raises:
        UsageError: the rule cannot be understood.
    """
    if rule != ALL_FRAMES:
        frame_number(rule)
        return plan
    if plan.total is None:
        return replace(plan, jobs=(frame for job in plan.jobs for frame in frames_of(job)))
    by_job = [(job, list(frames_of(job))) for job in plan.jobs]
    jobs = tuple(frame for _, frames in by_job for frame in frames)
    several = tuple(dict.fromkeys(job.image for job, frames in by_job if len(frames) > 1))
    folders = plan.folders or (several if len(several) == len(by_job) > 1 else ())
    return replace(plan, jobs=jobs, total=len(jobs), folders=folders)


def frames_of(job: Job) -> Iterator[Job]:
    """The job of each frame of its image, or itself where that is one picture; see `with_all_frames`."""
    count = _count(job.image)
    if count == 1:
        yield job
        return
    against = 1 if job.reference is None else _count(job.reference)
    for number in range(max(count, against)):
        reference = job.reference if against == 1 or job.reference is None else frame_name(job.reference, number)
        yield replace(job, image=frame_name(job.image, number), reference=reference)


def frames_told(path: str) -> int | None:
    """How many pictures a file holds; None where it cannot be told, as of one that is damaged or is not there."""
    if not may_hold_several(path):
        return 1
    from iqa_cli.images.headers import frames_in

    return frames_in(path)


def _count(path: str) -> int:
    return frames_told(path) or 1

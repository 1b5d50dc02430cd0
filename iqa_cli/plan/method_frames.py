"""All frames of picture files in a comparison: an image that has several becomes one image a frame."""

from collections.abc import Sequence
from dataclasses import replace

from iqa_cli.errors import UsageError
from iqa_cli.ground.frame_names import ALL_FRAMES, frame_name, frame_number
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.inputs import Inputs
from iqa_cli.plan.methods import IMAGE, MethodsPlan
from iqa_cli.plan.pairing import SKIPPED
from iqa_cli.plan.picture_frames import frames_told
from iqa_cli.records import Job


def methods_with_all_frames(plan: MethodsPlan, inputs: Inputs) -> MethodsPlan:
    """The plan as it is, unless the rule of frames is `all`: then with an image for each frame, called `scan#3`.

    Frames of the files of an image belong together by their number. A reference of one picture is compared with each
    frame; where the methods' files all have one picture, that is compared with the reference's first. Candidates of one
    image that have several frames are methods on as many images. A file whose frames cannot be told has a job for each
    that the others have, and fails there by itself.

    Args:
        plan: one job a method, image by image.
        inputs: which frames of a file are taken; `allow_missing` takes those that all files of an image have, aloud.

    Raises:
        UsageError: the rule cannot be understood, or files of one image have other numbers of frames.
    """
    if inputs.frame != ALL_FRAMES:
        frame_number(inputs.frame)
        return plan
    jobs: list[Job] = []
    uneven: list[str] = []
    for start in range(0, len(plan.jobs), len(plan.methods)):
        found, told = _frames(plan.jobs[start : start + len(plan.methods)])
        jobs += found
        uneven += [told] if told else []
    if uneven and not inputs.allow_missing:
        raise UsageError(
            f"{first_few(uneven, '; ', 3)}: frames are compared by number; --allow-missing takes those that all have"
        )
    messages = [*plan.messages, *(f"{SKIPPED}frames beyond those that all have: {told}" for told in uneven)]
    images = tuple(dict.fromkeys(job.extra[IMAGE] for job in jobs))
    single = plan.single and len(images) == 1
    return replace(plan, images=images, jobs=tuple(jobs), single=single, messages=tuple(messages))


def _frames(together: Sequence[Job]) -> tuple[list[Job], str]:
    """The jobs of the frames that all files of one image have, and which of these have how many, where that differs."""
    counts = {job.image: frames_told(job.image) for job in together}
    if not any(count and count > 1 for count in counts.values()):
        return list(together), ""
    reference = together[0].reference
    against = 1 if reference is None else frames_told(reference) or 1
    if reference is not None and against > 1:
        counts = {reference: against, **counts}
    numbers = {file: count for file, count in counts.items() if count is not None}
    common = min(numbers.values())
    jobs = [
        replace(
            job,
            image=_named(job.image, counts[job.image], number),
            reference=reference if against == 1 or reference is None else frame_name(reference, number),
            extra={**job.extra, IMAGE: frame_name(job.extra[IMAGE], number)},
        )
        for number in range(common)
        for job in together
    ]
    if common == max(numbers.values()):
        return jobs, ""
    return jobs, ", ".join(f"{file} has {counted(count, 'frame')}" for file, count in numbers.items())


def _named(file: str, count: int | None, number: int) -> str:
    """A frame of a file, which keeps its own name where it holds one picture."""
    return file if count == 1 else frame_name(file, number)

"""Which frames of a clip are scored: jobs of clips become jobs of their frames."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.ground.frame_names import file_of, frame_name, is_clip, parted
from iqa_cli.plan.inputs import Plan
from iqa_cli.records import Job

if TYPE_CHECKING:
    from iqa_cli.decoders.clips import ClipFacts

TIME = "time"  # the column of seconds after the first frame
_RULE = re.compile(r"(1/)?([1-9]\d*)")


@dataclass(frozen=True)
class FrameRule:
    """`evenly` so many frames over the length, the middle ones of as many parts; or each `step`-th from the first."""

    evenly: int | None = None
    step: int = 1

    @classmethod
    def parse(cls, text: str) -> "FrameRule":
        """`all`, `20` for so many evenly, `1/10` for every tenth. Raises UsageError for anything else."""
        match = _RULE.fullmatch(text)
        if text == "all":
            return cls()
        if match is None:
            raise UsageError(f"--frames {text}: say how many, 20; every tenth, 1/10; or all")
        return cls(step=int(match[2])) if match[1] else cls(evenly=int(match[2]))

    def numbers(self, frames: int) -> list[int]:
        """The frames taken of so many, counted from 0."""
        if self.evenly is None:
            return list(range(0, frames, self.step))
        if self.evenly >= frames:
            return list(range(frames))
        return [(2 * part + 1) * frames // (2 * self.evenly) for part in range(self.evenly)]


def with_frames(plan: Plan, rule: str) -> Plan:
    """The plan with a job for each frame taken of each clip, and the time of each in a column of its own.

    A frame that a job names has its time there, too, unless the manifest has such a column. A clip stays one job, which
    costs its row, where it cannot be read or, as a message says, does not have the frames of its reference. Rows that
    arrive over time stay as they are.

    Raises:
        UsageError: the rule cannot be understood, or a manifest has a column `time` of its own.
        MissingExtraError: there are clips, and PyAV is not installed.
    """
    taken = FrameRule.parse(rule)
    if plan.total is None:
        return plan
    jobs = list(plan.jobs)
    clips = tuple(dict.fromkeys(file for job in jobs if is_clip(file := file_of(job.image))))
    if not clips:
        return plan
    if any(TIME in job.extra for job in jobs):
        if not any(is_clip(job.image) for job in jobs):
            return plan  # rows of an earlier run, as they were
        raise UsageError(f"the rows of clips have a column {TIME} of their own; rename yours")
    messages: list[str] = []
    found = tuple(_of_all(jobs, taken, messages))
    folders = plan.folders or (clips if len(clips) > 1 else ())
    told = (*plan.messages, *messages)
    return replace(plan, jobs=found, total=len(found), messages=told, folders=folders, numbers=(TIME,))


def _of_all(jobs: Iterable[Job], rule: FrameRule, messages: list[str]) -> Iterator[Job]:
    for job in jobs:
        frames: list[Job] = []
        facts = _facts(file_of(job.image))
        if facts is not None and is_clip(job.image):
            try:
                frames = _frames(job, facts, rule, messages)
            except ImageError as error:
                messages.append(str(error))
        number = parted(job.image)[1]
        time = "" if facts is None or number is None or number >= facts.frames else f"{facts.time(number):.3f}"
        yield from frames or [replace(job, extra={**job.extra, TIME: time})]


def _facts(file: str) -> "ClipFacts | None":
    """Of a clip; None of what is none, and of one that cannot be read, which its row will tell."""
    if not is_clip(file):
        return None
    from iqa_cli.decoders.clips import clip_facts

    try:
        return clip_facts(file)
    except ImageError:
        return None


def _frames(job: Job, facts: "ClipFacts", rule: FrameRule, messages: list[str]) -> list[Job]:
    from iqa_cli.decoders.clips import clip_facts

    reference = job.reference
    if reference is not None and is_clip(reference):
        theirs = clip_facts(reference)
        if facts.frames != theirs.frames:
            raise ImageError(
                f"{job.image}: {facts.frames} frames, but its reference {reference} has {theirs.frames}: "
                "cut both to the same ones"
            )
        if abs(facts.rate - theirs.rate) > 0.01 * theirs.rate:
            told = f"{facts.rate:.4g} frames a second, its reference {theirs.rate:.4g}"
            messages.append(f"{job.image}: {told}; compared frame by frame, whatever the time")
    return [
        replace(
            job,
            image=frame_name(job.image, number),
            reference=frame_name(reference, number) if reference is not None and is_clip(reference) else reference,
            extra={**job.extra, TIME: f"{facts.time(number):.3f}"},
        )
        for number in rule.numbers(facts.frames)
    ]

"""Where the rows of `iqa score` go: to files and standard output, or as a part into a folder. Both in one shape."""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import alternatives, counted
from iqa_cli.guard import Folder as Guarded
from iqa_cli.guard import Output
from iqa_cli.jobs import Rows
from iqa_cli.output import ROW_FORMATS, Columns, Tally, Target, choose_format, files_of, resumable_files
from iqa_cli.parts.outage import before_scoring
from iqa_cli.parts.part_names import Part, is_ours
from iqa_cli.parts.part_run import PartsRun, check_layout, read_run_of
from iqa_cli.parts.shard_locks import check_free
from iqa_cli.parts.shard_run import Finished, ShardRun
from iqa_cli.parts.shards import Shard, cut, roots_of
from iqa_cli.plan import Inputs, Plan
from iqa_cli.records import Job, Record
from iqa_cli.storage.folder import Folder, open_folder
from iqa_cli.storage.names import is_url

FORMATS = [name for name, format in ROW_FORMATS.items() if format.encoder]
Facts = Callable[[], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Begun:
    """A run that knows where its rows go.

    Attributes:
        plan: what is scored.
        read: gives the rows, with those that are there.
        made: what there is at the end, as messages call it.
        keeps: what an interrupted run goes on from.
        resumes: whether that takes `--resume`.
        finished: what there is where all was done before, by a run like this one.
        remarks: what a person should hear of what is there.
        elsewhere: scores the rows on other machines; None where they are scored here.
        after: gives what there is to say when it is done, from the facts of the run; empty where that is nothing.
    """

    plan: Plan
    read: Callable[[], Rows]
    made: Sequence[object]
    keeps: Sequence[object]
    resumes: bool = True
    finished: Finished | None = None
    after: Callable[[Mapping[str, Any]], str] = lambda facts: ""
    elsewhere: Callable[..., Generator[Record, None, None]] | None = None
    remarks: Sequence[str] = ()

    @cached_property
    def rows(self) -> Rows:
        """For `jobs.score_jobs`. Raises UsageError where what is there cannot be gone on from."""
        return self.read()


class Destination(Protocol):
    """Where rows go."""

    @property
    def guarded(self) -> Output:
        """What of it must not replace an input."""

    @property
    def goes_on(self) -> bool:
        """Whether the same command is meant to be given again, which makes reports and maps anew."""

    def check(self, sort: str | None, maps: Path | None) -> None:
        """Raises UsageError for options that cannot stand beside it."""

    def begin(self, plan: Plan, inputs: Inputs, columns: Columns, facts: Facts) -> Begun:
        """What is there, and what is left to do.

        Args:
            plan: of all of the input.
            inputs: what was typed.
            columns: of the rows.
            facts: gives what will make the scores, without a model; None where only a loaded one can tell.

        Raises:
            UsageError: what is there is another run's.
        """


@dataclass(frozen=True)
class ToFiles:
    """Rows to files, and to standard output."""

    targets: Sequence[Target]
    resume: bool

    @property
    def guarded(self) -> Output:
        """As of `Destination`."""
        return files_of(self.targets)

    @property
    def goes_on(self) -> bool:
        """As of `Destination`."""
        return self.resume

    def check(self, sort: str | None, maps: Path | None) -> None:
        """As of `Destination`: all can."""

    def begin(self, plan: Plan, inputs: Inputs, columns: Columns, facts: Facts) -> Begun:
        """As of `Destination`."""
        known = () if plan.total is None else tuple(plan.jobs)
        read = partial(Rows.of, columns, self.targets, self.resume, jobs=known)
        return Begun(plan, read, files_of(self.targets), resumable_files(self.targets))


@dataclass(frozen=True)
class ToParts:
    """The rows of one shard as a part in a folder, a path or a URL.

    Raises UsageError for a format that parts cannot have.

    Attributes:
        name: of the folder.
        shard: which is scored.
        format: of the parts; None for that of the folder, JSON Lines in a new one.
        again: whether rows that failed are scored again.
        anew: whether the part that is there, and whatever another run has left, is removed first.
    """

    name: str
    shard: Shard = Shard()  # noqa: RUF009 (frozen)
    format: str | None = None
    again: bool = False
    anew: bool = False

    def __post_init__(self):
        if self.format is not None and self.format not in FORMATS:
            raise UsageError(f"-f {self.format}: parts are {alternatives(FORMATS)}")

    @property
    def guarded(self) -> Output:
        """As of `Destination`."""
        return None if is_url(self.name) else Guarded(Path(self.name), lambda file: is_ours(file.as_posix()))

    @property
    def goes_on(self) -> bool:
        """As of `Destination`."""
        return True

    def check(self, sort: str | None, maps: Path | None) -> None:
        """As of `Destination`."""
        if sort is not None:
            raise UsageError("--sort: parts have the order of the input; leave it out, and sort what reads them")
        if maps is not None and self.shard.of > 1:
            raise UsageError("--map: shards would draw over each other's pictures; draw them in a run without --shard")

    @before_scoring()
    def begin(self, plan: Plan, inputs: Inputs, columns: Columns, facts: Facts) -> Begun:
        """As of `Destination`."""
        jobs, folder = self.jobs(plan, inputs), open_folder(self.name)
        removed = self.earlier(folder)
        there = read_run_of(folder)
        before = None if self.anew else there
        if before is not None:
            check_layout(folder, before, self.shard.of, self.format)
        format = self.format or (there.rows if there is not None else FORMATS[0])
        choose_format(format, Path(self.name), False)  # what it needs can be imported
        ahead = facts() if before is not None else None
        whole = cut(jobs, roots_of(inputs), self.shard.of)
        shard = ShardRun(folder, whole, self.shard, columns, format, self.again, self.anew)
        if before is not None and ahead is not None:
            shard.run(ahead).check(folder, before)
        known = None if before is None else before.facts
        own = Plan(shard.jobs, len(shard.jobs), plan.paired, plan.messages, plan.folders, plan.numbers)
        finished = shard.finished(ahead) if ahead is not None else None
        if finished is None:
            check_free(folder, self.shard)  # told before a model is loaded
        read, remarks, name = partial(shard.rows, Tally(), known), list[str](), f"{folder.name}/"
        if finished is None:
            rows = read()
            read, remarks = partial(lambda: rows), [*rows.remarks]
            if before is not None and ahead is not None:
                finished = shard.completed(rows, before)

        def note(facts: Mapping[str, Any]) -> str:
            return removed(shard.run(facts)) + shard.note(facts)

        return Begun(own, read, [name], [name], False, finished, note, remarks=remarks)

    def jobs(self, plan: Plan, inputs: Inputs) -> list[Job]:
        """All jobs of an input.

        Raises:
            UsageError: it arrives over time; or parts would lie among its images.
        """
        jobs = jobs_of(plan)
        holding = {name.replace(os.sep, "/").rpartition("/")[0] for job in jobs for name in job.files}
        own = _place(self.name)
        if any(_place(place) == own for place in (*inputs.paths, *holding)):
            raise UsageError(f"-o {self.name}: holds images of this run; name another folder for parts")
        return jobs

    def earlier(self, folder: Folder) -> Callable[[PartsRun], str]:
        """What there is to say at the end of parts that are there now, and which a run that begins anew removes."""
        there = [part for part in map(Part.parse, folder.names()) if part] if self.anew else []

        def removed(run: PartsRun) -> str:
            others = [
                part for part in there if part.shard.of != run.shards or part != run.part(part.shard.index, part.input)
            ]
            gone = counted(len(others), "part")
            return f"removed {gone} of an earlier run; " if others else ""

        return removed


def _place(name: str) -> str:
    """A folder as one that is compared, whatever it is called."""
    return name.rstrip("/") if is_url(name) else os.path.realpath(name)


def jobs_of(plan: Plan) -> list[Job]:
    """All jobs of an input. Raises UsageError of one that arrives over time."""
    if plan.total is None:
        raise UsageError(
            "-: an input is cut into parts when all of its images are known; give --manifest FILE, or paths"
        )
    return list(plan.jobs)

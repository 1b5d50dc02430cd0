"""What a ranking is asked for: photographs, models, groups, what is listed. Checked before anything is scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.formats import choose_format
from iqa_cli.ground.wording import alternatives, counted, first_few
from iqa_cli.output import ROW_FORMATS, Target
from iqa_cli.plan import Inputs, Plan, build_plan
from iqa_cli.plan.inputs import given_twice
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.records import Job
from iqa_cli.registry import FIRST, NONE, Spec
from iqa_cli.tables.report_formats import REPORT_FORMATS

SIMILAR, FOLDER, NO_GROUPS = GROUPINGS = ("similar", "folder", "none")
FORMATS = {**ROW_FORMATS, **REPORT_FORMATS}  # a table is written when all is known


@dataclass(frozen=True)
class Wanted:
    """How photographs are grouped, and which of them are listed: see `Ranking.listed`.

    Attributes:
        grouping: one of GROUPINGS.
        top: how many from the top.
        worst: how many of the worst.
        keep_best: whether names are printed instead of a table.
        null: whether a NUL byte ends each of them.

    Raises:
        UsageError: there is no such grouping, or two of these do not go together.
    """

    grouping: str = SIMILAR
    top: int | None = None
    worst: int | None = None
    keep_best: bool = False
    null: bool = False

    def __post_init__(self):
        if self.grouping not in GROUPINGS:
            raise UsageError(f"--group {self.grouping}: photographs are grouped by {alternatives(list(GROUPINGS))}")
        if self.top is not None and self.worst is not None:
            raise UsageError("--top lists the best, --worst the worst: give one of them")
        if self.null and not self.keep_best:
            raise UsageError("--null ends the names of --keep-best: give both, or none")

    def listed(self, ranking: Ranking) -> list[Photograph]:
        """The photographs to show, or to name."""
        return ranking.listed(self.top, self.worst, self.keep_best)


def plan_photographs(inputs: Inputs, specs: Sequence[Spec]) -> tuple[tuple[Job, ...], tuple[str, ...]]:
    """A job for each photograph, once, and what must be said of the plan.

    Args:
        inputs: paths as typed; a list on standard input is read to its end.
        specs: the models.

    Raises:
        UsageError: a model needs a reference, or the paths make no plan.
    """
    if needy := [spec.name for spec in specs if spec.full_reference]:
        verb = "compares" if len(needy) == 1 else "compare"
        raise UsageError(
            f"{first_few(needy)} {verb} with a reference, and photographs have none: take a model such as "
            f"{FIRST[NONE]}; iqa compare ranks results against a reference"
        )
    if not inputs.paths:
        raise UsageError("nothing to rank: give photographs, folders of them, or - for paths on standard input")
    plan: Plan = build_plan(inputs, False)
    jobs = list(plan.jobs)
    once = tuple({str(Path(job.image).absolute()): Job(job.image) for job in reversed(jobs)}.values())[::-1]
    messages = [message for message in plan.messages if message not in given_twice(job.image for job in jobs)]
    if len(once) < len(jobs):
        messages.append(f"{counted(len(jobs) - len(once), 'photograph')} given before: each is ranked once")
    if not once:
        raise UsageError("nothing to rank: no path came on standard input")
    return once, tuple(messages)


def written_targets(
    wanted: Wanted,
    format: str | None,
    output: Sequence[Path] | None,
    stdout_is_tty: bool,
    choose: Callable[[str | None], tuple[Target, ...]],
) -> tuple[Target, ...]:
    """What is written, to files and to standard output, which the names of `--keep-best` have for themselves.

    Where only files are named, and their suffixes tell their formats, `--format` is that of standard output. What
    `--top` or `--worst` lists goes there, too, for files have all photographs.

    Args:
        wanted: what is listed.
        format: `--format`.
        output: each `-o`.
        stdout_is_tty: whether a person looks, who is shown a table.
        choose: gives the outputs that `-o` names, from their one format or None.

    Raises:
        UsageError: names are not all that is to go to standard output, or as `choose_targets`.
    """
    files = output or ()
    alone = bool(files) and Path("-") not in files
    suffixes = {known.suffix for known in FORMATS.values()}
    told = alone and all(file.suffix.lower() in suffixes for file in files)
    if wanted.keep_best:
        if not (alone or not files) or (format is not None and (told or not files)):
            raise UsageError(
                "--keep-best prints names on standard output: name a FILE for the rows with -o, without -f"
            )
        return choose(format) if files else ()
    targets = choose(None if told else format)
    if alone and (wanted.top or wanted.worst or (told and format is not None)):
        targets += (Target(choose_format(format if told else None, None, stdout_is_tty, FORMATS)),)
    return targets

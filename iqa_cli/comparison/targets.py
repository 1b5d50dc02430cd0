"""What a comparison is asked for: statistics and files. Checked before anything is scored, without SciPy and torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import alternatives
from iqa_cli.jobs import Target
from iqa_cli.output import ROW_FORMATS, Columns, choose_format, has_rows, job_key, read_kept
from iqa_cli.plan.methods import IMAGE, METHOD
from iqa_cli.records import Job, Record
from iqa_cli.tables.report_formats import REPORT_FORMATS

FORMATS = {**ROW_FORMATS, **REPORT_FORMATS}  # a table is written when all is known


@dataclass(frozen=True)
class ComparisonProtocol:
    """How the statistics are computed: draws of the bootstrap, and the seed of draws and sign patterns."""

    resamples: int = 1000
    seed: int = 0


def choose_targets(
    explicit: str | None, outputs: Sequence[Path], page: Path | None, stdout_is_tty: bool
) -> tuple[Target, ...]:
    """What `--format` and each `-o` ask for; without any file, stdout. `page` is the file of `--html`.

    Raises UsageError for an unknown format or suffix, and for stdout in the place of a file.
    """
    if explicit is not None and len(outputs) > 1:
        raise UsageError(f"--format {explicit} cannot stand for several files: leave it out, their suffixes tell")
    if page is not None and str(page) == "-":
        raise UsageError("--html - : a page needs a name, its images may lie beside it; name a file")
    paths = [None if str(output) == "-" else output for output in outputs] or [None]
    if paths.count(None) > 1:
        raise UsageError("-: asked for twice; name different files")
    return tuple(Target(choose_format(explicit, path, stdout_is_tty, FORMATS), path) for path in paths)


def kept_rows(targets: Sequence[Target], columns: Columns, jobs: Sequence[Job]) -> list[Record]:
    """The rows of an earlier run, from the first file that holds some.

    Raises UsageError when no file takes rows, or a method has other files now than it had then.
    """
    files = [target for target in targets if target.path is not None and target.streams]
    if not files:
        suffixes = alternatives([format.suffix for format in ROW_FORMATS.values() if format.reader])
        raise UsageError(f"--resume needs -o FILE{suffixes}: it reads the rows of an earlier run there")
    there = [(path, target.format) for target in files if (path := target.path) and has_rows(path, target.format)]
    if not there:
        return []
    file, format = there[0]
    kept = read_kept(file, format, columns)
    planned = {(job.extra[METHOD], job.extra[IMAGE]): job_key(job) for job in jobs}
    for record in kept:
        extra = record.job.extra
        if planned.get((extra[METHOD], extra[IMAGE]), job_key(record.job)) != job_key(record.job):
            raise UsageError(
                f"{file}: has {record.job.image} for {extra[METHOD]}, which is another file now; "
                "give the method another name, or choose another FILE"
            )
    return kept

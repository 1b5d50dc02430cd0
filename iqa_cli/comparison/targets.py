"""What a comparison is asked for: models, statistics, files. Checked before it scores, without SciPy and torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.jobs import Rows
from iqa_cli.output import ROW_FORMATS, job_key
from iqa_cli.plan.methods import IMAGE, METHOD
from iqa_cli.records import Job
from iqa_cli.registry import FIRST, FULL
from iqa_cli.tables.report_formats import REPORT_FORMATS

DEFAULT_MODELS = (FIRST[FULL], "psnr")  # where none is named
FORMATS = {**ROW_FORMATS, **REPORT_FORMATS}  # a table is written when all is known


@dataclass(frozen=True)
class ComparisonProtocol:
    """How the statistics are computed: draws of the bootstrap, and the seed of draws and sign patterns."""

    resamples: int = 1000
    seed: int = 0


def check_page_name(page: Path | None) -> None:
    """Raises UsageError for stdout in the place of the file of `--html`."""
    if page is not None and str(page) == "-":
        raise UsageError("--html -: a page needs a name, its images may lie beside it; name a file")


def check_methods(rows: Rows, jobs: Sequence[Job]) -> None:
    """Raises UsageError where rows are kept of a method that has other files now than it had then."""
    planned = {(job.extra[METHOD], job.extra[IMAGE]): job_key(job) for job in jobs}
    for record in rows.kept:
        extra = record.job.extra
        if planned.get((extra[METHOD], extra[IMAGE]), job_key(record.job)) != job_key(record.job):
            raise UsageError(
                f"{first_few(rows.resumed)}: has {record.job.image} for {extra[METHOD]}, which is another file "
                "now; give the method another name, choose another FILE, or --overwrite this one"
            )

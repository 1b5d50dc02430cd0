"""From a plan to what a comparison writes: rows as they are scored, one document, tables when all is known."""

from collections.abc import Collection, Sequence
from contextlib import closing
from itertools import combinations
from math import isinf
from typing import TYPE_CHECKING, Any, TextIO

from iqa_cli.comparison.answer import answer
from iqa_cli.comparison.findings import Comparison, compare
from iqa_cli.comparison.method_grids import image_grids, summary_grids
from iqa_cli.comparison.targets import ComparisonProtocol
from iqa_cli.jobs import Rows, score_jobs
from iqa_cli.output import Target, job_key
from iqa_cli.plan.methods import MethodsPlan
from iqa_cli.records import ModelInfo, Record
from iqa_cli.tables.latex import LatexStyle
from iqa_cli.tables.report_formats import REPORT_FORMATS
from iqa_cli.terminal import Terminal

if TYPE_CHECKING:
    from iqa_cli.engine.session import Session


def compare_plan(
    plan: MethodsPlan,
    session: "Session",
    protocol: ComparisonProtocol = ComparisonProtocol(),
    rows: Rows | None = None,
    terminal: Terminal | None = None,
) -> tuple[Comparison, list[Record]]:
    """Score what is planned, write its rows, and compare the methods by them.

    Args:
        plan: methods and images.
        session: the models.
        protocol: how the statistics are computed.
        rows: where rows are written, and those kept from an earlier run.
        terminal: as of `score_jobs`.

    Returns:
        The comparison, which a JSON document among the rows holds too, and the records of the plan.

    Raises IqaError when nothing is left to compare.
    """
    planned = {job_key(job) for job in plan.jobs}
    kept = rows.kept if rows else ()
    records = [record for record in kept if job_key(record.job) in planned]  # the file may know more methods
    found: list[Comparison] = []

    def conclude() -> dict[str, Any]:
        found.append(compare(plan, records, session.models, session.meta, protocol))
        return {"comparison": to_document(found[0])}

    with closing(score_jobs(session, plan.jobs, rows, terminal=terminal, conclude=conclude)) as new:
        for record in new:
            records.append(record)
    return found[0], records


def write_tables(
    found: Comparison,
    targets: Sequence[Target],
    most: int,
    terminal: Terminal,
    said: Collection[str | None] = (),
    latex: LatexStyle = LatexStyle(),
) -> bool:
    """Write the targets that are tables. A file that cannot be written is told and costs no other.

    Args:
        found: the comparison.
        targets: all of the run; those of rows are passed over.
        most: images of each kind, none in LaTeX, which is for a paper.
        terminal: where a table goes that has no file, and what could not be written.
        said: notes that stand on stderr, which are not repeated on the same screen.
        latex: what tables in LaTeX show.

    Returns:
        Whether all were written.
    """
    written = True
    for target in targets:
        if target.streams:
            continue
        if target.path is None:
            notes = [note for note in found.notes if note not in said] if terminal.interactive else found.notes
            _write_table(found, notes, target.format, most, terminal.stdout, latex)
            continue
        try:
            with target.path.open("w", encoding="utf-8") as stream:
                _write_table(found, found.notes, target.format, most, stream, latex)
        except OSError as error:
            terminal.error(f"{target.path}: cannot be written ({error.strerror})")
            written = False
    return written


def to_document(found: Comparison) -> dict[str, Any]:
    """Methods, images, and by model a row a method; agreement between models; notes.

    A single image has `ranks` by model and candidate instead of summaries: its scores are in the rows. What JSON
    cannot hold is null: where a mean is infinite, `infinite` says so.
    """
    return {
        "reference": found.reference,
        "methods": found.methods,
        "images": found.images,
        "protocol": vars(found.protocol),
        "summaries": {
            model: [{**vars(row), "infinite": isinf(row.mean)} for row in rows]
            for model, rows in found.summaries.items()
        },
        "ranks": {m.name: _ranks(found, m) for m in found.models} if found.single else {},
        "agreement": [
            {
                "first": first,
                "second": second,
                "srocc": float(found.agreement.srocc[i, j]) if found.agreement else None,
                "krocc": float(found.agreement.krocc[i, j]) if found.agreement else None,
                "same_best": found.same_best.get((first, second)),
            }
            for (i, first), (j, second) in combinations(enumerate(model.name for model in found.models), 2)
        ],
        "notes": found.notes,
        "answer": answer(found),
    }


def _write_table(
    found: Comparison, notes: Sequence[str], format: str, most: int, stream: TextIO, latex: LatexStyle
) -> None:
    summary = list(summary_grids(found))
    if format == "latex":
        REPORT_FORMATS[format].write(latex.apply(summary), notes, stream, answer(found))
        return
    images = image_grids(found, most)
    # A screen is read from its end, a document from its beginning.
    grids = [*images, *reversed(summary)] if format == "table" else [*summary, *images]
    REPORT_FORMATS[format].write(grids, notes, stream, answer(found))


def _ranks(found: Comparison, model: ModelInfo) -> dict[str, int | None]:
    ranks = found.ranks(model)
    return {name: rank or None for name, rank in zip(found.methods, ranks, strict=True)}

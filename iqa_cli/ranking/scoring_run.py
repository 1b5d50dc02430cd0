"""From jobs to a ranking: scored, seen and grouped; rows are written as they are scored, and ranked at the end."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iqa_cli.jobs import Rows, score_jobs
from iqa_cli.output import Columns, Target
from iqa_cli.ranking.glances import Glances, Keep
from iqa_cli.ranking.grouping import rank
from iqa_cli.ranking.photographs import Ranking
from iqa_cli.ranking.ranking_rows import bare, glance_in, rows_of, to_document, unranked
from iqa_cli.ranking.requests import SIMILAR, Wanted
from iqa_cli.records import Job, Record
from iqa_cli.terminal import Terminal, silent

if TYPE_CHECKING:
    from iqa_cli.engine.session import Session


@dataclass
class _Run:
    """What a run knows so far."""

    session: "Session"
    order: dict[str, int]
    wanted: Wanted
    glances: Glances
    records: dict[str, Record] = field(default_factory=dict)
    _ranked: tuple[int, Ranking] | None = None  # of so many records

    def ranking(self) -> Ranking:
        """Of all that is scored by now."""
        if self._ranked is None or self._ranked[0] != len(self.records):
            self._ranked = len(self.records), self._rank()
        return self._ranked[1]

    def _rank(self) -> Ranking:
        meanings = {executor.spec.name: executor.meaning for executor in self.session.executors}
        records = sorted(self.records.values(), key=lambda record: self.order[record.job.image])
        found = self.glances.all()
        return rank(records, found, self.session.models, meanings, self.wanted.grouping, self.session.meta)

    def arrange(self, records: Sequence[Record], target: Target) -> list[Record]:
        """Files that a later run can go on from get all rows, of other photographs last; others what is listed."""
        ranking = self.ranking()
        if not target.resumable:
            return rows_of(self.wanted.listed(ranking), ranking, self.records)
        others = [record for record in records if record.job.image not in self.records]
        return [*rows_of(ranking.photographs, ranking, self.records), *others]


def rank_photographs(
    jobs: Sequence[Job],
    session: "Session",
    wanted: Wanted = Wanted(),
    rows: Rows | None = None,
    terminal: Terminal | None = None,
    keep: Keep | None = None,
) -> Ranking:
    """Score photographs, write their rows, and rank them.

    Args:
        jobs: one a photograph.
        session: no-reference models; the first ranks.
        wanted: how they are grouped, and which rows go to outputs that no later run reads.
        rows: where rows are written, and those kept from an earlier run. Their photographs are decoded once more where
            fingerprints or thumbnails need it.
        terminal: as of `score_jobs`.
        keep: takes the pixels of each photograph, for its thumbnail.

    Raises:
        UsageError, IqaError: as `score_jobs`.
    """
    terminal, rows = terminal or silent(), rows or Rows(Columns(False, None, ()))
    order = {job.image: place for place, job in enumerate(jobs)}
    run = _Run(session, order, wanted, Glances(wanted.grouping == SIMILAR, keep))
    kept = {record.job.image: (bare if record.job.image in order else unranked)(record) for record in rows.kept}
    for record in rows.kept:
        if record.job.image in order:
            run.records[record.job.image] = kept[record.job.image]
            if glance := glance_in(record):
                run.glances.found[record.job.image] = glance
    if run.records and (run.glances.fingerprints or keep):
        with rows.tally.preparing(), terminal.progress(len(run.records), "looking again") as advance:
            for look in session.look([record.job for record in run.records.values()], maps=False):
                run.glances.see(look)
                advance(1)

    def conclude() -> dict[str, Any]:
        return {"ranking": to_document(run.ranking())}

    arranged = replace(rows, kept=list(kept.values()), arrange=run.arrange)
    scored = score_jobs(session, jobs, arranged, seen=run.glances.see, terminal=terminal, conclude=conclude)
    with closing(scored) as new:
        for record in new:
            run.records[record.job.image] = record
    return run.ranking()

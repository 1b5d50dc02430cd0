"""One shard of an input, on its way to being a part: what is there of it, and who takes the rows that are not."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from iqa_cli import __version__
from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.jobs import Rows
from iqa_cli.output import Columns, Tally, by_jobs
from iqa_cli.output.arranging import Described
from iqa_cli.output.run_facts import MACHINE, facts_of
from iqa_cli.parts.outage import before_scoring
from iqa_cli.parts.part_files import Chunks, conclude, progress_of, read_told, tidy, told_of, write_part
from iqa_cli.parts.part_names import ROWS, RUN, SUCCESS, Part
from iqa_cli.parts.part_run import PartsRun, read_run_of
from iqa_cli.parts.rows_there import RowsThere, is_whole, rows_there, stands
from iqa_cli.parts.shard_locks import alone, clear_alone
from iqa_cli.parts.shards import Cut, Shard
from iqa_cli.records import Job, Record
from iqa_cli.storage.folder import Folder


@dataclass(frozen=True)
class Finished:
    """A part that is there without any scoring: its file, how many rows it has, and how many of them failed.

    It was there already, or was `made` of rows that were.
    """

    name: str
    rows: int
    failed: int
    made: bool = False


@dataclass(frozen=True)
class ShardRun:
    """The run over one shard; `rows` makes `jobs.score_jobs` write its part.

    A shard has a part, or rows of it that a killed run has left, or an older part, of an input that has changed since:
    rows of these are kept for the images that are still there, and as they were (`rows_there`).

    Attributes:
        folder: of the parts.
        cut: the input.
        shard: which of it.
        columns: of the rows, with `extra` known.
        format: of the part, a name of `ROW_FORMATS` that has an encoder.
        again: score the rows again that failed, of a part that is there, too.
        anew: remove the part that is there first, and all that a run with other options has left in the folder.
    """

    folder: Folder
    cut: Cut
    shard: Shard
    columns: Columns
    format: str
    again: bool = False
    anew: bool = False

    @property
    def jobs(self) -> Sequence[Job]:
        """Those of the shard, in order."""
        return self.cut.shards[self.shard.index]

    def run(self, facts: Mapping[str, Any]) -> PartsRun:
        """What the part has in common with all others; `facts` make its scores."""
        return PartsRun(self.shard.of, self.format, self.columns.names, facts)

    def part(self, run: PartsRun) -> Part:
        """The part that is there in the end."""
        return run.part(self.shard.index, self.cut.digests[self.shard.index])

    def finished(self, facts: Mapping[str, Any]) -> Finished | None:
        """The part, where it is there and nothing of it is to be scored again; `_SUCCESS` is seen to, as at its end.

        Raises:
            UsageError: it has rows of other files, see `stands`.
            IqaError: the folder cannot be read or written to.
        """
        run = self.run(facts)
        part = self.part(run)
        if self.anew or (entry := self.folder.entries().get(part.name)) is None:
            return None
        if not is_whole(read_told(self.folder, part) or {}, entry):
            return None
        told = told_of(self.folder, part)
        if not stands(self.folder, part, told, entry, self.jobs, self.columns) or (self.again and told["failed"]):
            return None
        with suppress(UsageError), alone(self.folder, part):  # a kill may have come after the part and before that
            tidy(self.folder, part)
        conclude(self.folder, run, self.cut.digests)
        return Finished(self.folder.called(part.name), told["rows"], told["failed"])

    def completed(self, rows: Rows, run: PartsRun) -> Finished | None:
        """The part, made of rows that are there where nothing is left to score; no model is asked.

        Args:
            rows: see `rows`.
            run: the folder's.

        Raises:
            UsageError: another process has the shard.
            IqaError: the folder cannot be read or written to.
        """
        records, part = list(by_jobs(rows.kept, self.jobs)), self.part(run)
        if len(records) < len(self.jobs):
            return None
        started = [taker.started for taker in rows.takers if isinstance(taker, _Taker)]
        with alone(self.folder, part):
            told = {"started": min(started), "ended": _now(), "seconds": 0.0, "iqa": __version__}
            write_part(self.folder, run, part, self.columns, records, told)
        conclude(self.folder, run, self.cut.digests)
        failed = sum(record.error is not None for record in records)
        return Finished(self.folder.called(part.name), len(records), failed, made=True)

    def note(self, facts: Mapping[str, Any]) -> str:
        """How many of the parts are there, in words. Raises IqaError where that cannot be told."""
        now = progress_of(self.folder, self.run(facts), self.cut.digests)
        if not now.missing:
            whole = "its part is" if len(now.parts) == 1 else f"all {len(now.parts)} parts are"
            return f"{self.folder.name}/: {whole} there ({SUCCESS})"
        lacking = first_few([part.shard for part in now.missing])
        return f"{self.folder.name}/: {len(now.parts) - len(now.missing)} of {len(now.parts)} parts; missing: {lacking}"

    def rows(self, tally: Tally, facts: Mapping[str, Any] | None) -> Rows:
        """The rows of the run over `jobs`, for `jobs.score_jobs`: those that are there are kept.

        Args:
            tally: of the run.
            facts: that rows which are there were made with: of the folder's run. None where none has begun, or what is
                there does not count.

        Raises:
            UsageError: rows that are there cannot be read.
        """
        started, there = _now(), RowsThere((), 0, ())  # before any image is looked at
        if facts is not None and not self.anew:
            there = rows_there(self.folder, self.part(self.run(facts)), self.jobs, self.columns, self.again)
        tally.changed = there.changed
        taker = _Taker(self, there.kept, tally, started)
        return Rows(self.columns, kept=there.kept, tally=tally, takers=(taker,), remarks=there.remarks)


@dataclass
class _Taker:
    """Takes the rows of a shard: into chunks while it is under way, into its part at the end."""

    of: ShardRun
    kept: Sequence[Record]
    tally: Tally
    started: str
    _new: list[Record] = field(default_factory=list)

    @contextmanager
    def opened(self, session: Described) -> Iterator["_Taker"]:
        """The folder is this run's, and the shard this process's alone; in the end its part is there.

        Raises:
            UsageError: the folder is another run's or cannot be written to, or another process has the shard.
        """
        of = self.of
        part = of.part(run := of.run(facts_of(session.meta)))
        with alone(of.folder, part):
            if of.anew:
                self._forget(run, part)
            with before_scoring():
                run.begin(of.folder)
            conclude(of.folder, run, of.cut.digests)
            self._chunks = Chunks(of.folder, part, of.columns)
            try:
                yield self
                self._finish(run, part, session)
            except BaseException:
                self._chunks.flush()
                self._leave_nothing_empty()
                raise

    def _finish(self, run: PartsRun, part: Part, session: Described) -> None:
        of, records = self.of, list(by_jobs([*self.kept, *self._new], self.of.jobs))
        if len(records) < len(of.jobs):  # whoever took the rows left early
            self._chunks.flush()
            return
        if self._new or not is_whole(read_told(of.folder, part) or {}, of.folder.entries().get(part.name)):
            machine = {name: session.meta[name] for name in ("iqa", *MACHINE) if name in session.meta}
            told = {"started": self.started, "ended": _now(), "seconds": round(self.tally.seconds, 3), **machine}
            write_part(of.folder, run, part, of.columns, records, told)
        conclude(of.folder, run, of.cut.digests)

    def write(self, record: Record) -> None:
        """Take a row. Raises IqaError where the folder cannot be written to any more."""
        self._new.append(record)
        self._chunks.add(record)

    def _leave_nothing_empty(self) -> None:
        """A run that ends before the first row binds the folder to no options: they may be why it was ended."""
        folder = self.of.folder
        if not any((self.kept, folder.names(ROWS), any(map(Part.parse, folder.names())))):
            folder.remove(RUN)

    def _forget(self, run: PartsRun, part: Part) -> None:
        """Remove what is there of this shard; of a run with other options all that there is, unless it goes on."""
        folder = self.of.folder
        before = read_run_of(folder)
        if before is None or not run.goes_with(before):
            clear_alone(folder, part)
            return
        for name in [*folder.names(), *folder.names(ROWS)]:
            if part.replaces(older := Part.parse(name)) or older == part or part.has_chunk(name):
                folder.remove(name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What an actor does: it opens the models once, and then scores shard by shard, each into its part."""

from __future__ import annotations

import os
import pickle
import socket
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from iqa_cli.cluster.shard_counts import SECONDS
from iqa_cli.errors import IqaError, UsageError
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import Columns, Tally
from iqa_cli.parts import Cut, Shard, ShardRun, read_run_of
from iqa_cli.records import Job, Record, Score
from iqa_cli.storage.access import exists
from iqa_cli.storage.folder import open_folder
from iqa_cli.weights.ready import find_models

if TYPE_CHECKING:
    from iqa_cli.engine.session import Session

ATTEMPTS = 5  # at a shard whose process dies: an image that kills it must not keep a cluster busy for ever


@dataclass(frozen=True)
class ClusterTask:
    """What all actors of a run know.

    Attributes:
        folder: where parts go: a URL, or a path that every node has.
        digests: of the shards, as `parts.Cut` has them.
        columns: of the rows.
        format: of the parts.
        again: score rows again that failed.
        models: their names.
        options: of the engine, with the device and the threads of an actor.
        explain: tell flaws, too.
        place: the folder that relative names are relative to.
        witness: a file of this machine that every node has to see, too; None where images are at URLs.
    """

    folder: str
    digests: Sequence[str]
    columns: Columns
    format: str
    again: bool
    models: Sequence[str]
    options: EngineOptions
    explain: bool
    place: str
    witness: str | None


@dataclass(frozen=True)
class Outcome:
    """What came of a shard: its rows, without details, or why the run cannot go on."""

    shard: int
    records: Sequence[Record] = ()
    kept: int = 0
    changed: int = 0
    remarks: Sequence[str] = ()
    error: Exception | None = None
    trace: str = ""
    given_up: bool = False


class ShardWorker:
    """Called by Ray Data with a batch of shards, `shard` and `jobs`; gives for each its `outcome`, pickled.

    It never raises: what goes wrong is an outcome, which the driver tells in one line.
    """

    def __init__(self, task: ClusterTask, counts: Any = None):
        self._task, self._counts = task, counts

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The outcomes of the shards of a batch."""
        shards = zip(batch["shard"], batch["jobs"], strict=True)
        return {"outcome": [pickle.dumps(self._outcome(int(shard), unpacked(jobs))) for shard, jobs in shards]}

    def _outcome(self, shard: int, jobs: Sequence[Job]) -> Outcome:
        try:
            if self._begun(shard) > ATTEMPTS:
                return Outcome(shard, given_up=True)
            return self._scored(shard, jobs)
        except IqaError as error:
            return Outcome(
                shard, error=type(error)(f"node {socket.gethostname()}: {error}"), trace=traceback.format_exc()
            )
        except Exception as error:  # a fault of ours, or of the machine
            told = f"node {socket.gethostname()}: {type(error).__name__}: {error}; --debug tells more"
            return Outcome(shard, error=IqaError(told), trace=traceback.format_exc())

    def _scored(self, shard: int, jobs: Sequence[Job]) -> Outcome:
        from iqa_cli.jobs import score_jobs
        from iqa_cli.output.run_facts import facts_of

        task, session = self._task, self._session
        shards: list[Sequence[Job]] = [()] * len(task.digests)
        shards[shard] = jobs
        run = ShardRun(
            open_folder(task.folder), Cut(shards, task.digests), Shard(shard, len(shards)), task.columns, task.format,
            task.again,
        )  # fmt: skip
        rows = run.rows(Tally(), facts_of(session.meta))
        with closing(score_jobs(session, jobs, rows)) as scored:
            records = [bare(record) for record in self._counted(shard, rows.kept, scored)]
        return Outcome(shard, records, len(rows.kept), rows.tally.changed, rows.remarks)

    def _counted(self, shard: int, kept: Sequence[Record], scored: Iterable[Record]) -> Iterator[Record]:
        """All of them; whoever looks at the bar hears of it now and then."""
        told = monotonic()
        yield from kept
        for number, record in enumerate(scored, len(kept) + 1):
            if self._counts is not None and monotonic() - told > SECONDS:
                self._counts.see.remote(shard, number)
                told = monotonic()
            yield record
        if self._counts is not None:
            self._counts.end.remote(shard)

    @cached_property
    def _session(self) -> Session:
        """The models, opened when the first shard comes, on a node that sees what the driver sees."""
        from iqa_cli.engine.session import open_session

        task = self._task
        if Path(task.place).is_dir():
            os.chdir(task.place)
        if task.witness and not exists(task.witness):
            raise UsageError(f"does not see {task.witness}: images lie where every node has them, or give URLs")
        if read_run_of(open_folder(task.folder)) is None:
            raise UsageError(f"does not see {task.folder}: parts go where every node has them, or give -o s3://.../")
        return open_session(find_models(task.models), task.options, task.explain)

    def _begun(self, shard: int) -> int:
        """How often this shard was begun, this time among them."""
        if self._counts is None:
            return 1
        import ray

        try:
            return ray.get(self._counts.begin.remote(shard), timeout=60)
        except ray.exceptions.RayError:  # who counts is gone: what matters is the shard
            return 1


def packed(jobs: Sequence[Job]) -> bytes:
    """The jobs of a shard on their way to an actor."""
    return pickle.dumps([replace(job, extra=dict(job.extra)) for job in jobs])


def unpacked(data: bytes) -> list[Job]:
    """They, again."""
    return pickle.loads(data)


def bare(record: Record) -> Record:
    """A row as a driver needs it: for its tally and thresholds, not for its part."""
    scores = {name: Score(score.value, score.status, {}) for name, score in record.scores.items()}
    return replace(record, job=Job(record.job.image, record.job.reference, {}), scores=scores, notes=())

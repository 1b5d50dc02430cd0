"""The driver of a run on a cluster: it says what is to be done, hands out shards, and tells what came of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from iqa_cli.cluster.actor_layout import Layout, layout_of
from iqa_cli.cluster.connecting import connected, nodes_of
from iqa_cli.cluster.handing_out import outcomes
from iqa_cli.cluster.shard_counts import Meter, ShardCounts, following
from iqa_cli.cluster.shard_worker import ClusterTask, Outcome, packed
from iqa_cli.errors import IqaError
from iqa_cli.ground.wording import counted, first_few, said, shortened
from iqa_cli.output import Tally
from iqa_cli.output.error_lines import ErrorLines
from iqa_cli.parts import Cut, PartsRun, Shard, ShardRun, conclude, progress_of
from iqa_cli.parts.outage import before_scoring
from iqa_cli.parts.part_files import tidy, told_of
from iqa_cli.parts.part_names import ROWS
from iqa_cli.parts.rows_there import stands
from iqa_cli.records import Record
from iqa_cli.registry import Spec
from iqa_cli.storage.folder import Folder
from iqa_cli.terminal import Terminal


@dataclass(frozen=True)
class ClusterRun:
    """A run over all shards of an input.

    Attributes:
        address: of the cluster.
        folder: of the parts.
        cut: the input.
        run: what the parts have in common.
        task: what actors are told, but for their device and threads.
        specs: the models.
        everything: give the rows of parts that are there, too.
        debug: let Ray say what it has to say.
    """

    address: str
    folder: Folder
    cut: Cut
    run: PartsRun
    task: ClusterTask
    specs: Sequence[Spec]
    everything: bool = False
    debug: bool = False

    def score(self, tally: Tally, terminal: Terminal) -> Iterator[Record]:
        """Score what no part has: a record a row, without details, shard by shard as they are done.

        Raises:
            UsageError: the folder is another run's, or a node does not see what it must.
            IqaError: there is no such cluster, or a shard was given up.
        """
        with before_scoring():
            self.run.begin(self.folder)
        conclude(self.folder, self.run, self.cut.digests)  # of an input that has changed there is no success any more
        tally.begin(None, (), None)
        todo: list[int] = []
        for shard, told in self._todo():
            if told is None:
                todo.append(shard)
                continue
            tally.count(told["rows"], told["failed"])
            tally.kept += told["rows"]
            if self.everything:
                yield from self._kept(shard)
        left = sum(len(self.cut.shards[shard]) for shard in todo)
        tally.total = tally.rows + left
        complete = False
        try:
            lost = (yield from self._scored(todo, left, tally, terminal)) if todo else set[int]()
            complete = conclude(self.folder, self.run, self.cut.digests) and not lost  # an older part may be there
            self._tidy()
        finally:
            tally.end(complete)
        if not complete:
            now = progress_of(self.folder, self.run, self.cut.digests)
            lacking = [part.place for shard, part in enumerate(now.parts) if shard in lost or part in now.missing]
            raise IqaError(
                f"{self.folder.name}/: {counted(len(lacking), 'part')} not made, {first_few(lacking)}: "
                "the processes that scored them died again and again; the same command tries them once more"
            )

    def _scored(
        self, todo: Sequence[int], left: int, tally: Tally, terminal: Terminal
    ) -> Generator[Record, None, set[int]]:
        """The rows of shards; returns the shards that were given up, or of which nothing came."""
        options, errors, lost = self.task.options, ErrorLines(terminal), set(todo)
        with connected(self.address, self.debug) as ray:
            layout = layout_of(nodes_of(ray), options.device, options.threads, self._computes)
            terminal.info(f"Ray: {counted(len(todo), 'shard')} on {layout.in_words}")
            counts = ray.remote(num_cpus=0, max_restarts=-1)(ShardCounts).remote()
            with (
                terminal.progress(left, "scoring") as advance,
                following(ray, counts, meter := Meter(advance), terminal.interactive),
                closing(self._outcomes(ray, layout, todo, counts)) as found,
            ):
                for outcome in found:
                    if outcome.error is not None:
                        if self.debug:
                            terminal.info(outcome.trace)
                        raise outcome.error
                    if not outcome.given_up:
                        lost.discard(outcome.shard)
                    tally.kept += outcome.kept
                    tally.changed += outcome.changed
                    for remark in outcome.remarks:
                        terminal.warn(remark)
                    for record in outcome.records:
                        tally.see(record)
                        if record.error:
                            errors.tell(record.error)
                        yield record
                    meter.end(outcome.shard, len(outcome.records))
        errors.end()
        return lost

    @property
    def _computes(self) -> bool:
        return not all(spec.formula or self.task.options.in_onnx(spec) for spec in self.specs)

    def _todo(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """All shards with what is told of the parts that are there, None of those to be scored.

        Raises UsageError where a part has rows of other files.
        """
        now = progress_of(self.folder, self.run, self.cut.digests)
        missing, there = set(now.missing), self.folder.entries()
        for shard, (part, jobs) in enumerate(zip(now.parts, self.cut.shards, strict=True)):
            told = None if part in missing else told_of(self.folder, part)
            whole = told and stands(self.folder, part, told, there.get(part.name), jobs, self.task.columns)
            yield shard, told if told and whole and not (self.task.again and told["failed"]) else None

    def _tidy(self) -> None:
        """Remove what a process has left that died between its part and its last word: rows of parts that are there."""
        now, rows = progress_of(self.folder, self.run, self.cut.digests), self.folder.names(ROWS)
        for part in set(now.parts) - set(now.missing) if rows else ():
            if any(map(part.has_chunk, rows)):
                tidy(self.folder, part)

    def _kept(self, shard: int) -> Sequence[Record]:
        """The rows of a part that is there."""
        of = Shard(shard, self.run.shards)
        return ShardRun(self.folder, self.cut, of, self.task.columns, self.run.rows).rows(Tally(), self.run.facts).kept

    def _outcomes(self, ray: Any, layout: Layout, todo: Sequence[int], counts: Any) -> Generator[Outcome, None, None]:
        """What comes of each shard, in the order in which they are done."""
        task = replace(self.task, options=replace(self.task.options, device=layout.device, threads=layout.cpus))
        shards = [{"shard": shard, "jobs": packed(self.cut.shards[shard])} for shard in todo]
        try:
            yield from outcomes(ray, self.address, shards, task, layout, counts, self.debug)
        except Exception as error:  # Ray wraps what there is to say in many ways
            told = said(error).partition(" class_name:")[0]
            raise IqaError(f"Ray ended the run: {shortened(told, 200)}; the same command goes on with it") from error

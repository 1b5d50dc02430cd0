"""Parts in a folder, of all shards of an input, scored by a cluster: `iqa score -o FOLDER/ --ray`."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from iqa_cli.cluster.actor_layout import shards_for
from iqa_cli.cluster.cluster_address import HERE
from iqa_cli.errors import UsageError
from iqa_cli.jobs import Rows
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import Columns, Tally, choose_format
from iqa_cli.output.run_facts import facts_of
from iqa_cli.parts import Shard, ShardRun, conclude, cut, progress_of, read_run_of, roots_of
from iqa_cli.parts.destinations import FORMATS, Begun, Facts, ToParts
from iqa_cli.parts.outage import before_scoring
from iqa_cli.parts.part_files import told_of
from iqa_cli.parts.part_run import check_layout
from iqa_cli.parts.rows_there import stands
from iqa_cli.parts.shard_locks import clear_alone
from iqa_cli.parts.shard_run import Finished
from iqa_cli.plan import Inputs, Plan
from iqa_cli.records import Record
from iqa_cli.registry import Spec
from iqa_cli.storage.access import exists
from iqa_cli.storage.folder import open_folder
from iqa_cli.storage.names import is_url
from iqa_cli.terminal import Terminal

LOOKED_AT = 20  # jobs, for a file that every node must see


@dataclass(frozen=True)
class ToCluster(ToParts):
    """As `ToParts`, of all shards: as many as the folder has, or, in a new one, some 256 images each.

    Attributes:
        address: of the cluster.
    """

    address: str = HERE

    def check(self, sort: str | None, maps: Path | None) -> None:
        """As of `Destination`."""
        super().check(sort, None)
        if maps is not None:
            raise UsageError("--map: on a cluster nothing is drawn; draw in a run without --ray")

    @before_scoring()
    def begin(self, plan: Plan, inputs: Inputs, columns: Columns, facts: Facts) -> Begun:
        """As of `Destination`."""
        jobs, folder = self.jobs(plan, inputs), open_folder(self.name)
        removed = self.earlier(folder)
        there = read_run_of(folder)
        before = None if self.anew else there
        shards = shards_for(len(jobs)) if before is None else before.shards
        if before is not None:
            check_layout(folder, before, shards, self.format)
        format = self.format or (there.rows if there is not None else FORMATS[0])
        choose_format(format, Path(self.name), False)  # what it needs can be imported
        some = ShardRun(folder, cut(jobs, roots_of(inputs), shards), Shard(0, shards), columns, format, self.again)
        ahead = facts() if before is not None else None
        if before is not None and ahead is not None:
            some.run(ahead).check(folder, before)
        finished = self._finished(some, ahead) if ahead is not None else None
        name = f"{folder.name}/"
        rows = Rows(columns, tally=Tally())

        def note(facts: Mapping[str, Any]) -> str:
            return removed(some.run(facts)) + some.note(facts)

        return Begun(plan, lambda: rows, [name], [name], False, finished, note, partial(self._scored, some))

    def _finished(self, some: ShardRun, facts: Mapping[str, Any]) -> Finished | None:
        run, folder = some.run(facts), some.folder
        now, there = progress_of(folder, run, some.cut.digests), folder.entries()
        if now.missing:
            return None
        told = [told_of(folder, part) for part in now.parts]
        each = zip(told, now.parts, some.cut.shards, strict=True)
        # All are asked, not only those before the first that does not stand: any may have rows of other files.
        whole = [stands(folder, part, of, there.get(part.name), jobs, some.columns) for of, part, jobs in each]
        if not all(whole):
            return None
        rows, failed = (sum(part[name] for part in told) for name in ("rows", "failed"))
        if self.again and failed:
            return None
        conclude(folder, run, some.cut.digests)
        return Finished(f"{folder.name}/", rows, failed)

    def _scored(
        self,
        some: ShardRun,
        specs: Sequence[Spec],
        how: EngineOptions,
        explain: bool,
        meta: Mapping[str, Any],
        tally: Tally,
        terminal: Terminal,
        everything: bool,
    ) -> Generator[Record, None, None]:
        """The rows of all shards: see `ClusterRun.score`."""
        from iqa_cli.cluster.cluster_run import ClusterRun
        from iqa_cli.cluster.shard_worker import ClusterTask
        from iqa_cli.process import typed

        first = (name for shard in some.cut.shards for job in shard[:LOOKED_AT] for name in job.files)
        witness = next((name for name in first if not is_url(name) and exists(name)), None)
        names = tuple(spec.name for spec in specs)
        task = ClusterTask(
            self.name, some.cut.digests, some.columns, some.format, self.again, names, how, explain,
            str(Path.cwd()), witness,
        )  # fmt: skip
        if self.anew:
            clear_alone(some.folder)
        run = ClusterRun(
            self.address, some.folder, some.cut, some.run(facts_of(meta)), task, specs, everything,
            debug="--debug" in typed(),
        )  # fmt: skip
        yield from run.score(tally, terminal)

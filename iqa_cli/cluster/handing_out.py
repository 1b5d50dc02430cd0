"""Ray Data at work: shards in, to actors that score them, outcomes out; here, or on a node of a cluster that is reached
by Ray Client, over which Ray Data itself does not run."""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from iqa_cli.cluster.actor_layout import Layout
from iqa_cli.cluster.cluster_address import CLIENT
from iqa_cli.cluster.shard_worker import ClusterTask, Outcome, ShardWorker

IN_FLIGHT = 2  # shards that an actor has: one under way, one that waits, so that no actor waits itself
Shards = Sequence[Mapping[str, Any]]


def outcomes(
    ray: Any, address: str, shards: Shards, task: ClusterTask, layout: Layout, counts: Any, debug: bool
) -> Generator[Outcome, None, None]:
    """What comes of each shard, in the order in which they are done.

    Args:
        ray: connected.
        address: to what.
        shards: of each its number, `shard`, and its `jobs`, packed.
        task: what actors are told.
        layout: how many there are, and what each has.
        counts: the actor that counts, of `ShardCounts`.
        debug: let Ray say what it has to say.
    """
    if not address.startswith(CLIENT):
        yield from map(pickle.loads, handed_out(ray, shards, task, layout, counts, debug))
        return
    driver = ray.remote(num_cpus=0)(RemoteDriver).remote(shards, task, layout, counts)
    while (outcome := ray.get(driver.outcome.remote())) is not None:
        yield pickle.loads(outcome)


class RemoteDriver:
    """An actor that hands out shards in the place of a driver which is no process of the cluster."""

    def __init__(self, shards: Shards, task: ClusterTask, layout: Layout, counts: Any):
        import ray.data

        self._outcomes = handed_out(ray, shards, task, layout, counts, False)

    def outcome(self) -> bytes | None:
        """The next, pickled; None after the last."""
        return next(self._outcomes, None)


def handed_out(
    ray: Any, shards: Shards, task: ClusterTask, layout: Layout, counts: Any, debug: bool
) -> Iterator[bytes]:
    """The outcomes, pickled; see `outcomes`."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = debug
    context.print_on_execution_start = debug
    context.execution_options.preserve_order = False
    context.max_errored_blocks = -1  # a shard whose actor dies for good is told at the end, and costs no other
    actors = min(layout.actors, len(shards))
    # One block a shard, so that a shard is a task: what is done again when a process or a node has gone.
    done = ray.data.from_items(list(shards), override_num_blocks=len(shards)).map_batches(
        ShardWorker,
        fn_constructor_kwargs={"task": task, "counts": counts},
        batch_size=1,
        batch_format="numpy",
        num_cpus=layout.cpus,
        num_gpus=layout.gpus,
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=actors, initial_size=actors, max_tasks_in_flight_per_actor=IN_FLIGHT
        ),
    )
    for batch in done.iter_batches(batch_size=None, batch_format="numpy", prefetch_batches=0):
        yield from batch["outcome"]

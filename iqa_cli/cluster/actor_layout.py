"""How a run lies over the nodes of a cluster: an actor a group of cores, or a GPU; nothing of Ray is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from iqa_cli.errors import UsageError

CORES = 4  # of a group, where nobody says how many and nodes have as many: one decodes ahead while others compute
IMAGES = 256  # of a shard: minutes of work at most, so that little is on its way when a node goes
SHARDS = 10_000  # at most: each is a file, and folders of more are slow to list


@dataclass(frozen=True)
class Layout:
    """What each actor has, and how many there are.

    Attributes:
        actors: as many as the nodes have room for.
        cpus: cores of each, which it computes and decodes with.
        gpus: of each, 0 or 1.
        device: that its models are on.
    """

    actors: int
    cpus: int
    gpus: int
    device: str

    @property
    def in_words(self) -> str:
        """`3 actors of 4 cores`, `2 actors of 8 cores and a GPU`."""
        actors = "1 actor" if self.actors == 1 else f"{self.actors} actors"
        cores = "1 core" if self.cpus == 1 else f"{self.cpus} cores"
        return f"{actors} of {cores}{' and a GPU' if self.gpus else ''}"


def layout_of(nodes: Sequence[Mapping[str, Any]], device: str, threads: int | None, computes: bool) -> Layout:
    """An actor a GPU where there are some and models can use them, else one a group of cores.

    Args:
        nodes: what each has, as Ray calls it: `{"CPU": 8, "GPU": 1}`.
        device: as typed: auto, cpu, cuda.
        threads: cores of an actor, as typed; None for 4, or as many as the smallest node has.
        computes: whether a model of the run could use a GPU.

    Raises:
        UsageError: a single GPU is named, there is none, or no node has so many cores.
    """
    if device.startswith("cuda:"):
        raise UsageError(f"--device {device}: on a cluster each actor has a GPU of its own: give --device cuda")
    cores = [(int(node.get("CPU", 0)), int(node.get("GPU", 0))) for node in nodes]
    with_gpus = [node for node in cores if node[1] and node[0]]
    if device == "cuda" and not with_gpus:
        raise UsageError("--device cuda: no node of the cluster has a GPU to offer; leave it out, or add one")
    if with_gpus and (device == "cuda" or (device == "auto" and computes)):
        cpus = threads or max(1, min(CORES, *(cpus // gpus for cpus, gpus in with_gpus)))
        actors = sum(min(gpus, had // cpus) for had, gpus in with_gpus)
        layout = Layout(actors, cpus, 1, "cuda")
    else:
        cpus = threads or max(1, min([CORES, *(had for had, _ in cores if had)]))
        layout = Layout(sum(had // cpus for had, _ in cores), cpus, 0, "cpu" if device == "auto" else device)
    if not layout.actors:
        most = max((had for had, _ in cores), default=0)
        raise UsageError(f"--threads {cpus}: no node of the cluster has so many cores to offer, the largest {most}")
    return layout


def shards_for(images: int) -> int:
    """Into how many shards an input is cut that nobody has cut yet: of some 256 images each."""
    return min(SHARDS, max(1, ceil(images / IMAGES)))

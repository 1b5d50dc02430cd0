"""A real cluster of Ray, of several nodes on this machine, and pictures in a bucket, for the tests of `--ray`."""

import json
import os
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from imagery import png

BUCKET = "photos"
STORE = 100 * 2**20  # bytes of a node's object store


def fill(files, count):
    """A bucket with `count` pictures of 32 x 32 px, one that cannot be read, and manifests of all and of the first."""
    rng = np.random.default_rng(0)
    files.mkdir(BUCKET)
    reference = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    names = [f"images/{number:05}.png" for number in range(count)]
    pictures = {
        name: png(np.clip(reference + rng.normal(0, 1 + number / 100, reference.shape), 0, 255).astype(np.uint8))
        for number, name in enumerate(names)
    }
    pictures[names[len(names) // 2]] = b"no picture"
    files.pipe({f"{BUCKET}/{name}": data for name, data in {"reference.png": png(reference), **pictures}.items()})
    for manifest, rows in (("list", names), ("short", names[: count // 10])):
        lines = ["reference,distorted,number", *(f"reference.png,{name},{name[7:12]}" for name in rows)]
        files.pipe(f"{BUCKET}/{manifest}.csv", "\n".join(lines).encode())
    return names


@contextmanager
def ray_cluster(nodes):
    """`nodes` nodes of one core each beside a head that has none; gives the cluster and all but the head."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    each = {"object_store_memory": STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **each})
    try:
        yield cluster, [cluster.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(nodes)]
    finally:
        cluster.shutdown()


def workers_of(node):
    """The processes of a node that score: their ids."""
    raylet = node.all_processes["raylet"][0].process.pid
    return [pid for pid, parent, command in processes() if parent == raylet and "ShardWorker" in command]


def processes():
    """(id, parent, command) of all processes of this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            yield int(folder.name), parent, (folder / "cmdline").read_text()
        except OSError:  # gone meanwhile
            continue


def parts_in(files, folder):
    """The names of the parts that are there."""
    files.invalidate_cache()
    try:
        return sorted(path for path in files.ls(folder, detail=False) if path.rpartition("/")[2].startswith("part-"))
    except FileNotFoundError:
        return []


def rows_in(files, folder):
    """All rows of the parts of a folder, as lines, in order of their text."""
    return sorted(line for part in parts_in(files, folder) for line in files.cat_file(part).splitlines())


def success_in(files, folder):
    """What `_SUCCESS` tells; None where it is not there."""
    files.invalidate_cache()
    return json.loads(files.cat_file(f"{folder}/_SUCCESS")) if files.exists(f"{folder}/_SUCCESS") else None


def wait_for(true, seconds=120):
    """Wait until something is true; what it was then."""
    until = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.2)
    return found

"""`iqa score --ray` on a real cluster of Ray with a real S3 server: nodes and processes die, and no row is lost."""

import json
import os
import signal
import subprocess
from collections import Counter
from importlib.util import find_spec

import pytest
from clusters import BUCKET, fill, parts_in, ray_cluster, rows_in, success_in, wait_for, workers_of
from command_line import ENVIRONMENT, start
from object_store import object_store, reached

NEEDED = ("ray", "moto", "s3fs")
pytestmark = [
    pytest.mark.slow,
    *(pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed: pip install -e '.[cluster-test]'")
      for name in NEEDED),
]  # fmt: skip

IMAGES = 5000
MODELS = ("-m", "psnr", "-m", "ssim")


@pytest.fixture(scope="module")
def server():
    """Environment of a server that has the images, and its files."""
    import s3fs

    with object_store() as store, reached(store):  # the nodes, which this process starts, reach it, too
        files = s3fs.S3FileSystem(use_listings_cache=False)
        fill(files, IMAGES)
        yield {**ENVIRONMENT, **store.environment, "OMP_NUM_THREADS": "1"}, files


@pytest.fixture(scope="module")
def alone(server, tmp_path_factory):
    """`alone("list")`: the rows of `iqa score` on this machine alone, as lines, in order of their text."""
    environment, _ = server
    folder, found = tmp_path_factory.mktemp("alone"), {}

    def rows(manifest):
        if manifest not in found:
            file = folder / f"{manifest}.jsonl"
            score(environment, manifest, file).wait()
            found[manifest] = sorted(file.read_bytes().splitlines())
        return found[manifest]

    return rows


def score(environment, manifest, output, *more):
    return start(
        "score", "--manifest", f"s3://{BUCKET}/{manifest}.csv", *MODELS, "-o", output, *more,
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process):
    out, err = process.communicate(timeout=900)
    assert out == ""  # standard output is for data
    return process.returncode, err


def test_a_worker_and_a_node_die_among_5000_images_and_no_row_is_lost_or_there_twice(server, alone):
    environment, files = server
    folder = f"{BUCKET}/killed"
    with ray_cluster(nodes=3) as (cluster, nodes):
        running = score(environment, "list", f"s3://{folder}/", "--ray", cluster.address)
        wait_for(lambda: parts_in(files, folder))
        victim = wait_for(lambda: [pid for node in nodes[:2] for pid in workers_of(node)])[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: len(parts_in(files, folder)) > 4)
        there = len(parts_in(files, folder))
        cluster.remove_node(nodes[2], allow_graceful=False)
        code, err = ended(running)
    assert there < 20, "the node went when all was done"
    assert code == 1 and "1 failed" in err, err
    rows = rows_in(files, folder)
    named = Counter(json.loads(row)["distorted"] for row in rows)
    assert len(named) == IMAGES and set(named.values()) == {1}
    assert rows == alone("list")
    assert len(parts_in(files, folder)) == 20
    assert success_in(files, folder)["images"] == IMAGES and success_in(files, folder)["failed"] == 1
    assert not files.find(f"{folder}/_rows")


def test_the_parts_are_byte_for_byte_those_of_shards_by_hand(server, alone):
    environment, files = server
    ours, theirs = f"{BUCKET}/ray", f"{BUCKET}/hand"
    with ray_cluster(nodes=2) as (cluster, _):
        code, err = ended(score(environment, "short", f"s3://{ours}/", "--ray", cluster.address))
        assert code == 0, err
        again, told = ended(score(environment, "short", f"s3://{ours}/", "--ray", cluster.address))
        assert again == 0 and "nothing to do" in told
    for shard in range(2):
        assert ended(score(environment, "short", f"s3://{theirs}/", "--shard", f"{shard}/2"))[0] == 0
    read = [{path.rpartition("/")[2]: files.cat_file(path) for path in parts_in(files, of)} for of in (ours, theirs)]
    assert read[0] == read[1] and len(read[0]) == 2
    assert files.cat_file(f"{ours}/_run.json") == files.cat_file(f"{theirs}/_run.json")
    assert success_in(files, ours) == success_in(files, theirs)
    assert rows_in(files, ours) == alone("short")


def test_a_driver_is_killed_and_the_command_typed_again_does_the_rest(server, alone):
    environment, files = server
    folder = f"{BUCKET}/again"
    with ray_cluster(nodes=2) as (cluster, nodes):
        first = score(environment, "list", f"s3://{folder}/", "--ray", cluster.address)
        there = wait_for(lambda: len(parts_in(files, folder)) > 2 and parts_in(files, folder))
        first.kill()
        first.communicate()
        assert success_in(files, folder) is None
        wait_for(lambda: not any(map(workers_of, nodes)))  # Ray ends what a dead driver began
        before = {part: files.info(part)["LastModified"] for part in there}
        code, err = ended(score(environment, "list", f"s3://{folder}/", "--ray", cluster.address))
    assert code == 1 and "1 failed" in err and "kept" in err, err
    assert {part: files.info(part)["LastModified"] for part in there} == before
    assert rows_in(files, folder) == alone("list") and success_in(files, folder)["images"] == IMAGES

"""`iqa score --ray` at the command line, with a worker of this process in the place of those of Ray."""

import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from parted import contents

from iqa_cli.cluster.shard_counts import Meter, ShardCounts
from iqa_cli.cluster.shard_worker import ATTEMPTS, Outcome, ShardWorker, packed
from iqa_cli.command_options import cluster_options

pytestmark = pytest.mark.usefixtures("folder", "asked")
RUN = ("ref.png", "dist", "-m", "psnr")


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_the_parts_are_those_of_shards_by_hand(iqa, asked, format):
    code, err = iqa("--ray", *RUN, "-o", "ray/", "-f", format)
    assert code == 1 and "4 shards on 1 actor of 2 cores" in err and "dist/3.png: cannot be read" in err
    assert "7 rows, 1 failed" in err and asked.addresses == ["here"]
    for shard in range(4):
        iqa(*RUN, "-o", "hand/", "--shard", f"{shard}/4", "-f", format)
    assert contents("ray", "part-*") == contents("hand", "part-*") and len(contents("ray", "part-*")) == 4
    for name in ("_run.json", "_SUCCESS"):
        assert Path("ray", name).read_bytes() == Path("hand", name).read_bytes()


def test_what_a_node_cannot_see_ends_the_run_with_one_line(iqa, monkeypatch):
    monkeypatch.setattr("iqa_cli.cluster.shard_worker.exists", lambda name: False)
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 2 and "does not see ref.png: images lie where every node has them, or give URLs" in err
    assert "Traceback" not in err


def test_a_fault_of_a_worker_is_one_line_and_with_debug_its_traceback(iqa, monkeypatch):
    monkeypatch.setattr(ShardWorker, "_scored", lambda worker, shard, jobs: 1 / 0)
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 1 and "ZeroDivisionError: division by zero; --debug tells more" in err and "Traceback" not in err
    assert "1 / 0" in iqa("--debug", *RUN, "-o", "out/", "--ray")[1]


def test_after_so_many_attempts_a_shard_is_left(monkeypatch):
    counting = ShardCounts()
    assert [counting.begin(3) for _ in range(2)] == [1, 2] and counting.begin(4) == 1
    worker = ShardWorker(None)
    monkeypatch.setattr(worker, "_begun", lambda shard: ATTEMPTS + 1)
    (data,) = worker({"shard": [7], "jobs": [packed([])]})["outcome"]
    assert pickle.loads(data) == Outcome(7, given_up=True)


def test_the_bar_moves_with_the_rows_under_way_and_never_back():
    moved, counts = [], ShardCounts()
    meter = Meter(moved.append)
    counts.see(0, 3)
    counts.see(1, 4)
    meter.look(counts.rows())
    meter.end(0, 10)
    counts.see(1, 2)  # its process died, and another one has fewer
    meter.look({0: 9, 1: 2})
    counts.end(1)
    meter.look(counts.rows())
    meter.end(1, 10)
    assert moved == [7, 3, 2, 8]


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        (("-o", "out.csv"), "give -o FOLDER/ or -o s3://"),
        ((), "give -o FOLDER/ or -o s3://"),
        (("-o", "out/", "--shard", "0/2"), "leave out --shard"),
        (("-m", "iqt-lite", "-o", "out/", "--map", "maps"), "on a cluster nothing is drawn"),
        (("-o", "out/", "--sort", "name"), "--sort: parts have the order of the input"),
        (("-o", "out/", "-f", "csv"), "parts are jsonl or parquet"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_begins(iqa, asked, more, refusal):
    code, err = iqa(*RUN, "--ray", *more)
    assert code == 2 and refusal in err and not asked.addresses


def test_without_the_extra_one_line_names_it(iqa, monkeypatch):
    monkeypatch.setattr(cluster_options, "find_spec", lambda name: None)
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 2 and "--ray needs an optional package: pip install 'iqa-cli[ray]'" in err


def test_an_address_at_which_nobody_answers_is_told_at_once(monkeypatch):
    from iqa_cli.cluster import connecting
    from iqa_cli.errors import IqaError

    monkeypatch.setattr(connecting, "import_ray", lambda: SimpleNamespace(shutdown=lambda: None))
    for address in ("127.0.0.1:9", "ray://127.0.0.1:9"):
        with pytest.raises(IqaError, match="no cluster answers there"), connecting.connected(address):
            pass


def test_ray_is_not_imported_until_a_cluster_is_connected_to():
    program = "import sys, iqa_cli.app, iqa_cli.cluster.cluster_run; print({'ray', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "set()\n"

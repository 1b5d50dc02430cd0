"""`iqa score --ray` at the command line, with a worker of this process in the place of those of Ray."""

import json
import pickle
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import save, truncate

from iqa_cli.__main__ import main
from iqa_cli.cluster import actor_layout, cluster_run
from iqa_cli.cluster.shard_counts import Meter, ShardCounts
from iqa_cli.cluster.shard_worker import ATTEMPTS, Outcome, ShardWorker, packed
from iqa_cli.command_options import cluster_options
from iqa_cli.ground.locks import alone_with

NODES = SimpleNamespace(
    nodes=lambda: [{"Alive": True, "Resources": {"CPU": 2}}, {"Alive": False, "Resources": {}}],
    remote=lambda **how: lambda kind: SimpleNamespace(remote=kind),
)
RUN = ("ref.png", "dist", "-m", "psnr")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory, with seven pictures in dist/, of which one is damaged; a shard has about two."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(actor_layout, "IMAGES", 2)
    save("ref.png", photo(48, 64))
    for number in range(7):
        save(f"dist/{number}.png", photo(48, 64, number))
    truncate("dist/3.png")


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Who is asked in the place of Ray: gives the shards that were scored, and takes outcomes instead."""
    told = SimpleNamespace(addresses=[], scored=[], instead={})

    def outcomes(run, ray, places, todo, counts):
        worker = ShardWorker(replace(run.task, options=replace(run.task.options, device=places.device)))
        for shard in todo:
            told.scored.append(shard)
            if shard in told.instead:
                yield from told.instead[shard]
                continue
            (data,) = worker({"shard": [shard], "jobs": [packed(run.cut.shards[shard])]})["outcome"]
            yield pickle.loads(data)

    def connected(address, debug):
        told.addresses.append(address)
        return nullcontext(NODES)

    monkeypatch.setattr(cluster_run.ClusterRun, "_outcomes", outcomes)
    monkeypatch.setattr(cluster_run, "connected", connected)
    monkeypatch.setattr(cluster_options, "find_spec", lambda name: name)
    return told


@pytest.fixture
def iqa(capsys):
    """`iqa("score", ...)`: exit code, and what stderr says."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main(["score", *arguments])
        out, err = capsys.readouterr()
        assert out == ""
        return leaving.value.code, err

    return run


def parts(folder):
    return {path.name: path.read_bytes() for path in Path(folder).glob("part-*")}


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_the_parts_are_those_of_shards_by_hand(iqa, asked, format):
    code, err = iqa("--ray", *RUN, "-o", "ray/", "-f", format)
    assert code == 1 and "4 shards on 1 actor of 2 cores" in err and "dist/3.png: cannot be read" in err
    assert "7 rows, 1 failed" in err and asked.addresses == ["here"]
    for shard in range(4):
        iqa(*RUN, "-o", "hand/", "--shard", f"{shard}/4", "-f", format)
    assert parts("ray") == parts("hand") and len(parts("ray")) == 4
    for name in ("_run.json", "_SUCCESS"):
        assert Path("ray", name).read_bytes() == Path("hand", name).read_bytes()


def test_a_part_that_is_there_is_not_scored_again_and_a_whole_folder_starts_no_cluster(iqa, asked):
    iqa(*RUN, "-o", "out/", "--shard", "2/3")
    code, err = iqa(*RUN, "-o", "out/", "--ray", "auto")
    assert asked.scored == [0, 1] and asked.addresses == ["auto"] and "kept" in err
    assert json.loads(Path("out/_SUCCESS").read_text())["images"] == 7
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 1 and "nothing to do" in err and len(asked.addresses) == 1


def test_resume_scores_the_shards_again_that_have_failed_rows(iqa, asked, photo):
    iqa(*RUN, "-o", "out/", "--ray")
    save("dist/3.png", photo(48, 64, 3))
    asked.scored.clear()
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--resume")
    assert code == 0 and len(asked.scored) == 1 and "7 rows (6 kept), 0 failed" in err


def test_a_shard_that_was_given_up_is_told_and_tried_by_the_same_command(iqa, asked):
    asked.instead[1] = [Outcome(1, given_up=True)]
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 1 and "out/: 1 part not made, part-00001-of-00004: " in err and "died again and again" in err
    assert len(parts("out")) == 3 and not Path("out/_SUCCESS").exists()
    asked.instead.clear()
    asked.scored.clear()
    iqa(*RUN, "-o", "out/", "--ray")
    assert asked.scored == [1] and Path("out/_SUCCESS").exists()


@pytest.mark.parametrize("instead", [[Outcome(1, given_up=True)], []])
def test_a_shard_of_which_nothing_came_is_told_also_where_an_older_part_of_it_is_there(iqa, asked, photo, instead):
    Path("dist/3.png").unlink()
    iqa(*RUN, "-o", "out/", "--ray")
    before = parts("out")
    for image in sorted(Path("dist").iterdir()):  # all are newer than their rows
        save(image, photo(48, 64, 9))
    asked.instead[1] = instead
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 1 and "out/: 1 part not made, part-00001-of-00003: " in err
    assert [name for name, rows in parts("out").items() if rows == before[name]] == [
        name for name in before if name.startswith("part-00001")
    ]
    asked.instead.clear()
    assert iqa(*RUN, "-o", "out/", "--ray")[0] == 0 and not set(parts("out").values()) & set(before.values())


def test_rows_that_a_process_left_which_died_right_after_its_part_go(iqa, asked):
    iqa(*RUN, "-o", "out/", "--shard", "2/3")
    part = next(iter(parts("out"))).removesuffix(".jsonl").split("-")
    left = Path("out/_rows", f"00002-of-00003-{part[-1]}-0a1b2c3d-000001.jsonl")
    left.parent.mkdir()
    left.write_bytes(next(iter(parts("out").values())))
    iqa(*RUN, "-o", "out/", "--ray")
    assert asked.scored == [0, 1] and not left.exists() and Path("out/_SUCCESS").exists()


def test_thresholds_hold_for_rows_of_parts_that_are_there_too(iqa):
    Path("dist/3.png").unlink()
    iqa(*RUN, "-o", "out/", "--shard", "0/2")
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--fail-below", "30")
    assert code == 3 and "4 of 6" in err
    again, told = iqa(*RUN, "-o", "out/", "--ray", "--fail-below", "30")
    assert again == 3 and "4 of 6" in told


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


def test_another_model_in_the_same_folder_is_refused(iqa):
    iqa(*RUN, "-o", "out/", "--ray")
    code, err = iqa("ref.png", "dist", "-m", "ssim", "-o", "out/", "--ray")
    assert code == 2 and "name another folder" in err
    assert iqa("ref.png", "dist", "-m", "ssim", "-o", "out/", "--ray", "--overwrite")[0] == 1
    assert {json.loads(row)["status"] for part in parts("out").values() for row in part.splitlines()} == {"ok", "error"}


@pytest.mark.parametrize("others", [("--shard", "0/3"), ("--shard", "1/4", "-f", "parquet"), ("--luma", "bt601")])
def test_overwriting_removes_the_parts_of_another_run_and_says_how_many(iqa, others):
    iqa(*RUN, "-o", "out/", *others)
    Path("out/notes.txt").write_text("mine")
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--overwrite", "-f", "jsonl")
    assert code == 1 and "removed 1 part of an earlier run" in err
    iqa(*RUN, "-o", "fresh/", "--ray")
    assert parts("out") == parts("fresh") and len(list(Path("out/_runs").iterdir())) == 4
    assert Path("out/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_overwriting_scores_the_parts_of_the_same_run_again_in_their_format(iqa, asked, format):
    iqa(*RUN, "-o", "out/", "--ray", "-f", format)
    before = parts("out")
    asked.scored.clear()
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--overwrite")
    assert code == 1 and len(asked.scored) == 4 and parts("out") == before and "removed" not in err


def test_a_folder_is_not_cleared_under_a_process_that_scores_a_shard_there(iqa, asked):
    iqa(*RUN, "-o", "out/", "--shard", "0/2")
    before = parts("out")
    with alone_with(Path("out/part-00001-of-00002")):
        code, err = iqa(*RUN, "-o", "out/", "--ray", "--overwrite")
    assert code == 2 and "by another process" in err and "interrupted" not in err
    assert parts("out") == before and not asked.addresses


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

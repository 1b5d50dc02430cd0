"""What `iqa score --ray` makes of a folder that has parts already, and of shards that were given up."""

import json
from pathlib import Path

import pytest
from command_line import save
from parted import contents, lines

from iqa_cli.cluster.shard_worker import Outcome
from iqa_cli.ground.locks import alone_with

pytestmark = pytest.mark.usefixtures("folder", "asked")
RUN = ("ref.png", "dist", "-m", "psnr")


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
    assert len(contents("out", "part-*")) == 3 and not Path("out/_SUCCESS").exists()
    asked.instead.clear()
    asked.scored.clear()
    iqa(*RUN, "-o", "out/", "--ray")
    assert asked.scored == [1] and Path("out/_SUCCESS").exists()


@pytest.mark.parametrize("instead", [[Outcome(1, given_up=True)], []])
def test_a_shard_of_which_nothing_came_is_told_also_where_an_older_part_of_it_is_there(iqa, asked, photo, instead):
    Path("dist/3.png").unlink()
    iqa(*RUN, "-o", "out/", "--ray")
    before = contents("out", "part-*")
    for image in sorted(Path("dist").iterdir()):  # all are newer than their rows
        save(image, photo(48, 64, 9))
    asked.instead[1] = instead
    code, err = iqa(*RUN, "-o", "out/", "--ray")
    assert code == 1 and "out/: 1 part not made, part-00001-of-00003: " in err
    assert [name for name, rows in contents("out", "part-*").items() if rows == before[name]] == [
        name for name in before if name.startswith("part-00001")
    ]
    asked.instead.clear()
    assert iqa(*RUN, "-o", "out/", "--ray")[0] == 0
    assert not set(contents("out", "part-*").values()) & set(before.values())


def test_rows_that_a_process_left_which_died_right_after_its_part_go(iqa, asked):
    iqa(*RUN, "-o", "out/", "--shard", "2/3")
    part = next(iter(contents("out", "part-*"))).removesuffix(".jsonl").split("-")
    left = Path("out/_rows", f"00002-of-00003-{part[-1]}-0a1b2c3d-000001.jsonl")
    left.parent.mkdir()
    left.write_bytes(next(iter(contents("out", "part-*").values())))
    iqa(*RUN, "-o", "out/", "--ray")
    assert asked.scored == [0, 1] and not left.exists() and Path("out/_SUCCESS").exists()


def test_thresholds_hold_for_rows_of_parts_that_are_there_too(iqa):
    Path("dist/3.png").unlink()
    iqa(*RUN, "-o", "out/", "--shard", "0/2")
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--fail-below", "30")
    assert code == 3 and "4 of 6" in err
    again, told = iqa(*RUN, "-o", "out/", "--ray", "--fail-below", "30")
    assert again == 3 and "4 of 6" in told


def test_another_model_in_the_same_folder_is_refused(iqa):
    iqa(*RUN, "-o", "out/", "--ray")
    code, err = iqa("ref.png", "dist", "-m", "ssim", "-o", "out/", "--ray")
    assert code == 2 and "name another folder" in err
    assert iqa("ref.png", "dist", "-m", "ssim", "-o", "out/", "--ray", "--overwrite")[0] == 1
    assert {json.loads(row)["status"] for row in lines("out")} == {"ok", "error"}


@pytest.mark.parametrize("begun", [("--ray",), ("--shard", "1/2")])
@pytest.mark.parametrize("more", [(), ("--fail-below", "1")])
def test_another_folder_with_the_same_names_is_refused_before_a_cluster_is_asked(iqa, asked, begun, more):
    Path("other").mkdir()
    for image in Path("dist").iterdir():
        Path("other", image.name).write_bytes(b"")
    iqa(*RUN, "-o", "out/", *begun)
    before = contents("out", "part-*")
    asked.addresses.clear()
    code, err = iqa("ref.png", "other", "-m", "psnr", "-o", "out/", "--ray", *more)
    assert code == 2 and "has a row of dist/" in err and "now other/" in err and "interrupted" not in err
    assert contents("out", "part-*") == before and not asked.addresses


@pytest.mark.parametrize("others", [("--shard", "0/3"), ("--shard", "1/4", "-f", "parquet"), ("--luma", "bt601")])
def test_overwriting_removes_the_parts_of_another_run_and_says_how_many(iqa, others):
    iqa(*RUN, "-o", "out/", *others)
    Path("out/notes.txt").write_text("mine")
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--overwrite", "-f", "jsonl")
    assert code == 1 and "removed 1 part of an earlier run" in err
    iqa(*RUN, "-o", "fresh/", "--ray")
    assert contents("out", "part-*") == contents("fresh", "part-*") and len(list(Path("out/_runs").iterdir())) == 4
    assert Path("out/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_overwriting_scores_the_parts_of_the_same_run_again_in_their_format(iqa, asked, format):
    iqa(*RUN, "-o", "out/", "--ray", "-f", format)
    before = contents("out", "part-*")
    asked.scored.clear()
    code, err = iqa(*RUN, "-o", "out/", "--ray", "--overwrite")
    assert code == 1 and len(asked.scored) == 4 and contents("out", "part-*") == before and "removed" not in err


def test_a_folder_is_not_cleared_under_a_process_that_scores_a_shard_there(iqa, asked):
    iqa(*RUN, "-o", "out/", "--shard", "0/2")
    before = contents("out", "part-*")
    with alone_with(Path("out/part-00001-of-00002")):
        code, err = iqa(*RUN, "-o", "out/", "--ray", "--overwrite")
    assert code == 2 and "by another process" in err and "interrupted" not in err
    assert contents("out", "part-*") == before and not asked.addresses

"""What a folder of parts refuses, by name, and what stands beside it."""

import json
from pathlib import Path

import pytest
from parted import contents, lines

from iqa_cli.errors import UsageError
from iqa_cli.ground.locks import alone_with
from iqa_cli.parts import read_parts


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--luma", "bt601"), "psnr luma rgb, now bt601"),
        (("--view-size", "64"), "view size not given, now 64"),
        (("-m", "ssim"), "has the columns reference, distorted, psnr, luma"),
        (("--shard", "0/2"), "cut into 1, now 2: give no --shard"),
        (("-f", "parquet"), "its parts are jsonl, now parquet: give -f jsonl"),
    ],
)
def test_other_options_are_refused_by_what_differs_and_overwrite_removes_what_is_there(arguments, told, score):
    score("parts/")
    before = contents("parts")
    refused = score("parts/", *arguments)
    assert refused.code == 2 and told in refused.err and "--overwrite" in refused.err
    assert contents("parts") == before
    assert score("parts/", *arguments, "--overwrite").code in (0, 1)
    assert not set(contents("parts", "part-*")) & set(before)
    assert len(contents("parts", "part-*")) == 1


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_overwriting_a_shard_leaves_the_others_of_the_same_run_and_their_format(format, score):
    for shard in ("0/2", "1/2"):
        score("parts/", "--shard", shard, "-f", format)
    before = contents("parts", "part-*")
    done = score("parts/", "--shard", "0/2", "--overwrite")
    assert done.code in (0, 1) and "removed" not in done.err
    assert contents("parts", "part-*") == before and Path("parts/_SUCCESS").exists()


def test_overwriting_a_shard_leaves_those_of_a_run_that_calls_the_same_otherwise(score):
    for shard in ("0/2", "1/2"):
        score("parts/", "--shard", shard)
    before, told = contents("parts", "part-*"), Path("parts/_run.json")
    run = json.loads(told.read_text())
    run["facts"]["models"]["psnr"]["weights"] = "renamed.safetensors"
    told.write_text(json.dumps(run))
    assert "nothing to do" in score("parts/", "--shard", "0/2").err
    assert score("parts/", "--shard", "0/2", "--overwrite").code in (0, 1)
    assert contents("parts", "part-*") == before


def test_a_folder_is_not_cleared_under_a_process_that_is_at_work_there(score):
    score("parts/", "--shard", "0/2")
    with alone_with(Path("parts/part-00001-of-00002")):
        refused = score("parts/", "--overwrite", "--luma", "bt601")
    assert refused.code == 2 and "another process" in refused.err
    assert contents("parts", "part-00000-of-00002-*")


def test_files_of_others_stay_where_a_run_is_overwritten(score):
    score("parts/")
    Path("parts/notes.txt").write_text("mine")
    score("parts/", "--overwrite", "--luma", "full")
    assert Path("parts/notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "parts/", "--sort", "best"), "--sort: parts have the order of the input"),
        (("-o", "parts/", "-f", "csv"), "parts are jsonl or parquet"),
        (("-o", "parts/", "-o", "rows.csv"), "goes to one folder alone"),
        (("--shard", "0/2"), "goes to one folder alone"),
        (("-o", "rows.csv", "--shard", "0/2"), "is a file; a part goes into a folder"),
        (("-o", "parts/", "--shard", "2/2"), "I from 0 to N-1"),
        (("-o", "parts/", "--resume", "--overwrite"), "give one of them"),
    ],
)
def test_what_parts_cannot_do_is_refused_by_name(arguments, told, iqa):
    refused = iqa("score", "ref", "dist", "-m", "psnr", *arguments)
    assert refused.code == 2 and told in refused.err and not Path("parts").exists()


def test_standard_input_is_no_input_of_parts(iqa, monkeypatch):
    monkeypatch.setattr("sys.stdin", iter(["dist/a.png\n"]))
    refused = iqa("score", "-", "-m", "triq-lite", "-o", "parts/")
    assert refused.code == 2 and "--manifest FILE" in refused.err


@pytest.mark.parametrize("command", ["compare", "rank"])
def test_other_commands_write_no_parts_and_say_who_does(command, iqa):
    refused = iqa(command, "dist", "-m", "triq-lite", "-o", "parts/")
    assert refused.code == 2 and "of iqa score, alone" in refused.err


def test_a_threshold_is_held_against_the_shard_also_when_its_part_is_there(score):
    Path("dist/e.png").write_bytes(Path("dist/a.png").read_bytes())
    for _ in range(2):
        done = score("parts/", "--fail-below", "90", "--report", "report.json")
        assert done.code == 3 and "7 of 7 below 90" in done.err
        assert json.loads(Path("report.json").read_text())["exit_code"] == 3


@pytest.mark.parametrize("name", ["notes.md", "mine.json", "mine.xml"])
def test_a_report_takes_the_place_of_reports_alone(name, score):
    assert score("parts/", "--report", name).code == 1
    assert score("parts/", "--report", name).code == 1
    Path(name).write_text("my own notes\n")
    refused = score("parts/", "--report", name)
    assert refused.code == 2 and f"--report {name}: is there already, and is no report" in refused.err
    assert Path(name).read_text() == "my own notes\n"
    assert score("parts/", "--report", name, "--resume").code == 1
    assert Path(name).read_text() != "my own notes\n"


def test_a_folder_that_is_not_whole_is_not_read_unless_that_is_asked_for(score):
    score("parts/", "--shard", "0/2")
    with pytest.raises(UsageError, match=r"1 of 2 parts and no _SUCCESS"):
        read_parts("parts")
    assert len(list(read_parts("parts", whole=False).rows)) == len(lines("parts"))
    with pytest.raises(UsageError, match=r"no folder of parts"):
        read_parts("dist")


def test_a_part_that_is_damaged_is_named(score):
    score("parts/")
    (part,) = Path("parts").glob("part-*")
    part.write_text("{nothing\n")
    with pytest.raises(UsageError, match=part.name):
        list(read_parts("parts").rows)


def test_a_run_file_of_somebody_else_is_refused(score):
    Path("parts").mkdir()
    Path("parts/_run.json").write_text("{}")
    refused = score("parts/")
    assert refused.code == 2 and "tells of no run" in refused.err


def test_columns_that_are_no_names_are_told_and_nothing_else(score):
    score("parts/")
    told = Path("parts/_run.json")
    told.write_text(told.read_text().replace('"psnr",', "3,", 1))
    refused = score("parts/")
    assert refused.code == 2 and "has the columns" in refused.err and "Traceback" not in refused.err

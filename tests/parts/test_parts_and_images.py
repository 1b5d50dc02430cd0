"""What is refused before anything is scored, and what is said of it: folders of images, busy shards, other options."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from parted import contents

from iqa_cli.ground.locks import alone_with

WITH_RAY = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ref", "dist", "-o", "dist/"),
        ("ref", "dist", "-o", "./dist/../ref/"),
        ("ref", "dist", "-o", "dist/", "--shard", "0/2"),
        pytest.param(("ref", "dist", "-o", "dist/", "--ray"), marks=WITH_RAY),
        ("ref/a.png", "dist/a.png", "-o", "dist/"),
    ],
)
def test_no_part_is_written_between_the_images(arguments, iqa):
    refused = iqa("score", *arguments, "-m", "psnr")
    assert refused.code == 2 and "holds images of this run; name another folder" in refused.err
    assert not list(Path("dist").glob("_*")) and not list(Path("ref").glob("_*"))


def test_a_folder_above_the_images_takes_parts(iqa):
    assert iqa("score", "ref", "dist", "-m", "psnr", "-o", "./").code == 1 and contents(".", "part-*")


def test_images_beside_parts_of_an_older_version_are_images(iqa):
    Path("dist/_run.json").write_text("{}")
    assert "rows of scores" not in iqa("compare", "--ref", "ref", "dist", "-m", "psnr").err


@pytest.mark.parametrize("arguments", [("--luma", "bt601"), ("--shard", "0/2")])
def test_what_is_refused_was_not_interrupted(score, arguments, monkeypatch):
    score("parts/")
    monkeypatch.setattr("iqa_cli.commands.score._facts_ahead", lambda *given: None)  # only a loaded model can tell
    refused = score("parts/", *arguments)
    assert refused.code == 2 and "parts/: " in refused.err
    assert "interrupted" not in refused.err and "go on with" not in refused.err


def test_a_busy_shard_is_refused_before_a_model_is_loaded(score, monkeypatch):
    monkeypatch.setattr("iqa_cli.engine.session.open_session", lambda *given: pytest.fail("a model is loaded"))
    Path("parts").mkdir()
    with alone_with(Path("parts/part-00000-of-00002")):
        refused = score("parts/", "--shard", "0/2")
    assert refused.code == 2 and "parts/: shard 0/2 is being scored by another process" in refused.err
    assert "interrupted" not in refused.err


@pytest.mark.parametrize("others", [("0/3",), ("0/2", "--luma", "bt601"), ("0/2", "-f", "parquet")])
def test_overwriting_says_what_it_removes_of_another_run(score, others):
    score("parts/", "--shard", *others)
    overwriting = ("--shard", "1/2", "-f", "jsonl", "--overwrite")
    assert "removed 1 part of an earlier run" in score("parts/", *overwriting).err
    assert "removed" not in score("parts/", *overwriting).err


@pytest.mark.parametrize("command", [("compare",), ("eval",)])
def test_a_folder_that_is_not_whole_says_which_shards_are_missing_and_who_writes_them(iqa, score, command):
    score("parts/", "--shard", "1/3")
    refused = iqa(*command, "--scores", "parts")
    told = "parts/: is not whole, it has 1 of 3 parts and no _SUCCESS; missing: 0/3, 2/3; the same iqa score again"
    assert refused.code == 2 and told in refused.err


def test_the_help_shows_runs_of_many_and_which_tables_there_are(iqa, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = iqa("score", "--help").out
    assert "--shard 0/4 -o parts/" in told and "-o parts/ --ray" in told
    assert "JSON Lines, Parquet" in " ".join(told.replace("│", " ").split())
    assert " ".join(told.split()).endswith("4 weights unavailable, 130 interrupted, 143 terminated.")


def test_where_an_option_for_one_folder_is_missing_it_is_named(iqa):
    refused = iqa("score", "ref", "dist", "-m", "psnr", "--shard", "0/2")
    assert "--shard 0/2: the part goes to one folder alone" in refused.err

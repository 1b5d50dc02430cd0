"""Folders of parts at URLs: a real S3 server."""

import json
from pathlib import Path

import pytest

from iqa_cli.parts import read_parts


def test_parts_at_a_url_are_those_of_a_folder_here(score, s3):
    bucket = s3.bucket("same")
    for shard in ("0/2", "1/2"):
        score(f"{bucket}/out/", "--shard", shard)
        score("parts/", "--shard", shard)
    keys = s3.keys("same")
    there = {key.removeprefix("out/"): s3.get(f"{bucket}/{key}") for key in keys if "_runs" not in key}
    assert there == {path.name: path.read_bytes() for path in Path("parts").iterdir() if path.is_file()}
    assert len(list(read_parts(f"{bucket}/out").rows)) == 7


def test_a_second_run_at_a_url_has_nothing_to_do_and_other_options_are_refused(score, s3):
    into = f"{s3.bucket('again')}/out/"
    score(into)
    done = score(into)
    assert done.code == 1 and f"nothing to do: {into}part-" in done.err
    refused = score(into, "--luma", "bt601")
    assert refused.code == 2 and "psnr luma rgb, now bt601" in refused.err
    assert score(into, "--luma", "bt601", "--overwrite").code == 1
    assert len([key for key in s3.keys("again") if key.startswith("out/part-")]) == 1


def test_an_interrupted_run_at_a_url_keeps_its_rows_there(score, s3, monkeypatch):
    into = f"{s3.bucket('killed')}/out/"
    monkeypatch.setattr("iqa_cli.parts.part_files.ROWS_PER_CHUNK", 2)
    with monkeypatch.context() as patch:
        patch.setattr("iqa_cli.parts.shard_run.write_part", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert score(into).code == 130
    assert len([key for key in s3.keys("killed") if "_rows/" in key]) == 4
    assert "nothing to score" in score(into).err
    assert not [key for key in s3.keys("killed") if "_rows/" in key]
    assert json.loads(s3.get(f"{into}_SUCCESS"))["images"] == 7


def test_a_bucket_that_there_is_not_is_named(score, s3):
    refused = score("s3://nowhere/out/")
    assert (
        refused.code == 2
        and "s3://nowhere/out" in refused.err
        and "no such bucket" in refused.err
        and "Traceback" not in refused.err
    )


def test_a_folder_that_cannot_be_reached_is_wrong_use(score, s3, monkeypatch):
    from s3fs import S3FileSystem

    monkeypatch.setattr("iqa_cli.storage.remote.PAUSES", [0.0])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    S3FileSystem.clear_instance_cache()
    refused = score("s3://away/out/")
    assert refused.code == 2 and "tried 2 times" in refused.err


@pytest.mark.parametrize("name", ["memory://bucket/out/"])
def test_any_file_system_of_fsspec_takes_parts(name, score):
    assert score(name).code == 1
    assert len(list(read_parts(name).rows)) == 7

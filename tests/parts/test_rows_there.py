"""Rows that are there count while their images are as they were, and their files whole."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import ENVIRONMENT, noise, save
from parted import contents

from iqa_cli.errors import UsageError
from iqa_cli.parts.rows_there import Clock
from iqa_cli.records import Job


def later(name, seconds=60):
    """The file was written so much later than now."""
    os.utime(name, (time.time() + seconds,) * 2)


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_images_that_were_replaced_under_their_names_are_scored_again_and_the_others_kept(format, score):
    score("parts/", "-f", format)
    for name in ("dist/a.png", "ref/b.png"):
        save(name, noise(77, 24, 24))
    done = score("parts/")
    assert "7 rows (5 kept; 2 images changed since: scored again)" in done.err
    score("fresh/", "-f", format)
    assert contents("parts") == contents("fresh")
    assert "nothing to do" in score("parts/").err


def test_an_image_that_failed_and_was_mended_is_scored_again(score):
    assert score("parts/").code == 1
    save("dist/e.png", noise(1, 24, 24))
    assert score("parts/").code == 0


def test_of_an_input_that_changed_the_rows_of_images_that_changed_are_not_kept(score):
    score("parts/")
    Path("dist/b.png").unlink()
    Path("ref/b.png").unlink()
    save("dist/a.png", noise(77, 24, 24))
    assert "6 rows (5 kept; 1 image changed since: scored again)" in score("parts/").err


def test_a_mask_that_changed_counts_as_its_image(iqa):
    save("mask.png", noise(5, 24, 24))
    Path("list.csv").write_text("distorted,reference,mask\ndist/a.png,ref/a.png,mask.png\n")
    command = ("score", "--manifest", "list.csv", "-m", "psnr", "-o", "parts/")
    iqa(*command)
    assert "nothing to do" in iqa(*command).err
    save("mask.png", noise(6, 24, 24))
    assert "1 image changed since" in iqa(*command).err


def test_rows_in_chunks_are_judged_by_the_time_of_the_chunk(score, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("iqa_cli.parts.shard_run.write_part", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert score("parts/").code == 130
    later("dist/a.png")
    assert "7 rows (6 kept; 1 image changed since" in score("parts/").err


def test_of_a_tar_its_own_time_counts_and_at_a_url_none(tmp_path):
    Path("a.tar").write_bytes(b"")
    now = time.time()
    for name, expected in (("a.tar/x.png", True), ("http://127.0.0.1:9/x.png", False), ("gone.png", False)):
        assert Clock().newer(Job(name), now - 60) is expected
    assert not Clock().newer(Job("a.tar/x.png"), now + 60)


def test_of_encoded_references_the_time_of_their_file_counts(tmp_path):
    Path("gt.iqaref").write_bytes(b"")
    now, job = time.time(), Job("dist/a.png", "gt.iqaref/a.png")
    later("dist/a.png", -120)
    assert Clock().newer(job, now - 60) and not Clock().newer(job, now + 60)


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: data + b"x", lambda data: b""])
def test_a_part_with_other_bytes_than_were_written_is_named_and_scored_anew(damage, format, score):
    score("parts/", "-f", format)
    before = contents("parts")
    (part,) = Path("parts").glob("part-*")
    part.write_bytes(damage(part.read_bytes()))
    done = score("parts/")
    assert done.code == 1 and f"{part}: damaged" in done.err and "nothing to do" not in done.err
    assert contents("parts") == before


def test_a_part_of_which_no_size_is_told_counts(score):
    score("parts/")
    (told,) = Path("parts/_runs").iterdir()
    facts = json.loads(told.read_text())
    assert facts["bytes"] == next(Path("parts").glob("part-*")).stat().st_size
    told.write_text(json.dumps({name: fact for name, fact in facts.items() if name != "bytes"}))
    assert "nothing to do" in score("parts/").err
    told.unlink()
    assert "nothing to do" in score("parts/").err


def test_where_all_rows_are_kept_no_model_is_opened(score, monkeypatch):
    score("parts/")
    for folder in ("ref", "dist"):
        Path(f"{folder}/a.png").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("iqa_cli.engine.session.open_session", None)
        done = score("parts/")
    assert done.code == 1 and "nothing to score" in done.err and "6 rows" in done.err
    score("fresh/")
    assert contents("parts") == contents("fresh")


def test_a_shard_without_images_opens_no_model_in_a_folder_that_was_begun(score, monkeypatch):
    def opened(*_):
        raise UsageError("a model is opened")

    score("parts/", "--shard", "0/40")
    monkeypatch.setattr("iqa_cli.engine.session.open_session", opened)
    done = [score("parts/", "--shard", f"{index}/40") for index in range(1, 40)]
    assert sum("nothing to score" in each.err and each.code == 0 for each in done) >= 32
    assert len(list(Path("parts").glob("part-*"))) >= 32


@pytest.mark.slow
def test_a_run_that_keeps_all_rows_imports_no_torch():
    code = "import sys; from iqa_cli.__main__ import main\ntry: main(sys.argv[1:])\n"
    code += "finally: print('torch' in sys.modules)"
    command = [sys.executable, "-c", code, "score", "dist", "-m", "triq-lite", "-o", "parts/"]
    told = []
    for _ in range(2):
        told.append(subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT).stdout.strip())
        Path("dist/a.png").unlink(missing_ok=True)
    assert told == ["True", "False"]

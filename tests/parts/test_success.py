"""`_SUCCESS` tells what the parts are, whoever looks at them while another process writes one."""

import json
import os
import shutil
from pathlib import Path

import pytest
from command_line import noise, save

from iqa_cli.parts import part_files, shard_run
from iqa_cli.storage.folder import LocalFolder


@pytest.fixture
def mended(score):
    """Two parts of which one has a row that failed, whose image can be read now; gives its shard and the other one."""
    codes = {shard: score("parts/", "--shard", shard).code for shard in ("0/2", "1/2")}
    save("e.png", noise(1, 24, 24))
    os.utime("e.png", (0, 0))
    shutil.copy2("e.png", "dist/e.png")
    assert sorted(codes.values()) == [0, 1] and failed() == 1
    return sorted(codes, key=codes.__getitem__, reverse=True)


def failed():
    return json.loads(Path("parts/_SUCCESS").read_text())["failed"]


@pytest.mark.parametrize("first", ["0/2", "1/2"])
def test_two_that_end_at_the_same_moment_leave_one_success(first, score, monkeypatch):
    second = {"0/2": "1/2", "1/2": "0/2"}[first]
    calls, real = [], shard_run.conclude

    def meanwhile(*arguments):
        calls.append(first)
        if len(calls) == 2:  # the first has written its part, and has not looked for the others
            score("parts/", "--shard", second)
            assert Path("parts/_SUCCESS").exists()
        return real(*arguments)

    monkeypatch.setattr(shard_run, "conclude", meanwhile)
    score("parts/", "--shard", first)
    assert len(json.loads(Path("parts/_SUCCESS").read_text())["parts"]) == 2


def test_one_that_saw_a_part_missing_leaves_the_success_that_another_writes_meanwhile(score, monkeypatch):
    calls, real = [], part_files.progress_of

    def meanwhile(*arguments):
        found = real(*arguments)
        calls.append(found)
        if len(calls) == 2:  # the first has written its part and looked for the others
            score("parts/", "--shard", "1/2")
            assert Path("parts/_SUCCESS").exists()
        return found

    monkeypatch.setattr(part_files, "progress_of", meanwhile)
    score("parts/", "--shard", "0/2")
    assert len(calls[1].missing) == 1 and Path("parts/_SUCCESS").exists()


def test_a_part_that_was_taken_away_takes_the_success_with_it_and_is_made_again(score):
    for shard in ("0/2", "1/2"):
        score("parts/", "--shard", shard)
    (gone,) = Path("parts").glob("part-00000-*")
    gone.unlink()
    score("parts/", "--shard", "1/2")
    assert not Path("parts/_SUCCESS").exists()
    score("parts/", "--shard", "0/2")
    assert gone.exists() and Path("parts/_SUCCESS").exists()


def test_a_success_that_another_process_writes_before_a_part_is_told_does_not_stay(mended, score, monkeypatch):
    own, other = mended
    real = LocalFolder.write

    def write(folder, name, data):
        real(folder, name, data)
        if name.startswith("part-"):  # with fewer rows that failed, of which nothing is told yet
            monkeypatch.setattr(LocalFolder, "write", real)
            assert "nothing to do" in score("parts/", "--shard", other).err and failed() == 1

    monkeypatch.setattr(LocalFolder, "write", write)
    assert score("parts/", "--shard", own, "--resume").code == 0
    assert failed() == 0

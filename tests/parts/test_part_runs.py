"""Runs into a folder of parts: what they leave, what they go on with, and what they refuse."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import ENVIRONMENT, noise, save, start
from parted import NAMES, contents, lines

from iqa_cli.ground.locks import alone_with
from iqa_cli.parts import read_parts
from iqa_cli.parts.part_files import Chunks
from iqa_cli.parts.part_run import PartsRun
from iqa_cli.storage.folder import LocalFolder, open_folder


def test_two_shards_are_two_parts_and_together_the_bytes_of_a_run_over_all(score):
    assert score("parts/", "--shard", "0/2").code in (0, 1)
    assert not Path("parts/_SUCCESS").exists()
    assert score("parts/", "--shard", "1/2").code in (0, 1)
    assert score("whole/").code == 1
    assert score("rows.jsonl").code == 1
    assert lines("parts") == lines("whole") == sorted(Path("rows.jsonl").read_text().splitlines())
    told = json.loads(Path("parts/_SUCCESS").read_text())
    assert told == {"images": 7, "failed": 1, "parts": sorted(contents("parts", "part-*"))}
    assert len(told["parts"]) == 2 and not Path("parts/_rows").exists()


def test_parquet_has_the_rows_of_json_lines(score):
    score("a/")
    assert score("b/", "-f", "parquet").code == 1
    (part,) = Path("b").glob("part-*.parquet")
    rows = [json.loads(line) for line in lines("a")]
    told = pq.read_table(part).sort_by("distorted").to_pylist()
    assert [(row["distorted"], row["psnr"], row["status"]) for row in told] == [
        (row["distorted"], row["psnr"], row["status"]) for row in rows
    ]
    assert [row["psnr"] for row in read_parts("b").rows] == [row["psnr"] for row in read_parts("a").rows]


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_a_shard_that_has_no_images_has_a_part_without_rows(format, score):
    for index in range(12):
        assert score("parts/", "--shard", f"{index}/12", "-f", format).code in (0, 1)
    found = read_parts("parts")
    assert len(found.parts) == 12 and len(list(found.rows)) == 7


def test_the_columns_of_a_manifest_pass_into_parts(iqa):
    Path("list.csv").write_text("image,reference,mos\n" + "".join(f"dist/{s}.png,ref/{s}.png,{s}\n" for s in NAMES))
    Path("list.csv").write_text(Path("list.csv").read_text().replace("image,", "distorted,"))
    for shard in ("0/2", "1/2"):
        iqa("score", "--manifest", "list.csv", "-m", "psnr", "-o", "parts/", "--shard", shard)
    rows = {row["mos"]: row["distorted"] for row in read_parts("parts").rows}
    assert rows == {stem: f"dist/{stem}.png" for stem in NAMES}


def test_a_second_run_has_nothing_to_do_and_says_so_before_anything_is_decoded(score, monkeypatch):
    score("parts/")
    before = contents("parts")
    monkeypatch.setattr("iqa_cli.engine.session.open_session", None)
    done = score("parts/")
    assert done.code == 1 and "nothing to do" in done.err and "1 failed" in done.err
    assert contents("parts") == before


@pytest.mark.slow
def test_a_run_that_has_nothing_to_do_imports_no_torch():
    code = "import sys; from iqa_cli.__main__ import main\ntry: main(sys.argv[1:])\n"
    code += "finally: print('torch' in sys.modules)"
    command = [sys.executable, "-c", code, "score", "dist", "-m", "triq-lite", "-o", "parts/"]
    told = [subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT) for _ in range(2)]
    assert [each.stdout.strip() for each in told] == ["True", "False"]
    assert "nothing to do" in told[1].stderr


def test_what_failed_is_tried_again_only_when_that_is_asked_for(score):
    save("e.png", noise(1, 24, 24))
    os.utime("e.png", (0, 0))
    score("parts/")
    shutil.copy2("e.png", "dist/e.png")  # with its old time, of which nothing can be told
    assert score("parts/").code == 1
    done = score("parts/", "--resume")
    assert done.code == 0 and "7 rows (6 kept), 0 failed" in done.err
    assert json.loads(Path("parts/_SUCCESS").read_text())["failed"] == 0
    score("fresh/")
    assert lines("parts") == lines("fresh")


def test_an_input_that_changed_keeps_the_rows_of_images_that_are_still_there(score, monkeypatch):
    score("parts/")
    (old,) = contents("parts", "part-*")
    for folder in ("ref", "dist"):
        Path(f"{folder}/a.png").unlink()
        save(f"{folder}/z.png", noise(3, 24, 24))
    done = score("parts/")
    assert "7 rows (6 kept)" in done.err
    assert old not in contents("parts") and len(list(Path("parts/_runs").iterdir())) == 1
    score("fresh/")
    assert contents("parts") == contents("fresh")


class Killed(BaseException):
    """The process is gone: nothing is written any more."""


def dying(monkeypatch, writes):
    """From here on, files are written so many times, and then never again."""
    left, real = [writes], {name: getattr(LocalFolder, name) for name in ("write", "remove")}

    def action(name):
        def act(self, *arguments):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return real[name](self, *arguments)

        return act

    for name in real:
        monkeypatch.setattr(LocalFolder, name, action(name))


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_killed_before_any_of_its_writes_a_run_goes_on_and_leaves_what_an_undisturbed_one_does(
    format, score, monkeypatch
):
    monkeypatch.setattr("iqa_cli.parts.part_files.ROWS_PER_CHUNK", 2)
    score("undisturbed/", "-f", format)
    expected = contents("undisturbed")
    finished = False
    for writes in range(1, 30):
        with monkeypatch.context() as patch:
            dying(patch, writes)
            try:
                score(f"killed-{writes}/", "-f", format)
                finished = True
            except Killed:
                pass
        done = score(f"killed-{writes}/", "-f", format)
        assert done.code == 1
        assert contents(f"killed-{writes}") == expected
        assert not Path(f"killed-{writes}/_rows").exists()
        if finished:
            break
    assert finished and writes > 6


def test_of_a_killed_run_the_rows_in_chunks_are_kept(score, monkeypatch):
    monkeypatch.setattr("iqa_cli.parts.part_files.ROWS_PER_CHUNK", 2)
    with monkeypatch.context() as patch:
        dying(patch, 4)  # the facts of the run, and three chunks
        with pytest.raises(Killed):
            score("parts/")
    assert "7 rows (6 kept)" in score("parts/").err


def test_an_interrupted_run_keeps_its_rows_and_names_the_same_command(score, monkeypatch):
    taken = []

    def interrupted(self, record):
        taken.append(record)
        if len(taken) == 3:
            raise KeyboardInterrupt
        self._rows.append(record)

    with monkeypatch.context() as patch:
        patch.setattr(Chunks, "add", interrupted)
        done = score("parts/")
    assert done.code == 130 and "kept in parts/" in done.err
    assert "go on with: iqa score ref dist -m psnr -o parts/\n" in done.err
    assert "7 rows (2 kept)" in score("parts/").err


def test_a_run_that_ends_before_its_first_row_binds_the_folder_to_nothing(score, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Chunks, "add", lambda self, record: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr("iqa_cli.parts.shard_run._Taker.write", lambda self, record: self._chunks.add(record))
        assert score("parts/").code == 130
    assert score("parts/", "--luma", "bt601").code == 1


def test_facts_with_a_name_that_is_not_utf_8_are_told_and_read_again():
    named = {"models": {"triq": {"weights": b"r\xe9s.safetensors".decode(errors="surrogateescape")}}}
    folder, run = open_folder("parts/"), PartsRun(1, "jsonl", ("image", "triq"), named)
    run.begin(folder)
    assert json.loads(Path("parts/_run.json").read_bytes().decode("utf-8"))["facts"] == named
    run.begin(folder)


def test_what_a_killed_process_left_half_written_goes(score):
    Path("parts/_rows").mkdir(parents=True)
    for name in ("_rows/.00000-of-00001-12345678-x.partial", ".part-00000-of-00001-12-34.partial"):
        Path("parts", name).write_text("half")
    score("parts/")
    assert not [path for path in Path("parts").rglob("*") if path.name.endswith((".partial", ".lock"))]


def test_a_second_process_on_a_shard_is_refused_and_one_on_another_shard_is_not(score):
    Path("parts").mkdir()
    with alone_with(Path("parts/part-00000-of-00002")):
        refused = score("parts/", "--shard", "0/2")
        assert refused.code == 2 and "shard 0/2 is being scored by another process" in refused.err
        assert score("parts/", "--shard", "1/2").code in (0, 1)
    assert score("parts/", "--shard", "0/2").code in (0, 1) and Path("parts/_SUCCESS").exists()


def test_real_processes_at_once_share_a_folder_out():
    running = [start("score", "ref", "dist", "-m", "psnr", "-o", "parts/", "--shard", f"{i}/3", "-q") for i in range(3)]
    assert {process.wait(timeout=60) for process in running} <= {0, 1}
    assert len(list(read_parts("parts").rows)) == 7

"""Parquet keeps its rows whatever ends the run."""

import json
import math
import os
import signal
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rows import COLUMNS, EQUAL, GOOD, META, MODELS, RECORDS, images, write_file

from iqa_cli.output import has_rows, open_writer, parquet_rows, read_kept, remaining
from iqa_cli.records import Job, Record, Score


def test_parquet_holds_the_columns_of_the_csv_with_types_and_meta(tmp_path):
    write_file(tmp_path / "x.parquet", RECORDS)
    write_file(tmp_path / "x.csv", RECORDS)
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.column_names == pd.read_csv(tmp_path / "x.csv").columns.tolist()
    assert table.column("psnr").to_pylist() == [30.5, math.inf, None]
    assert table.column("crop_border").to_pylist() == [0, 0, 0]
    assert table.column("error").to_pylist()[:2] == [None, None]
    assert json.loads(table.schema.metadata[b"iqa"]) == META
    assert not (tmp_path / "x.parquet.part").exists()


def test_parquet_keeps_its_rows_in_order_over_many_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("iqa_cli.output.parquet_rows.ROWS_PER_GROUP", 2)
    records = [Record(Job(f"{i}.png", "r.png"), {"iqt": Score(0.5), "psnr": Score(float(i))}) for i in range(5)]
    write_file(tmp_path / "x.parquet", records)
    assert pq.read_table(tmp_path / "x.parquet").column("psnr").to_pylist() == [0, 1, 2, 3, 4]


LATIN = b"caf\xe9.png".decode(errors="surrogateescape")
KILLED = """
import os, signal, sys
from pathlib import Path
from rows import COLUMNS, META, MODELS
from iqa_cli.output import open_writer, parquet_rows, read_kept
from iqa_cli.records import Job, Record, Score
parquet_rows.ROWS_PER_GROUP = 2
path, first, last, resume = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4
kept = read_kept(path, "parquet", COLUMNS) if resume else []
with open_writer("parquet", path, COLUMNS, META, MODELS, kept) as writer:
    for number in range(first, last):
        scores = {"iqt": Score(0.5), "psnr": Score(float(number))}
        writer.write(Record(Job(f"{number}.png", "r.png", {"mos": "1"}), scores))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path, first, last, *resume):
    code = subprocess.run(
        [sys.executable, "-c", KILLED, path, str(first), str(last), *resume], env=ENVIRONMENT
    ).returncode
    assert code == -signal.SIGKILL


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def kept_images(path):
    return [record.job.image for record in read_kept(path, "parquet", COLUMNS)]


def test_a_killed_run_keeps_its_finished_row_groups_and_another_goes_on_from_them(tmp_path):
    path = tmp_path / "x.parquet"
    killed(path, 0, 5)
    assert not path.exists() and has_rows(path, "parquet")
    assert kept_images(path) == [f"{number}.png" for number in range(4)]
    killed(path, 4, 7, "resume")
    assert kept_images(path) == [f"{number}.png" for number in range(6)]
    write_file(path, [GOOD], kept=read_kept(path, "parquet", COLUMNS))
    assert images(path) == [*(f"{number}.png" for number in range(6)), "a/1.png"]
    assert [file.name for file in tmp_path.iterdir()] == ["x.parquet"]


def test_a_run_that_starts_anew_keeps_nothing_of_a_killed_one(tmp_path):
    path = tmp_path / "x.parquet"
    write_file(path, [EQUAL])
    killed(path, 0, 5)
    assert kept_images(path) == [f"{number}.png" for number in range(4)]
    write_file(path, [GOOD])
    assert images(path) == ["a/1.png"]


def test_a_run_killed_before_its_first_part_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "x.parquet"
    write_file(path, [EQUAL])
    before = path.read_bytes()
    killed(path, 0, 1)
    assert path.read_bytes() == before


def test_parts_left_by_a_kill_between_joining_and_removing_are_not_counted_twice(tmp_path, monkeypatch):
    path = tmp_path / "x.parquet"
    monkeypatch.setattr(parquet_rows, "ROWS_PER_GROUP", 1)
    with monkeypatch.context() as patch:
        patch.setattr(parquet_rows, "remove_parts", lambda path, format: None)
        write_file(path, [GOOD, EQUAL])
    assert (tmp_path / "x.parquet.parts").is_dir()
    assert kept_images(path) == ["a/1.png", "a/ref.png"]


def test_rows_reach_the_disk_after_half_a_minute(tmp_path, monkeypatch):
    path = tmp_path / "x.parquet"
    clock = iter(range(0, 1000, 31))
    monkeypatch.setattr(parquet_rows, "monotonic", lambda: next(clock))
    with open_writer("parquet", path, COLUMNS, META, MODELS) as writer:
        writer.write(GOOD)
        assert kept_images(path) == ["a/1.png"]


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    other = tmp_path / "x.parquet.parts" / "thesis.txt"
    other.parent.mkdir()
    other.touch()
    write_file(tmp_path / "x.parquet", [GOOD])
    assert other.exists()


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_names_that_are_not_utf_8_are_the_same_rows_when_a_run_is_resumed(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    jobs = [Job(LATIN, "r.png", {"mos": "1"}), Job(f"b/{LATIN}", LATIN, {"mos": "2"})]
    for _ in range(3):
        kept = read_kept(path, suffix, COLUMNS)
        todo = list(remaining(jobs, kept))
        write_file(path, [Record(job, {"iqt": Score(0.5), "psnr": Score(1.0)}) for job in todo], kept=kept)
    assert len(read_kept(path, suffix, COLUMNS)) == 2
    assert [record.job.image for record in read_kept(path, suffix, COLUMNS)] == [job.image for job in jobs]


def test_what_a_kill_leaves_half_written_goes_with_the_parts(tmp_path):
    path = tmp_path / "x.parquet"
    killed(path, 0, 5)
    (tmp_path / "x.parquet.parts" / ".000003.parquet-0a1b2c3d.partial").touch()
    write_file(path, [GOOD], kept=read_kept(path, "parquet", COLUMNS))
    assert [file.name for file in tmp_path.iterdir()] == ["x.parquet"] and len(images(path)) == 5

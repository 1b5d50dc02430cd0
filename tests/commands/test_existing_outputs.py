"""What is there already is kept unless somebody says otherwise: the same rule in every command that writes."""

import csv
import subprocess
import sys
from pathlib import Path

import layouts
import pytest
from command_line import ENVIRONMENT, PAIR, noise, save

SCORE = ("score", *PAIR, "-m", "psnr")
COMPARE = ("compare", "ref/a.png", "dist/a.jpg", "ref/b.png", "-m", "psnr")
EVAL = ("eval", "--manifest", "labels.csv", "-m", "psnr", "--resamples", "0")


@pytest.fixture(autouse=True)
def labels(folder):
    rows = [[f"ref/{name}.png", f"dist/{name}.jpg", mos] for mos, name in enumerate("abc")]
    layouts.write_csv(Path("labels.csv"), ["reference", "distorted", "mos"], rows)


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ((*SCORE, "-o"), "rows.csv"),
        ((*SCORE, "-o"), "table.txt"),
        ((*COMPARE, "-o"), "rows.jsonl"),
        ((*COMPARE, "-o"), "table.tex"),
        ((*COMPARE, "-o", "new.csv", "--html"), "page.html"),
        ((*EVAL, "-o"), "report.json"),
        ((*EVAL, "--keep"), "kept.csv"),
        ((*EVAL, "--plot"), "plot.svg"),
    ],
    ids=lambda value: " ".join(value[:1] + value[-1:]) if isinstance(value, tuple) else value,
)
def test_a_file_that_is_there_is_refused_by_name_unless_it_may_be_replaced(iqa, command, file):
    Path(file).write_text("an afternoon's work\n")
    done = iqa(*command, file)
    assert (done.code, done.out) == (2, "")
    assert f"{command[-1]} {file}: is there already" in done.err and "--overwrite" in done.err
    assert ("--resume" in done.err) == (file not in ("report.json", "plot.svg"))  # which have no rows to go on from
    assert Path(file).read_text() == "an afternoon's work\n"
    assert iqa(*command, file, "--overwrite").code == 0
    assert "afternoon" not in Path(file).read_text()


def test_several_files_that_are_there_are_counted(iqa):
    for name in ("a.csv", "b.json", "c.jsonl"):
        Path(name).write_text("x")
    assert (
        "-o a.csv: is there already (and 2 more files)"
        in iqa(*SCORE, "-o", "a.csv", "-o", "b.json", "-o", "c.jsonl").err
    )


def test_an_empty_file_holds_nothing_and_a_device_keeps_nothing(iqa):
    Path("made-by-mktemp.csv").touch()
    assert iqa(*SCORE, "-o", "made-by-mktemp.csv").code == 0
    assert iqa(*SCORE, "-f", "csv", "-o", "/dev/null").code == 0


def test_the_rows_of_a_killed_parquet_run_are_there_too(iqa):
    Path("rows.parquet.parts").mkdir()
    assert "rows.parquet: is there already" in iqa(*SCORE, "-o", "rows.parquet").err


def test_maps_that_are_there_are_refused_and_others_in_the_folder_are_not(iqa):
    Path("maps").mkdir()
    Path("maps/dist__a.jpg.iqt-c.quality.png").write_bytes(b"a map")
    command = ("score", *PAIR, "-m", "iqt-c", "--map", "maps")
    assert "--map maps/dist__a.jpg.iqt-c.quality.png: is there already" in iqa(*command).err
    Path("maps/dist__a.jpg.iqt-c.quality.png").rename("maps/dist__b.jpg.iqt-c.quality.png")
    save("ref/a.png", noise(0, 192, 192))
    save("dist/a.jpg", noise(0, 192, 192))
    assert iqa(*command, "--crops", "1").code == 0
    assert sorted(path.name[:9] for path in Path("maps").iterdir()) == ["dist__a.j", "dist__a.j", "dist__b.j"]


def test_resume_and_overwrite_do_not_go_together(iqa):
    assert "give one of them" in iqa(*SCORE, "-o", "rows.csv", "--resume", "--overwrite").err


def test_a_file_is_refused_before_torch_is_imported():
    Path("rows.csv").write_text("x")
    program = """
import sys
from iqa_cli.__main__ import main
for line in ("score ref/a.png dist/a.jpg -m psnr -o rows.csv", "compare ref/a.png dist/a.jpg -m psnr -o rows.csv",
             "eval --manifest labels.csv -m psnr -o rows.csv"):
    try:
        main(line.split())
    except SystemExit as leaving:
        assert leaving.code == 2
    assert "torch" not in sys.modules, line
"""
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_score_and_eval_write_every_file_that_is_named_each_in_its_format(iqa):
    names = ("rows.csv", "rows.json", "rows.jsonl", "table.txt", "rows.parquet")
    assert iqa("score", "ref", "dist", "-m", "psnr", *(word for name in names for word in ("-o", name))).code == 0
    with Path("rows.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    assert len(Path("rows.jsonl").read_text().splitlines()) == 3
    assert Path("rows.json").read_text().startswith('{"meta"') and "mean" in Path("table.txt").read_text()
    assert Path("rows.parquet").stat().st_size
    assert iqa(*EVAL, "-o", "report.json", "-o", "report.md", "-o", "report.tex").code == 0
    assert Path("report.json").stat().st_size and Path("report.md").stat().st_size
    assert "toprule" in Path("report.tex").read_text()


def test_stdout_may_be_among_the_files(iqa):
    done = iqa(*SCORE, "-o", "-", "-o", "rows.jsonl")
    assert [row["distorted"] for row in done.rows] == ["dist/a.jpg"] and Path("rows.jsonl").stat().st_size


def test_weights_are_imported_over_no_file_that_is_there(iqa):
    Path("mine.safetensors").write_text("weeks of training")
    done = iqa("weights", "import", "labels.csv", "-o", "mine.safetensors")
    assert done.code == 2 and "--output mine.safetensors: is there already; --overwrite replaces it" in done.err


def test_training_begins_over_no_run_that_is_there(iqa):
    Path("run").mkdir()
    Path("run/last.pt").write_text("weeks of training")
    done = iqa("train", "iqt-kadid10k", "--data", "kadid10k=ref", "--out", "run")
    assert done.code == 2 and "run/last.pt: is there already; --resume goes on, --overwrite begins anew" in done.err

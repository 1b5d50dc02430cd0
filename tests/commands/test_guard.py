"""No output of any command replaces what it reads, however the two are spelt."""

import io
import os
import subprocess
import sys
from pathlib import Path

import layouts
import pytest
from PIL import Image
from tar_files import pictures_tar

import iqa_cli
from iqa_cli.__main__ import main


@pytest.fixture
def iqa(capsys):
    """`iqa(...)` in this process: exit code and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        return int(leaving.value.code or 0), capsys.readouterr().err

    return run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: ref.png, two distorted images, a manifest of labels, and their scores."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    Path("A").mkdir()
    for number, name in enumerate(("ref", "d0", "d1", "A/d0")):
        Image.fromarray(photo(32, 48, number)).save(f"{name}.png")
    rows = [["ref.png", f"d{n}.png", 4 - n] for n in (0, 1)]
    layouts.write_csv(Path("labels.csv"), ["reference", "distorted", "mos"], rows)
    layouts.write_csv(Path("scores.csv"), ["image", "mos", "triq"], [[f"{n}.png", n, n] for n in range(5)])
    Path("list.txt").write_text("d0.png\nd1.png\n")
    return tmp_path


def contents():
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


EVAL = ("eval", "-m", "psnr", "--resamples", "0")
SPOILING = [
    ("score", "ref.png", "d0.png", "-m", "psnr", "-f", "csv", "-o", "ref.png"),
    ("score", "ref.png", "d0.png", "-m", "psnr", "-f", "csv", "-o", "./A/../d0.png"),
    ("score", ".", ".", "-m", "psnr", "-f", "csv", "-o", "d1.png"),
    ("score", "--manifest", "labels.csv", "-m", "psnr", "-o", "labels.csv"),
    ("score", "--manifest", "labels.csv", "-m", "psnr", "-f", "json", "-o", "d0.png"),
    (*EVAL, "--manifest", "labels.csv", "-o", "labels.csv"),
    (*EVAL, "--manifest", "labels.csv", "--plot", "d0.png"),
    (*EVAL, "--manifest", "labels.csv", "-f", "csv", "-o", "ref.png"),
    (*EVAL, "--manifest", "labels.csv", "--test-list", "list.txt", "-f", "csv", "-o", "list.txt"),
    ("eval", "--scores", "scores.csv", "-o", "scores.csv"),
    ("compare", "ref.png", "d0.png", "d1.png", "-m", "psnr", "-f", "csv", "-o", "d0.png"),
    ("compare", "ref.png", "d0.png", "d1.png", "-m", "psnr", "--html", "d1.png"),
    ("compare", "--ref", ".", "A", "--allow-missing", "-m", "psnr", "-f", "json", "-o", "A/d0.png"),
    ("weights", "import", "scores.csv", "--out", "scores.csv"),
]


@pytest.mark.parametrize("command", SPOILING, ids=" ".join)
def test_an_output_in_the_place_of_an_input_is_refused_and_nothing_is_touched(iqa, command):
    before = contents()
    code, err = iqa(*command)
    *_, complaint = err.splitlines()
    assert code == 2 and complaint.startswith("error: ")
    assert "would replace" in complaint and "name another file" in complaint
    assert contents() == before


@pytest.mark.parametrize("make", [os.symlink, os.link], ids=["symbolic", "hard"])
@pytest.mark.parametrize("command", ["score", "eval", "compare"])
def test_a_link_to_an_input_is_that_input(iqa, make, command):
    make("d0.png", "linked.csv")
    before = contents()
    what = ("--manifest", "labels.csv") if command == "eval" else ("ref.png", "d0.png", "d1.png")
    code, err = iqa(command, *what, "-m", "psnr", "-o", "linked.csv")
    assert code == 2 and "d0.png, which is read" in err
    assert contents() == before


def test_weights_in_use_are_an_input(iqa):
    Path("w.json").write_bytes(b"weights")
    assert iqa("score", "d0.png", "-m", "triq", "--weights", "w.json", "-o", "w.json")[0] == 2
    assert Path("w.json").read_bytes() == b"weights"


def test_two_outputs_are_not_one_file(iqa):
    Path("same.csv").symlink_to("new.csv")
    code, err = iqa(*EVAL, "--manifest", "labels.csv", "--keep", "new.csv", "-f", "csv", "-o", "same.csv")
    assert code == 2 and "asked for twice, by --keep and -o" in err


def test_numbered_plots_replace_no_input_either(iqa):
    Path("d0.png").rename("plot-1.png")
    layouts.write_csv(Path("labels.csv"), ["image", "mos"], [["plot-1.png", 1], ["d1.png", 2]])
    layouts.write_csv(Path("scores.csv"), ["image", "triq"], [["plot-1.png", 1], ["d1.png", 2]])
    before = contents()
    code, err = iqa("eval", "--manifest", "labels.csv", "--scores", "scores.csv", "--plot", "plot.png")
    assert code == 2 and "plot-1.png" in err
    assert contents() == before


def test_labels_of_a_data_set_are_an_input_but_an_earlier_report_beside_them_is_none(iqa, tmp_path):
    layouts.WRITERS["ivc"](tmp_path / "ivc")
    command = ("eval", "--dataset", "ivc", "--root", "ivc", "-m", "psnr", "--resamples", "0")
    tables = [path for path in Path("ivc").rglob("*") if path.suffix in (".csv", ".txt", ".xlsx")]
    before = contents()
    for table in tables:
        code, err = iqa(*command, "-f", "csv", "-o", table)
        assert code == 2 and "may be its labels" in err
    assert tables and contents() == before
    for again in ((), ("--overwrite",)):
        assert (
            iqa(*command, "-o", "ivc/report.csv", *again)[0] == iqa(*command, "-o", "ivc/report.json", *again)[0] == 0
        )


def test_maps_of_an_earlier_run_that_are_scored_are_not_drawn_over(iqa):
    Path("maps").mkdir()
    Path("d0.png").rename("maps/d0.png.iqt-c.quality.png")
    code, err = iqa("score", "ref.png", "maps/d0.png.iqt-c.quality.png", "-m", "iqt-c", "--map", "maps")
    assert code == 2 and "--map maps: could replace" in err


def test_a_picture_is_not_replaced_while_images_are_still_to_be_named(iqa, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("reference,distorted\nref.png,d0.png\n"))
    before = contents()
    code, err = iqa("score", "-", "-m", "psnr", "-f", "csv", "-o", "d0.png")
    assert code == 2 and "is a picture" in err
    assert contents() == before


@pytest.mark.parametrize("redirected", ["<", ">>"])
def test_files_that_the_shell_has_opened_are_inputs_and_outputs_too(redirected):
    program = f"{sys.executable} -m iqa_cli"
    line = {
        "<": f"{program} score - -m psnr -o labels.csv < labels.csv",
        ">>": f"{program} score --manifest labels.csv -m psnr >> labels.csv",
    }[redirected]
    before = contents()
    environment = os.environ | {"PYTHONPATH": str(Path(iqa_cli.__file__).parents[1])}
    done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert contents() == before


def test_training_writes_over_none_of_what_it_starts_from(iqa):
    Path("run").mkdir()
    recipe = Path(iqa_cli.__file__).parent / "training/recipes/triq-koniq-livewild.toml"
    mine = Path("run/mine.toml")
    mine.write_text(recipe.read_text())
    Path("run/mine.safetensors").write_bytes(b"weights")
    Path("run/held-out.txt").write_text("a.png\n")
    before = contents()
    for option in (("--init", "run/mine.safetensors"), ("--test-list", "rated=run/held-out.txt")):
        code, err = iqa("train", mine, "--data", "rated=A", "--out", "run", *option)
        assert code == 2 and "--out run: could replace" in err
    assert contents() == before


def test_a_test_set_keeps_the_photographs_in_its_folder(iqa):
    command = ("distort", "ref.png", "--out", "set", "--types", "11", "--levels", "1", "--jobs", "1")
    assert iqa(*command)[0] == 0
    before = contents()
    assert iqa(*command[:1], "set/references/ref.png", *command[2:], "--resume")[0] == 2
    assert iqa(*command[:1], "set/references/ref.png", *command[2:])[0] == 2
    assert contents() == before


def test_a_tar_that_images_are_read_from_is_an_input(iqa, tmp_path):
    tar = pictures_tar(tmp_path / "x.tar", "a.png")
    before = tar.read_bytes()
    for paths in ([str(tar)], [f"{tar}/a.png"], [f"file://{tar}/a.png"]):
        code, told = iqa("score", *paths, "-m", "triq-lite", "-o", str(tar), "-f", "csv", "--overwrite")
        assert code == 2 and "which is read" in told
    assert tar.read_bytes() == before

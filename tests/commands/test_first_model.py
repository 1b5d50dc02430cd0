"""The models to take first: marked in the list, taken where none is named, and said."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.registry import FIRST, FULL, NONE, SPECS, first_model
from iqa_cli.weights import default_weight


@pytest.fixture
def iqa(capsys):
    """`iqa(...)` in this process: exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        out, err = (re.sub(r"\x1b\[[\d;]*m", "", text) for text in capsys.readouterr())
        return int(leaving.value.code or 0), out, err

    return run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: two images of one size."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    for number, name in enumerate(("a", "b")):
        Image.fromarray(photo(64, 72, number)).save(f"{name}.png")
    return tmp_path


def columns(text):
    return csv.DictReader(io.StringIO(text)).fieldnames


def test_each_kind_has_one_model_to_take_first_and_it_has_weights():
    assert [spec.name for spec in SPECS if spec.first] == [first_model(True).name, first_model(False).name]
    assert (first_model(True).full_reference, first_model(False).full_reference) == (True, False)
    assert all(default_weight(name) for name in FIRST.values())


def test_the_list_of_models_marks_them(iqa):
    table, entries = iqa("models")[1], json.loads(iqa("models", "-f", "json")[1])
    assert [entry["name"] for entry in entries if entry["first"]] == [FIRST[FULL], FIRST[NONE]]
    head, *rows = (line.split("\t") for line in table.splitlines())
    assert [row[0] for row in rows if row[head.index("first")] == "yes"] == [FIRST[FULL], FIRST[NONE]]


def test_which_model_is_first_is_known_without_torch():
    code = "import sys; from iqa_cli.registry import first_model; first_model(True); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0


def test_without_a_model_a_pair_is_compared_and_an_image_judged_alone_and_it_is_said(iqa, trained):
    trained(FIRST[FULL]), trained(FIRST[NONE])
    code, out, err = iqa("score", "a.png", "b.png", "-f", "csv", "--crops", 1)
    assert (code, FIRST[FULL] in columns(out)) == (0, True)
    assert f"no --model: {FIRST[FULL]}, which compares with the reference a.png\n" in err
    code, out, err = iqa("score", "a.png", "-f", "csv")
    assert (code, FIRST[NONE] in columns(out)) == (0, True)
    assert err == f"no --model: {FIRST[NONE]}, which judges each image alone\n"


def test_a_comparison_without_a_model_takes_it_and_psnr_from_python_too(iqa, trained):
    trained(FIRST[FULL])
    candidates = ("a.png", "b.png", "a.png")
    code, out, err = iqa("compare", *candidates, "--names", "worse,same", "-f", "csv", "--crops", 1)
    assert (code, columns(out)[4:6]) == (0, [FIRST[FULL], "psnr"])
    assert f"no --model: {FIRST[FULL]} and psnr\n" in err
    frame = iqa_cli.compare(*candidates, names=["worse", "same"], crops=1)
    assert list(dict.fromkeys(frame["model"])) == [FIRST[FULL], "psnr"]


def test_a_stream_without_a_model_is_scored_and_quiet_says_nothing(iqa, monkeypatch, trained):
    trained(FIRST[NONE])
    monkeypatch.setattr("sys.stdin", io.StringIO("image\na.png\n"))
    code, out, err = iqa("score", "-", "-q")
    assert (code, columns(out)[:2], err) == (0, ["image", FIRST[NONE]], "")


def test_a_threshold_is_meant_for_the_model_that_is_taken(iqa):
    code, _, err = iqa("score", "a.png", "--fail-below", f"{FIRST[FULL]}=3")
    assert code == 2
    assert f"{FIRST[FULL]} is not among the models of this run, {FIRST[NONE]}" in err


@pytest.mark.parametrize(
    "command",
    [("score", "a.png", "-o", "x.foo"), ("rank", "gone.png"), ("compare", "gone.png", "a.png", "b.png")],
    ids=lambda command: command[0],
)
def test_a_command_that_is_wrong_is_told_what_is_wrong_alone(iqa, command):
    code, _, err = iqa(*command)
    assert code == 2 and err.startswith("error: ") and "no --model" not in err

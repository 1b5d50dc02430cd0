"""Every command, and the process that runs it."""

import os
import platform
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import ENVIRONMENT, PAIR, noise, save, start, strict_json, truncate

import iqa_cli
from iqa_cli.registry import names

# The other commands


@pytest.mark.parametrize(
    "command",
    [(), ("score",), ("train",), ("models",), ("weights",)]
    + [("weights", name) for name in ("list", "fetch", "verify", "import")],
    ids=" ".join,
)
def test_every_command_explains_itself(iqa, command):
    done = iqa(*command, "--help")
    assert done.code == 0
    assert "Usage: iqa" in done.out


def test_models_lists_every_model_for_people_and_for_programs(iqa):
    table, entries = iqa("models").out, strict_json(iqa("models", "--format", "json").out)
    assert [entry["name"] for entry in entries] == names()
    assert all(name in table for name in names())
    assert all(entry.keys() >= {"kind", "low", "high", "higher_is_better", "weights"} for entry in entries)


def test_the_version_is_that_of_the_package(iqa):
    assert iqa("--version").out == f"iqa {iqa_cli.__version__}\n"


@pytest.mark.parametrize("typed", [("--version", "--debug"), ("--debug", "--version")])
def test_with_debug_the_version_comes_with_what_a_report_of_a_fault_should_tell(iqa, typed):
    lines = iqa(*typed).out.splitlines()
    assert lines[:2] == [f"iqa {iqa_cli.__version__}", f"Python {platform.python_version()}"]
    assert {f"torch {version('torch')}", f"timm {version('timm')}", platform.platform()} <= set(lines)
    assert any(line.startswith("device c") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("fetch",), 2), (("fetch", "nothing-like-it"), 2), (("import", "nowhere.h5", "--out", "x.safetensors"), 4)],
)
def test_weights_commands_end_with_the_same_codes(iqa, arguments, code):
    done = iqa("weights", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")


# The process


def test_commands_that_compute_nothing_answer_without_torch():
    program = """
import sys
from iqa_cli.__main__ import main
for line in ("--help", "--version", "score --help", "train --help", "models", "models --format json",
             "weights list", "weights list --format json", "score x.png y.png -m pnsr", "score x y -m psnr",
             "rank --help", "rank x -m psnr", "rank x --top 1 --worst 1",
             "compare --help", "compare x y -m psnr", "compare --ref x y z"):
    try:
        main(line.split())
    except SystemExit:
        pass
    heavy = {"torch", "timm", "scipy", "pandas", "PIL"} & set(sys.modules)
    assert not heavy, f"iqa {line} imports {heavy}"
"""
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_error_is_one_line_and_only_debug_adds_the_traceback():
    for flag, lines in (((), 1), (("--debug",), None)):
        process = start("score", "nowhere.png", "-m", "triq", *flag, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=60)
        assert out == ""
        assert err.splitlines()[-1].startswith("error: ") and "nowhere.png" in err.splitlines()[-1]
        assert ("Traceback" in err) == bool(flag)
        assert lines in (None, len(err.splitlines()))
        assert process.returncode == 2


def test_rows_stream_while_standard_input_is_open_and_ctrl_c_keeps_them(iqa):
    manifest = "reference,distorted\nref/a.png,dist/a.jpg\nref/b.png,dist/b.jpg\n"
    process = start("score", "-", "-m", "psnr", "-o", "scores.csv", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(manifest)
    process.stdin.flush()
    scores, deadline = Path("scores.csv"), time.monotonic() + 60
    while not (scores.exists() and scores.read_text().count("\n") == 3):
        assert time.monotonic() < deadline, "the rows never came"
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stderr.read().splitlines()[1] == "go on with: iqa score - -m psnr -o scores.csv --resume"
    assert [row.split(",")[1] for row in scores.read_text().splitlines()] == ["distorted", "dist/a.jpg", "dist/b.jpg"]

    Path("list.csv").write_text(manifest + "ref/c.png,dist/c.jpg\n")
    assert iqa("score", "--manifest", "list.csv", "-m", "psnr", "-o", "scores.csv", "--resume").code == 0
    assert scores.read_text().count("\n") == 4


def test_a_reader_that_leaves_ends_a_run_quietly():
    process = start("score", "-", "-m", "psnr", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write("reference,distorted\nref/a.png,dist/a.jpg\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith("reference,distorted,psnr")
    assert process.stdout.readline().startswith("ref/a.png,")
    process.stdout.close()  # as `head` does
    process.stdin.write("ref/b.png,dist/b.jpg\nref/c.png,dist/c.jpg\n")
    process.stdin.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("command", [("--help",), ("models",), ("models", "--format", "json"), ("weights", "list")])
def test_a_reader_that_was_never_there_is_no_failure(command):
    unread, pipe = os.pipe()
    os.close(unread)
    process = start(*command, stdout=pipe, stderr=subprocess.PIPE)
    os.close(pipe)
    assert process.communicate(timeout=60) == (None, "")
    assert process.returncode == 0


def test_stdout_is_utf_8_whatever_the_locale_says():
    process = start("models", env={**ENVIRONMENT, "PYTHONIOENCODING": "latin-1"}, stdout=subprocess.PIPE)
    out, _ = process.communicate(timeout=60)
    assert "1–5 ↑" in out
    assert process.returncode == 0


def test_stdout_is_data_alone_also_when_rows_fail_and_names_are_skipped():
    truncate("dist/b.jpg")
    save("dist/extra.jpg", noise(9))
    command = ("score", "ref", "dist", "-m", "psnr", "--allow-missing", "--format", "json")
    process = start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert [row["status"] for row in strict_json(out)["rows"]] == ["ok", "error", "ok"]
    assert "extra.jpg" in err
    assert "error: dist/b.jpg" in err


def test_rows_kept_by_resume_are_held_against_the_threshold_too(iqa):
    command = ("score", "ref", "dist", "-m", "psnr", "-o", "scores.csv")
    assert iqa(*command).code == 0
    assert iqa(*command, "--resume", "--fail-below", 1000).code == 3


def test_an_option_for_a_model_outside_the_run_is_told_so(iqa):
    done = iqa("score", *PAIR, "-m", "psnr", "--fail-below", "iqt=4")
    assert done.code == 2 and "iqt is not among the models of this run" in done.err


@pytest.mark.parametrize("command", ["score", "compare", "rank", "eval", "distort"])
def test_help_tells_the_exit_code_of_every_way_to_end_a_run_early(iqa, command):
    told = " ".join(iqa(command, "--help").out.split())
    assert "130 interrupted" in told and "143 terminated" in told

"""`--colour convert|ignore`, and the name that it had before, in a shell and in Python."""

import json
from pathlib import Path

import numpy as np
import pytest
from image_files import chunk, with_chunks

import iqa_cli
from iqa_cli.errors import UsageError

LINEAR = chunk(b"gAMA", (100_000).to_bytes(4, "big"))
PAIR = ("ref/a.png", "linear.png", "-m", "psnr")


@pytest.fixture(autouse=True)
def linear(folder):
    """The first reference once more, with a chunk that says its numbers are linear light."""
    Path("linear.png").write_bytes(with_chunks(Path("ref/a.png").read_bytes(), LINEAR))


def test_colours_are_converted_unless_they_are_to_be_ignored(iqa):
    assert float(iqa("score", *PAIR).rows[0]["psnr"]) < 30
    assert float(iqa("score", *PAIR, "--colour", "convert").rows[0]["psnr"]) < 30
    assert iqa("score", *PAIR, "--colour", "ignore").rows[0]["psnr"] == "inf"


def test_the_old_name_works_and_is_not_shown(iqa):
    assert iqa("score", *PAIR, "--no-icc").rows[0]["psnr"] == "inf"
    assert float(iqa("score", *PAIR, "--icc").rows[0]["psnr"]) < 30
    told = iqa("score", "--help").out
    assert "--colour" in told and "--no-icc" not in told


def test_what_does_not_agree_or_does_not_exist_is_refused(iqa):
    refused = iqa("score", *PAIR, "--colour", "convert", "--no-icc")
    assert refused.code == 2 and "--colour convert and --no-icc, its old name, do not agree" in refused.err
    refused = iqa("score", *PAIR, "--colour", "p3")
    assert refused.code == 2 and "--colour p3: choose convert, ignore" in refused.err


@pytest.mark.parametrize("engine", [{"colour": "ignore"}, {"icc": False}, {"icc": False, "colour": "ignore"}], ids=str)
def test_python_has_both_names(engine):
    assert np.isinf(iqa_cli.score("ref/a.png", "linear.png", models="psnr", **engine)["psnr"][0])
    assert np.isinf(iqa_cli.load("psnr", **engine).score("ref/a.png", "linear.png"))


def test_python_refuses_both_where_they_do_not_agree():
    with pytest.raises(UsageError, match="colour='convert' and icc=False"):
        iqa_cli.load("psnr", icc=False, colour="convert")


def test_runs_of_both_names_go_on_from_each_other(iqa):
    assert iqa("score", *PAIR, "--no-icc", "-o", "old.csv").code == 0
    assert json.loads(Path("old.csv.run.json").read_text())["facts"]["icc_to_srgb"] is False
    assert iqa("score", *PAIR, "--colour", "ignore", "-o", "old.csv", "--resume").code == 0
    refused = iqa("score", *PAIR, "-o", "old.csv", "--resume")
    assert refused.code == 2 and "icc to srgb false, now true" in refused.err

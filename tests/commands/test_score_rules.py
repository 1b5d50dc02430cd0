"""How `iqa score` scores, its exit codes, and how it resumes."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import PAIR, noise, save, truncate

# How it is scored


def test_studio_range_luma_raises_the_psnr_by_a_known_amount_and_every_row_names_the_rule(iqa):
    full, studio = (
        iqa("score", "ref", "dist", "-m", "psnr", "--luma", rule, "--crop-border", 2).rows for rule in ("full", "bt601")
    )
    assert {(row["luma"], row["crop_border"]) for row in full + studio} == {("full", "2"), ("bt601", "2")}
    for low, high in zip(full, studio, strict=True):
        assert float(high["psnr"]) - float(low["psnr"]) == pytest.approx(20 * math.log10(255 / 219), abs=1e-4)


def test_a_cut_border_is_not_looked_at(iqa):
    framed = np.pad(noise(0), ((4, 4), (4, 4), (0, 0)))
    save("framed.png", framed)
    save("framed-otherwise.png", np.where(framed.any(axis=2, keepdims=True), framed, 255).astype(np.uint8))
    command = ("score", "framed.png", "framed-otherwise.png", "-m", "psnr", "--crop-border")
    assert iqa(*command, 4).rows[0]["psnr"] == "inf"
    assert float(iqa(*command, 3).rows[0]["psnr"]) < 50


@pytest.mark.parametrize("rule", ["crop", "resize"])
def test_unequal_sizes_cost_the_row_unless_a_rule_is_given_which_the_row_then_tells(iqa, rule):
    save("small.png", noise(0)[:40, :60])
    refused = iqa("score", "ref/a.png", "small.png", "dist/a.jpg", "-m", "psnr")
    done = iqa("score", "ref/a.png", "small.png", "-m", "psnr", "--on-size-mismatch", rule)
    assert refused.code == 1
    assert [row["status"] for row in refused.rows] == ["error", "ok"]
    assert all(size in refused.rows[0]["error"] for size in ("64x48", "60x40"))
    assert (done.code, done.rows[0]["status"]) == (0, "ok")
    assert "60x40" in done.rows[0]["notes"]
    assert (done.rows[0]["psnr"] == "inf") == (rule == "crop")  # the top left was left as it is


# Exit codes


def test_a_truncated_image_costs_its_own_row_and_exit_code_1(iqa):
    truncate("dist/b.jpg")
    done = iqa("score", "ref", "dist", "-m", "psnr", "--fail-below", 1000)
    assert done.code == 1  # a score that is missing weighs more than one that is too low
    assert [row["status"] for row in done.rows] == ["ok", "error", "ok"]
    assert "truncated" in done.rows[1]["error"]
    assert done.err.splitlines()[0] == f"error: {done.rows[1]['error']}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*PAIR, "-m", "pnsr"), "did you mean 'psnr'?"),
        ((*PAIR, "-m", "psnr", "--bogus"), "No such option"),
        (("ref/a.png", "-m", "psnr"), "REFERENCE DISTORTED"),
        (("ref/a.png", "dist/nowhere.jpg", "-m", "psnr"), "dist/nowhere.jpg"),
        (("ref", "ref/a.png", "-m", "psnr"), "is a folder"),
        (("--manifest", "nowhere.csv", "-m", "psnr"), "nowhere.csv"),
        ((*PAIR, "-m", "psnr", "--format", "xml"), "jsonl"),
        ((*PAIR, "-m", "psnr", "--format", "parquet"), "-o FILE"),
        ((*PAIR, "-m", "psnr", "--resume"), "-o FILE"),
        ((*PAIR, "-m", "psnr", "-o", "nowhere/scores.csv"), "nowhere/scores.csv"),
        ((*PAIR, "-m", "psnr", "--luma", "yuv"), "bt601"),
        ((*PAIR, "-m", "psnr", "--crop-border", "-1"), "crop-border"),
        ((*PAIR, "-m", "psnr", "--crops", "0"), "--crops 0"),
        ((*PAIR, "-m", "psnr", "--crops", "all", "--seed", "1"), "--crop-seed"),
        ((*PAIR, "-m", "psnr", "--seed", "-1"), "--seed"),
        ((*PAIR, "-m", "psnr", "--on-size-mismatch", "pad"), "resize"),
        ((*PAIR, "-m", "psnr", "--match", "x4"), "{stem}"),
        ((*PAIR, "-m", "psnr", "--device", "tpu"), "--device tpu"),
        ((*PAIR, "-m", "psnr", "--precision", "fp8"), "bf16"),
        ((*PAIR, "-m", "psnr", "--weights", "x.safetensors"), "--weights x.safetensors"),
        ((*PAIR, "-m", "psnr", "--fail-below", "nan"), "--fail-below nan"),
        ((*PAIR, "-m", "psnr", "--fail-below", "ssim=0.9"), "--fail-below ssim=0.9"),
        ((*PAIR, "-m", "psnr", "-m", "ssim", "--fail-below", "30"), "psnr|ssim"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_use_ends_with_code_2_and_a_line_that_helps(iqa, arguments, said):
    done = iqa("score", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_cuda_device_that_is_not_there_is_wrong_use(iqa):
    done = iqa("score", *PAIR, "-m", "psnr", "--device", "cuda")
    assert done.code == 2
    assert "0 CUDA devices" in done.err


@pytest.mark.parametrize(("model", "threshold", "code"), [("psnr", 1000, 3), ("psnr", 1, 0), ("ssim", 0.999, 3)])
def test_a_score_worse_than_fail_below_ends_with_code_3_and_all_rows(iqa, model, threshold, code):
    command = ("score", "ref", "dist", "-m", "psnr", "-m", "ssim")
    done = iqa(*command, "--fail-below", f"{model}={threshold}")
    assert done.code == code
    assert done.out == iqa(*command).out


def test_a_model_without_weights_ends_with_code_4_and_the_ways_to_get_some(iqa):
    done = iqa("score", "dist", "-m", "vit-iqa")
    assert (done.code, done.out) == (4, "")
    assert all(way in done.err for way in ("iqa train", "iqa weights import", "--weights"))
    assert "fetch" not in done.err  # there are none to fetch


def test_a_weight_file_that_is_missing_or_of_another_model_ends_with_code_4(iqa, triq_weights):
    missing = iqa("score", "dist", "-m", "triq", "--weights", "nowhere.safetensors")
    foreign = iqa("score", "ref", "dist", "-m", "iqt", "--weights", triq_weights)
    assert (missing.code, foreign.code) == (4, 4)
    assert "nowhere.safetensors" in missing.err
    assert "'triq'" in foreign.err


@pytest.mark.parametrize("before", [True, False])
def test_debug_anywhere_puts_the_traceback_before_an_error_and_keeps_its_exit_code(iqa, before):
    usage, weights = ["score", "nowhere.png", "-m", "triq"], ["score", "dist", "-m", "vit-iqa"]
    for arguments, code in ((usage, 2), (weights, 4)):
        done = iqa(*(["--debug", *arguments] if before else [*arguments, "--debug"]))
        assert done.code == code
        assert "Traceback" in done.err and done.err.splitlines()[-1].startswith("error: ")


# Resuming


def test_resume_scores_only_what_is_missing_or_failed(iqa, opened):
    whole = iqa("score", "ref", "dist", "-m", "psnr").out
    command = ("score", "ref", "dist", "-m", "psnr", "-o", "scores.csv")
    intact = Path("dist/c.jpg").read_bytes()
    truncate("dist/c.jpg")
    assert iqa(*command).code == 1
    Path("dist/c.jpg").write_bytes(intact)
    opened.clear()
    assert iqa(*command, "--resume").code == 0
    assert len(opened) == 2  # c and its reference
    assert Path("scores.csv").read_text() == whole
    assert iqa(*command, "--resume").code == 0
    assert len(opened) == 2


@pytest.mark.parametrize("changed", [("--luma", "full"), ("-m", "ssim")])
def test_resume_refuses_rows_of_a_different_run(iqa, changed):
    command = ("score", "ref", "dist", "-m", "psnr", "-o", "scores.csv")
    iqa(*command)
    before = Path("scores.csv").read_text()
    assert iqa(*command, *changed, "--resume").code == 2
    assert Path("scores.csv").read_text() == before

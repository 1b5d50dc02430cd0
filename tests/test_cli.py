"""The command line, driven as people and scripts drive it.

Most tests call `main` in this process. Subprocesses serve where the process itself matters: its start-up,
its real streams, its signals.
"""

import csv
import io
import json
import math
import os
import platform
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.images import loader
from iqa_cli.registry import find_model, names
from iqa_cli.weights import save_weights

PAIR = ("ref/a.png", "dist/a.jpg")
COLOURS = ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS")  # CI services ask for them, pipes or not
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in COLOURS}
ENVIRONMENT["PYTHONPATH"] = str(Path(iqa_cli.__file__).parents[1])


class Finished(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self):
        """The CSV on stdout."""
        return list(csv.DictReader(io.StringIO(self.out, newline="")))


@pytest.fixture
def iqa(capsys):
    """`iqa("score", ...)` in this process."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        plain = (re.sub(r"\x1b\[[\d;]*m", "", text) for text in capsys.readouterr())
        return Finished(int(leaving.value.code or 0), *plain)

    return run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current directory: references ref/{a,b,c}.png, and a JPEG of each in dist/."""
    monkeypatch.chdir(tmp_path)
    for name in COLOURS:
        monkeypatch.delenv(name, raising=False)
    for number, stem in enumerate("abc"):
        save(f"ref/{stem}.png", noise(number))
        save(f"dist/{stem}.jpg", noise(number))
    return tmp_path


@pytest.fixture(scope="session")
def triq_weights(tmp_path_factory):
    """A weight file of TRIQ as it is before training: good enough to see that it is used."""
    torch.manual_seed(0)
    spec = find_model("triq")
    path = tmp_path_factory.mktemp("weights") / "triq.safetensors"
    save_weights(path, spec.name, spec.default_config(), spec.build().state_dict(), half=True)
    return path


@pytest.fixture
def opened(monkeypatch):
    """Grows by one for each image file that is decoded."""
    calls, decode = [], loader.decode
    monkeypatch.setattr(loader, "decode", lambda *args: calls.append(args) or decode(*args))
    return calls


def noise(seed, height=48, width=64):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(name, pixels):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(name)


def truncate(name):
    Path(name).write_bytes(Path(name).read_bytes()[:1500])


def start(*arguments, env=ENVIRONMENT, **streams):
    """`iqa ...` as a process of its own, where Ctrl-C works even if the tests run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "iqa_cli", *map(str, arguments)],
        env=env,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        **streams,
    )


def strict_json(text):
    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


# What comes out


def test_a_pair_gets_one_row_with_the_psnr_that_scikit_image_computes(iqa):
    done = iqa("score", *PAIR, "-m", "psnr")
    (row,) = done.rows
    reference, distorted = (np.asarray(Image.open(path)) for path in PAIR)
    assert (done.code, done.err) == (0, "")
    assert (row["reference"], row["distorted"], row["status"]) == (*PAIR, "ok")
    assert float(row["psnr"]) == pytest.approx(peak_signal_noise_ratio(reference, distorted), abs=1e-4)


def test_every_format_says_the_same(iqa):
    parquet = pytest.importorskip("pyarrow.parquet")
    command = ("score", "ref", "dist", "-m", "psnr", "-m", "ssim")
    expected = [(row["distorted"], float(row["psnr"]), float(row["ssim"])) for row in iqa(*command).rows]
    document = strict_json(iqa(*command, "--format", "json").out)
    lines = iqa(*command, "--format", "jsonl").out.splitlines()
    iqa(*command, "-o", "scores.parquet")
    table = iqa(*command, "--format", "table").out

    assert len(expected) == 3
    for rows in (document["rows"], map(strict_json, lines), parquet.read_table("scores.parquet").to_pylist()):
        assert [(row["distorted"], row["psnr"], row["ssim"]) for row in rows] == expected
    assert document["meta"]["models"].keys() == {"psnr", "ssim"}
    assert all(f"{psnr:.4f}" in table for _, psnr, _ in expected)


def test_equal_images_have_an_infinite_psnr_that_stays_valid_json(iqa):
    command = ("score", "ref/a.png", "ref/a.png", "-m", "psnr")
    (row,) = strict_json(iqa(*command, "-f", "json").out)["rows"]
    assert (row["psnr"], row["status"], row["details"]["psnr"]["status"]) == (None, "ok", "infinite")
    assert iqa(*command).rows[0]["psnr"] == "inf"
    assert iqa(*command, "--fail-below", 100).code == 0


@pytest.mark.parametrize(
    ("suffix", "beginning"),
    [
        ("csv", "reference,distorted"),
        ("json", '{"meta": '),
        ("jsonl", '{"reference": '),
        ("parquet", "PAR1"),
        ("txt", " " * 10),
    ],
)
def test_the_suffix_of_a_file_gives_its_format_and_stdout_stays_empty(iqa, suffix, beginning):
    done = iqa("score", *PAIR, "-m", "psnr", "-o", f"scores.{suffix}")
    assert done == (0, "", "")
    assert Path(f"scores.{suffix}").read_bytes().startswith(beginning.encode())


def test_an_unknown_suffix_is_refused_before_anything_is_scored(iqa, opened):
    done = iqa("score", *PAIR, "-m", "psnr", "-o", "scores.xlsx")
    assert done.code == 2
    assert ".csv" in done.err
    assert not opened


def test_quiet_silences_warnings_but_no_errors(iqa):
    truncate("dist/b.jpg")
    save("dist/extra.jpg", noise(9))
    command = ("score", "ref", "dist", "-m", "psnr", "--allow-missing")
    loud, quiet = iqa(*command), iqa(*command, "--quiet")
    assert "extra.jpg" in loud.err
    assert quiet.err.startswith("error: dist/b.jpg")
    assert len(quiet.err.splitlines()) == 1
    assert quiet.out == loud.out


def test_file_names_come_back_as_they_are(iqa):
    odd = ["[bold]x.png", "a,b;c.png", "two\nlines.png", "naïve 写真 😀.png", 'say "hi".png', "-dash.png"]
    for name in odd:
        save(f"odd/{name}", noise(1))
    paths = sorted(f"odd/{name}" for name in odd)
    as_csv = iqa("score", "ref/a.png", "odd", "-m", "psnr")
    as_json = iqa("score", "ref/a.png", *paths, "-m", "psnr", "-f", "json")
    assert [row["distorted"] for row in as_csv.rows] == paths
    assert [row["distorted"] for row in strict_json(as_json.out)["rows"]] == paths


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names there are Unicode")
def test_a_file_name_that_is_not_utf_8_keeps_its_bytes(iqa):
    Path("dist/b.jpg").rename(os.fsdecode(b"dist/b\xff.jpg"))
    assert iqa("score", "ref/a.png", "dist", "-m", "psnr", "-o", "scores.csv").code == 0
    assert b"dist/b\xff.jpg" in Path("scores.csv").read_bytes()


# What goes in


def test_a_reference_is_compared_with_every_distorted_image_named(iqa):
    done = iqa("score", "ref/a.png", "dist/b.jpg", "dist/a.jpg", "-m", "psnr")
    assert [row["distorted"] for row in done.rows] == ["dist/b.jpg", "dist/a.jpg"]


def test_folders_are_paired_by_stem_into_subfolders_when_recursive(iqa):
    save("ref/more/d.png", noise(4))
    save("dist/more/d.webp", noise(4))
    flat, deep = iqa("score", "ref", "dist", "-m", "psnr"), iqa("score", "ref", "dist", "-m", "psnr", "-r")
    assert [Path(row["distorted"]).name for row in flat.rows] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [row["distorted"] for row in deep.rows][-1] == "dist/more/d.webp"
    assert all(Path(row["reference"]).stem == Path(row["distorted"]).stem for row in deep.rows)


def test_match_says_how_the_distorted_stem_follows_from_the_reference_stem(iqa):
    for stem in "abc":
        Path(f"dist/{stem}.jpg").rename(f"dist/{stem}_x4.jpg")
    assert iqa("score", "ref", "dist", "-m", "psnr").code == 2
    done = iqa("score", "ref", "dist", "-m", "psnr", "--match", "{stem}_x4")
    assert [row["distorted"] for row in done.rows] == ["dist/a_x4.jpg", "dist/b_x4.jpg", "dist/c_x4.jpg"]


def test_names_without_a_partner_are_listed_and_skipped_only_on_demand(iqa):
    save("dist/extra.jpg", noise(5))
    refused = iqa("score", "ref", "dist", "-m", "psnr")
    allowed = iqa("score", "ref", "dist", "-m", "psnr", "--allow-missing")
    assert (refused.code, refused.out) == (2, "")
    assert (allowed.code, len(allowed.rows)) == (0, 3)
    for done in (refused, allowed):
        assert "extra.jpg" in done.err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", "reference,distorted,codec\nref/a.png,dist/a.jpg,JPEG\nref/b.png,dist/b.jpg,\n"),
        (
            "list.jsonl",
            '{"reference": "ref/a.png", "distorted": "dist/a.jpg", "codec": "JPEG"}\n'
            '{"reference": "ref/b.png", "distorted": "dist/b.jpg", "codec": null}\n',
        ),
    ],
)
def test_a_manifest_counts_from_its_own_folder_and_passes_columns_through(iqa, folder, monkeypatch, name, text):
    Path(name).write_text(text)
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    done = iqa("score", "--manifest", folder / name, "-m", "psnr")
    assert [(row["distorted"], row["codec"], row["status"]) for row in done.rows] == [
        (str(folder / "dist/a.jpg"), "JPEG", "ok"),
        (str(folder / "dist/b.jpg"), "", "ok"),
    ]


def test_a_bad_line_on_standard_input_ends_the_run_after_the_rows_before_it(iqa, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("reference,distorted,id\nref/a.png,dist/a.jpg,7\nref/b.png\n"))
    done = iqa("score", "-", "-m", "psnr")
    assert done.code == 2
    assert [(row["distorted"], row["id"]) for row in done.rows] == [("dist/a.jpg", "7")]
    assert "line 3" in done.err


def test_several_models_decode_each_image_once(iqa, opened):
    done = iqa("score", "ref/a.png", "dist", "-m", "psnr", "-m", "ssim")
    assert all(row["psnr"] and row["ssim"] for row in done.rows)
    assert len(opened) == 1 + 3


def test_beside_a_full_reference_model_a_no_reference_model_scores_the_distorted_image(iqa, triq_weights):
    mixed = iqa("score", "ref", "dist", "-m", "psnr", "-m", "triq", "--weights", triq_weights)
    alone = iqa("score", "dist", "-m", "triq", "--weights", f"triq={triq_weights}")
    assert (mixed.code, alone.code) == (0, 0)
    scores = [float(row["triq"]) for row in mixed.rows]
    assert scores == pytest.approx([float(row["triq"]) for row in alone.rows], abs=1e-5)
    assert all(1 <= score <= 5 and row["psnr"] for score, row in zip(scores, mixed.rows, strict=True))
    assert [row["image"] for row in alone.rows] == ["dist/a.jpg", "dist/b.jpg", "dist/c.jpg"]


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
    assert done.err == f"error: {done.rows[1]['error']}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*PAIR, "-m", "pnsr"), "did you mean 'psnr'?"),
        ((*PAIR,), "--model"),
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
    assert all(way in done.err for way in ("iqa train", "fetch", "iqa weights import", "--weights"))


def test_a_weight_file_that_is_missing_or_of_another_model_ends_with_code_4(iqa, triq_weights):
    missing = iqa("score", "dist", "-m", "triq", "--weights", "nowhere.safetensors")
    foreign = iqa("score", "ref", "dist", "-m", "iqt", "--weights", triq_weights)
    assert (missing.code, foreign.code) == (4, 4)
    assert "nowhere.safetensors" in missing.err
    assert "'triq'" in foreign.err


@pytest.mark.parametrize("before", [True, False])
def test_debug_anywhere_lets_an_error_keep_its_traceback(before):
    usage, weights = ["score", "nowhere.png", "-m", "triq"], ["score", "dist", "-m", "vit-iqa"]
    for arguments, error in ((usage, UsageError), (weights, WeightsError)):
        with pytest.raises(error):
            main(["--debug", *arguments] if before else [*arguments, "--debug"])


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
        assert "nowhere.png" in err.splitlines()[-1]
        assert ("Traceback" in err) == bool(flag)
        assert lines in (None, len(err.splitlines()))
        assert process.returncode == (1 if flag else 2)


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
    assert process.stderr.read() == ""
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

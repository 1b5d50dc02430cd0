"""`iqa distort`: a test set from photographs, whole, repeatable and readable by `iqa score`."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from testset_files import contents, pixels, rows, save

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.testset import design

RANDOM = "3,5,11,13,14,19,20,23"  # those whose result depends on a seed


# --- what is written -----------------------------------------------------------------------------


def test_every_photograph_gets_every_type_at_every_level_and_a_row_for_each(iqa):
    done = iqa("distort", "photos", "--out", "set", "--types", "22,16", "--levels", "2.5,1", "--jobs", "1")
    assert (done.code, done.out) == (0, "set/manifest.csv\n")
    assert re.fullmatch(r"8 images, 0 failed, in \d+\.\d s: set/manifest\.csv\n", done.err)
    expected = [
        f"distorted/{stem}_{cell}.png" for stem in ("cat", "dog") for cell in ("16_1", "16_2.5", "22_1", "22_2.5")
    ]
    assert [row["distorted"] for row in rows()] == expected
    assert contents("set").keys() == {"manifest.csv", "references/cat.png", "references/dog.png", *expected}
    assert rows()[1] == {
        "reference": "references/cat.png",
        "distorted": "distorted/cat_16_2.5.png",
        "type": "brighten",
        "level": "2.5",
        "mos": f"{(4.2875 + 3.6323) / 2:.4f}",
        "spread": f"{(0.2280 + 0.3329) / 2:.4f}",
    }


def test_the_help_names_the_columns_that_are_written(iqa):
    iqa("distort", "photos/cat.png", "--out", "set", "--types", "brighten", "--levels", "1", "--jobs", "1")
    assert f"the columns {','.join(rows()[0])}." in " ".join(iqa("distort", "--help").out.split())


def test_left_out_types_and_levels_are_all_25_at_five_levels(iqa, photo):
    save("tiny.png", photo(16, 24))
    assert iqa("distort", "tiny.png", "--out", "set", "--jobs", "1").code == 0
    assert [(row["type"], row["level"]) for row in rows()] == [
        (distortion.name, str(level)) for distortion in DISTORTIONS.values() for level in (1, 2, 3, 4, 5)
    ]
    assert all(pixels(Path("set", row["distorted"])).shape == (16, 24, 3) for row in rows())


def test_the_reference_is_the_photograph_and_what_was_distorted(iqa):
    iqa("distort", "photos/cat.png", "--out", "set", "--types", "mean shift", "--levels", "1,3", "--jobs", "1")
    cat = pixels("photos/cat.png")
    assert np.array_equal(pixels("set/references/cat.png"), cat)
    assert np.array_equal(pixels("set/distorted/cat_18_3.png"), cat)
    lighter = np.clip(cat / 255 + 0.15, 0, 1) * 255
    assert np.abs(pixels("set/distorted/cat_18_1.png") - lighter).max() < 0.51


def test_photographs_are_read_as_for_scoring(iqa, photo):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    save("turned.png", photo(20, 30), exif=exif)
    clear = np.dstack([photo(20, 30), np.zeros((20, 30), np.uint8)])
    save("clear.png", clear)
    iqa("distort", "turned.png", "clear.png", "--out", "set", "--types", "1", "--levels", "1", "--jobs", "1")
    assert np.array_equal(pixels("set/references/turned.png"), np.rot90(photo(20, 30), -1))
    assert pixels("set/references/clear.png").min() == 255


def test_max_side_reduces_larger_photographs_alone(iqa, photo):
    save("large.png", photo(90, 120))
    arguments = ("--types", "10", "--levels", "1", "--jobs", "1", "--max-side", "64")
    assert iqa("distort", "large.png", "photos/cat.png", "--out", "set", *arguments).code == 0
    assert pixels("set/references/large.png").shape == pixels("set/distorted/large_10_1.png").shape == (48, 64, 3)
    assert np.array_equal(pixels("set/references/cat.png"), pixels("photos/cat.png"))
    expected = Image.fromarray(photo(90, 120)).resize((64, 48), Image.Resampling.LANCZOS)
    assert np.abs(pixels("set/references/large.png").astype(int) - np.asarray(expected)).max() <= 1


def test_score_reads_the_manifest(iqa):
    iqa("distort", "photos/dog.png", "--out", "set", "--types", "11,22", "--levels", "2,5", "--jobs", "1")
    done = iqa("score", "--manifest", "set/manifest.csv", "-m", "psnr", "-f", "csv")
    assert done.code == 0
    scored = list(csv.DictReader(done.out.splitlines()))
    assert [(row["type"], row["mos"]) for row in scored] == [(row["type"], row["mos"]) for row in rows()]
    for row in scored:
        expected = peak_signal_noise_ratio(pixels(row["reference"]), pixels(row["distorted"]))
        assert float(row["psnr"]) == pytest.approx(expected, abs=1e-4)


# --- repeatability -------------------------------------------------------------------------------


def test_files_depend_on_the_seed_and_neither_on_processes_nor_on_what_else_is_made(iqa):
    def made(out, *arguments, photos="photos"):
        assert iqa("distort", photos, "--out", out, "--levels", "3.5", *arguments).code == 0
        return contents(out)

    everything = made("set", "--types", RANDOM, "--jobs", "1")
    assert made("parallel", "--types", RANDOM, "--jobs", "2") == everything
    alone = made("alone", "--types", "19", "--levels", "1", "--jobs", "1", photos="photos/dog.png")
    assert alone["distorted/dog_19_3.5.png"] == everything["distorted/dog_19_3.5.png"]
    made("other", "--types", RANDOM, "--jobs", "1", "--seed", "1")
    for row in rows():
        assert not np.array_equal(pixels(Path("set", row["distorted"])), pixels(Path("other", row["distorted"])))


def test_what_exists_is_neither_touched_nor_made_again(iqa, monkeypatch):
    arguments = ("distort", "photos", "--out", "set", "--types", "11", "--jobs", "1")
    iqa(*arguments, "--levels", "2")
    first = contents("set")
    done = iqa(*arguments, "--levels", "3")
    assert done.code == 2
    assert "--resume" in done.err and contents("set") == first
    calls = []
    monkeypatch.setattr(design, "distort", lambda image, *cell: calls.append(cell) or image)
    assert iqa(*arguments, "--levels", "2,3", "--resume").code == 0
    assert len(calls) == 2  # level 3 of two photographs
    assert {name for name in first if first[name] != contents("set")[name]} == {"manifest.csv"}
    assert len(rows()) == 4


def test_an_interrupted_run_leaves_whole_files_and_resumes_to_the_same_set(iqa, monkeypatch):
    arguments = ("distort", "photos", "--types", "11,19", "--levels", "2,4", "--jobs", "1", "--out")
    iqa(*arguments, "whole")
    real, calls = design.distort, []

    def interrupted(*cell):
        calls.append(cell)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return real(*cell)

    with monkeypatch.context() as patch:
        patch.setattr(design, "distort", interrupted)
        assert iqa(*arguments, "set").code == 130
    assert [row["distorted"] for row in rows()] == [row["distorted"] for row in rows("whole")][:4]
    partial = contents("set")
    assert all(contents("whole")[name] == partial[name] for name in partial if name != "manifest.csv")
    Path("set/distorted/.cat_11_2.png-x.partial").touch()  # as a killed process leaves it
    assert iqa(*arguments, "set", "--resume").code == 0
    assert contents("set") == contents("whole")


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        (("photos/cat.png",), ("photos/cat.png", "--seed", "1"), "--seed"),
        (("photos/cat.png",), ("photos/cat.png", "--max-side", "32"), "--max-side"),
        (("photos/cat.png",), ("more/cat.png",), "more/cat.png"),
    ],
)
def test_a_test_set_is_not_mixed_with_another_one(iqa, first, then, message):
    arguments = ("--out", "set", "--types", "11", "--levels", "2", "--jobs", "1")
    iqa("distort", *first, *arguments)
    before = contents("set")
    done = iqa("distort", *then, *arguments, "--resume")
    assert done.code == 2
    assert message in done.err and "another --out" in done.err
    assert contents("set") == before


# --- the 25 types --------------------------------------------------------------------------------


def test_list_prints_all_types_and_needs_no_photographs(iqa):
    done = iqa("distort", "--list")
    assert done.code == 0
    for distortion in DISTORTIONS.values():
        assert re.search(rf"^{distortion.type}\t{distortion.name}\t", done.out, re.MULTILINE)


@pytest.mark.parametrize("type", DISTORTIONS)
def test_the_documentation_has_each_type_with_its_parameters_and_scores(type):
    page = Path(__file__).parents[2].joinpath("docs/distort.md").read_text(encoding="utf-8")
    distortion = DISTORTIONS[type]
    parameters = ", ".join(f"{value:g}" for value in distortion.parameters)
    means = ", ".join(f"{mean:.2f}" for mean in distortion.means)
    assert f"| {type} | {distortion.name} | {parameters} | {means} |" in page

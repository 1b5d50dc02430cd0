"""`iqa eval --frame all`: rated files of several frames have the mean of their frames' scores."""

import json
import math
from pathlib import Path

import layouts
import numpy as np
import pytest
from PIL import Image
from reports import FAST, rows_of
from skimage.metrics import peak_signal_noise_ratio

import iqa_cli
from iqa_cli.evaluation.frame_means import by_file, frame_mean, rated_as_files

IMAGES = 6


@pytest.fixture
def scans(tmp_path):
    """A manifest of six rated TIFFs of two pages, each beside its reference of two; and the mean PSNR of each."""
    rows, psnr = [], []
    for number in range(IMAGES):
        pages = {name: [_page(tmp_path, number, page, level) for page in range(2)] for name, level in _levels(number)}
        for name, (first, second) in pages.items():
            first.save(tmp_path / f"{name}.tif", save_all=True, append_images=[second])
        clean, worse = (list(map(np.asarray, pages[name])) for name, _ in _levels(number))
        psnr.append(np.mean([peak_signal_noise_ratio(*pair) for pair in zip(clean, worse, strict=True)]))
        rows.append([f"r{number}.tif", f"d{number}.tif", 5 - number / 2])
    layouts.write_csv(tmp_path / "rated.csv", ["reference", "distorted", "mos"], rows)
    return psnr


def _levels(number):
    return (f"r{number}", 0), (f"d{number}", (number + 1) / 10)


def _page(folder, number, page, level):
    layouts.save_picture(folder / "page.png", 32, 10 * number + page, level * (1 + page))
    return Image.open(folder / "page.png").convert("RGB")


def test_a_rated_file_has_the_mean_of_its_frames_and_a_note_says_so(iqa, scans):
    done = iqa("eval", "--manifest", "rated.csv", "-m", "psnr", "--frame", "all", "--keep", "kept.csv", *FAST)
    assert done.code == 0
    kept = rows_of("kept.csv")
    assert [row["distorted"] for row in kept[:3]] == ["d0.tif#0", "d0.tif#1", "d1.tif#0"]
    means = [np.mean([float(row["psnr"]) for row in kept[2 * n : 2 * n + 2]]) for n in range(IMAGES)]
    np.testing.assert_allclose(means, scans, rtol=1e-6)
    assert done.overall("psnr")["srocc"] == pytest.approx(
        np.corrcoef(np.argsort(np.argsort(means)), np.argsort(np.argsort([-n for n in range(IMAGES)])))[0, 1]
    )
    assert any(
        "6 images of several frames: the score is the mean" in note for note in done.report["datasets"][0]["notes"]
    )


def test_kept_scores_of_frames_give_the_same_report_with_and_without_the_labels_file(iqa, scans):
    command = ("eval", "-m", "psnr", *FAST)
    first = iqa(*command, "--manifest", "rated.csv", "--frame", "all", "--keep", "kept.csv").overall("psnr")
    assert iqa(*command, "--manifest", "rated.csv", "--scores", "kept.csv").overall("psnr") == first
    assert iqa(*command, "--scores", "kept.csv").overall("psnr") == first
    assert iqa(*command, "--scores", "kept.csv", "--frame", "all").overall("psnr") == first
    iqa("score", "--manifest", "rated.csv", "-m", "psnr", "--frame", "all", "-o", "rows.jsonl", "--quiet")
    assert iqa(*command, "--scores", "rows.jsonl").overall("psnr") == first


def test_an_interrupted_run_over_frames_goes_on(iqa, scans):
    command = ("eval", "--manifest", "rated.csv", "-m", "psnr", "--frame", "all", "--keep", "kept.csv", *FAST)
    whole = iqa(*command)
    lines = Path("kept.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("kept.csv").write_text("".join(lines[:6]), encoding="utf-8")
    resumed = iqa(*command, "--resume")
    assert resumed.overall("psnr") == whole.overall("psnr") and len(rows_of("kept.csv")) == 2 * IMAGES


def test_python_takes_the_same_word(iqa, scans):
    table = iqa_cli.evaluate("psnr", manifests="rated.csv", frame="all", resamples=0)
    assert "mean over them" in json.dumps(table.attrs["notes"])


def test_frames_that_were_rated_one_by_one_stay_apart(iqa, scans):
    rows = [["r0.tif#0", f"d{n // 2}.tif#{n % 2}", n] for n in range(6)]
    layouts.write_csv(Path("pages.csv"), ["reference", "distorted", "mos"], rows)
    done = iqa("eval", "--manifest", "pages.csv", "-m", "psnr", "--keep", "kept.csv", *FAST)
    assert done.code == 0 and len(rows_of("kept.csv")) == 6
    again = iqa("eval", "--scores", "kept.csv", *FAST)
    assert again.overall("psnr") == done.overall("psnr")
    assert not any("mean over them" in note for note in again.report["datasets"][0]["notes"])


def test_a_file_has_no_score_where_one_of_its_frames_has_none():
    assert math.isnan(frame_mean([1.0, math.nan])) and frame_mean([1.0, math.inf]) == math.inf
    scores, several = by_file({"a.tif#0": 1.0, "a.tif#1": 3.0, "b.png": 5.0})
    assert (scores, several) == ({"a.tif": 2.0, "b.png": 5.0}, 1)


def test_rows_of_frames_are_one_rated_file_where_their_labels_agree_throughout():
    rows = [{"image": "a.gif#0", "mos": "3"}, {"image": "a.gif#1", "mos": "3"}, {"image": "b.png", "mos": "4"}]
    assert [row["image"] for row in rated_as_files(rows)] == ["a.gif", "b.png"]
    assert len(rated_as_files([*rows, {"image": "b.gif#0", "mos": "1"}, {"image": "b.gif#1", "mos": "2"}])) == 5

"""Methods on folders: means, wins and significance, from end to end."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processed import FOLDERS, IMAGES, METHODS, column
from scipy import stats
from skimage.metrics import peak_signal_noise_ratio


def test_means_wins_and_p_of_methods_are_those_of_other_implementations(iqa, folders):
    document = iqa(*FOLDERS, "-m", "psnr", "-f", "json").document
    by_hand = np.array(
        [
            [
                peak_signal_noise_ratio(*(np.asarray(Image.open(f"{folder}/{image}.png")) for folder in ("GT", method)))
                for image in IMAGES
            ]
            for method in METHODS
        ]
    )
    np.testing.assert_allclose(column(document, "psnr", "mean"), by_hand.mean(axis=1), rtol=1e-6)
    won = np.bincount(by_hand.argmax(axis=0), minlength=len(METHODS))
    np.testing.assert_allclose(column(document, "psnr", "wins"), won)
    best = by_hand.mean(axis=1).argmax()
    ranks = stats.rankdata(-by_hand.mean(axis=1))
    np.testing.assert_allclose(column(document, "psnr", "rank"), ranks)
    for method, p in enumerate(column(document, "psnr", "p")):
        if method == best:
            assert p is None
            continue
        test = stats.permutation_test(
            (by_hand[method] - by_hand[best],), np.mean, permutation_type="samples", n_resamples=np.inf
        )
        assert p == pytest.approx(test.pvalue)


def test_rows_are_those_of_iqa_score_with_the_method_and_the_image(iqa, folders):
    done = iqa(*FOLDERS, "-m", "psnr", "--luma", "bt601", "--crop-border", 4)
    assert len(done.rows) == len(METHODS) * len(IMAGES)
    first = done.rows[0]
    assert (first["reference"], first["distorted"]) == ("GT/boat.png", "jpeg/boat.png")
    assert (first["method"], first["group"], first["luma"], first["crop_border"]) == ("jpeg", "boat", "bt601", "4")


def test_names_replace_those_of_the_folders_everywhere(iqa, folders):
    done = iqa("--ref", "GT", "jpeg", "blur", "--names", "A, B_2", "-m", "psnr", "-f", "latex")
    assert "B\\_2 &" in done.out and "jpeg" not in done.out


def test_folders_of_one_name_are_told_apart_by_their_paths(iqa, folders):
    for method in ("x", "y"):
        Path(method).mkdir()
        Path("blur").rename(f"{method}/out") if method == "x" else Path("noise").rename(f"{method}/out")
    done = iqa("--ref", "GT", "x/out", "y/out", "-m", "psnr", "-f", "csv")
    assert {row["method"] for row in done.rows} == {"x/out", "y/out"}


def test_missing_and_extra_images_are_refused_by_name(iqa, folders):
    Path("blur/cat.png").unlink()
    Path("noise/stray.png").write_bytes(Path("noise/cup.png").read_bytes())
    done = iqa(*FOLDERS, "-m", "psnr")
    assert done.code == 2 and done.out == ""
    assert "GT: 1 image without a partner in blur (cat.png)" in done.err
    assert "noise: 1 image without a partner in GT (stray.png)" in done.err
    assert "--allow-missing" in done.err


def test_allow_missing_compares_all_methods_on_the_common_images_aloud(iqa, folders):
    Path("blur/cat.png").unlink()
    done = iqa(*FOLDERS, "-m", "psnr", "--allow-missing", "-f", "json")
    assert done.code == 0
    assert done.document["comparison"]["images"] == ["boat", "cup"]
    assert len(done.document["rows"]) == 2 * len(METHODS)
    assert "compared on the 2 images that all have" in done.err


def test_an_image_that_fails_for_one_method_counts_for_none(iqa, folders):
    Path("noise/cat.png").write_bytes(b"no image")
    done = iqa(*FOLDERS, "-m", "psnr", "-f", "json")
    assert done.code == 1
    assert done.document["comparison"]["images"] == ["boat", "cup"]
    assert "cat" in done.document["comparison"]["notes"][-1]
    assert {row["images"] for row in done.document["comparison"]["summaries"]["psnr"]} == {2}
    assert sum(row["status"] == "ok" for row in done.document["rows"]) == len(METHODS) * 3 - 1


def test_when_nothing_can_be_compared_the_rows_are_there_and_the_reason_is_said(iqa, folders):
    for image in IMAGES:
        Path(f"blur/{image}.png").write_bytes(b"no image")
    done = iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-f", "csv")
    assert done.code == 1 and len(done.rows) == 6
    assert "no image has scores of every method: blur has 0 of 3" in done.err


def test_one_method_alone_has_means_and_no_rival(iqa, folders):
    done = iqa("--ref", "GT", "jpeg", "-m", "psnr", "-f", "table")
    assert done.code == 0 and "Wins" in done.out and "Δ" not in done.out


def test_a_method_identical_to_the_reference_leads_and_leaves_the_others_their_means(iqa, folders):
    Path("copy").mkdir()
    for image in IMAGES:
        Path(f"copy/{image}.png").write_bytes(Path(f"GT/{image}.png").read_bytes())
    alone = iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-f", "json").document
    done = iqa("--ref", "GT", "jpeg", "copy", "blur", "-m", "psnr", "-m", "ssim", "-f", "json")
    assert column(done.document, "psnr", "rank")[1] == 1 and column(done.document, "psnr", "wins")[1] == 3
    assert [column(done.document, "psnr", "mean")[k] for k in (0, 2)] == column(alone, "psnr", "mean")
    assert any("copy: equal to the reference" in note for note in done.document["comparison"]["notes"])
    assert "**∞**" in iqa("--ref", "GT", "jpeg", "copy", "blur", "-m", "psnr", "-f", "markdown").out


def test_an_infinite_score_of_some_images_is_in_no_mean_but_wins(iqa, folders):
    Path("jpeg/cat.png").write_bytes(Path("GT/cat.png").read_bytes())
    done = iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-f", "json")
    rows = [row for row in done.document["rows"] if row["group"] != "cat"]
    means = [np.mean([row["psnr"] for row in rows if row["method"] == method]) for method in ("jpeg", "blur")]
    np.testing.assert_allclose(column(done.document, "psnr", "mean"), means)
    assert column(done.document, "psnr", "images") == [2, 2]
    assert sum(column(done.document, "psnr", "wins")) == 3 and column(done.document, "psnr", "wins")[0] >= 1
    assert "1 image with an infinite score" in " ".join(done.document["comparison"]["notes"])


def test_methods_are_compared_without_reference_too(iqa, folders, trained):
    trained("triq")
    done = iqa("jpeg", "blur", "-m", "triq", "-f", "json")
    assert done.code == 0 and done.document["comparison"]["images"] == list(IMAGES)
    assert set(done.document["rows"][0]) >= {"image", "method", "group", "triq"}
    Path("blur/cat.png").unlink()
    done = iqa("jpeg", "blur", "-m", "triq")
    assert done.code == 2 and "1 image without a partner in blur (cat.png)" in done.err


def test_names_are_matched_as_in_score(iqa, folders):
    for image in IMAGES:
        Path(f"blur/{image}.png").rename(f"blur/{image}_x4.png")
    done = iqa("--ref", "GT", "blur", "-m", "psnr", "--match", "{stem}_x4", "-f", "csv")
    assert done.code == 0 and [row["group"] for row in done.rows] == list(IMAGES)


def test_the_most_differing_and_the_worst_images_are_named(iqa, folders):
    document = iqa(*FOLDERS, "-m", "psnr", "-f", "json").document
    text = iqa(*FOLDERS, "-m", "psnr", "-f", "table", "--show", 1).out
    scores = {(row["method"], row["group"]): row["psnr"] for row in document["rows"]}
    spread = {i: max(scores[m, i] for m in METHODS) - min(scores[m, i] for m in METHODS) for i in IMAGES}
    most = max(spread, key=spread.get)
    assert re.search(rf"where methods differ most\n.*\n─+\n{most} .* {spread[most]:.2f} *\n", text)
    for method in METHODS:
        worst = min(IMAGES, key=lambda image, method=method: scores[method, image])
        assert re.search(
            rf"the worst of each method.*\n{method} +{worst} +{scores[method, worst]:.2f}", text, re.DOTALL
        )
    assert "where methods differ most" not in iqa(*FOLDERS, "-m", "psnr", "-f", "table", "--show", 0).out

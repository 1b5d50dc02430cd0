"""Candidates of one image: ranked by each model, from end to end."""

import re
from pathlib import Path

import pytest
from PIL import Image
from scipy import stats

from iqa_cli.registry import FIRST, FULL


@pytest.mark.parametrize("models", [("psnr", "ssim"), ("iqt-c",), ("triq",)], ids=" ".join)
def test_a_graded_series_is_ranked_as_it_was_graded(iqa, graded, trained, models):
    for model in models:
        trained(model)  # or skip
    candidates = ("q2.png", "q0.png", "q3.png", "q1.png")
    paths = candidates if models == ("triq",) else ("ref.png", *candidates)
    done = iqa(*paths, *(word for model in models for word in ("-m", model)), "--crops", 1, "-f", "table")
    assert done.code == 0
    rows = [line for line in done.out.splitlines() if line.startswith("q")]
    assert [row.split()[0] for row in rows] == ["q0.png", "q1.png", "q2.png", "q3.png"]
    for place, _ in enumerate(models):
        assert [re.findall(r"#(\d)", row)[place] for row in rows] == ["1", "2", "3", "4"]


def test_agreement_between_models_stands_below_the_ranking(iqa, graded):
    done = iqa("ref.png", "q0.png", "q1.png", "q2.png", "-m", "psnr", "-m", "ssim", "-f", "json")
    (pair,) = done.document["comparison"]["agreement"]
    scores = {model: [row[model] for row in done.document["rows"]] for model in ("psnr", "ssim")}
    assert pair["srocc"] == pytest.approx(stats.spearmanr(scores["psnr"], scores["ssim"]).statistic) == 1
    text = iqa("ref.png", "q0.png", "q1.png", "q2.png", "-m", "psnr", "-m", "ssim", "-f", "table").out
    assert re.search(r"Agreement between models.*psnr +ssim +1\.000 +1\.000", text, re.DOTALL)


def test_equal_candidates_share_a_rank_and_the_mark(iqa, graded):
    Path("again.png").write_bytes(Path("q0.png").read_bytes())
    done = iqa("ref.png", "q1.png", "q0.png", "again.png", "-m", "psnr", "-f", "markdown")
    rows = [line for line in done.out.splitlines() if line.startswith("| ") and ".png" in line]
    assert [re.search(r"#(\d)", row)[1] for row in rows] == ["1", "1", "3"]
    assert ["**" in row for row in rows] == [True, True, False]


def test_a_candidate_equal_to_the_reference_is_first_with_an_infinite_psnr(iqa, graded):
    Path("copy.png").write_bytes(Path("ref.png").read_bytes())
    done = iqa("ref.png", "q0.png", "copy.png", "q1.png", "-m", "psnr", "-m", "ssim", "-f", "markdown")
    first = next(line for line in done.out.splitlines() if line.startswith("| ") and ".png" in line)
    assert first.startswith("| copy.png | **∞** #1 |")
    assert "psnr | ssim | 1.000" in done.out


def test_a_candidate_that_cannot_be_read_costs_its_own_row(iqa, graded):
    Path("bad.png").write_bytes(b"no image")
    done = iqa("ref.png", "bad.png", "q1.png", "q0.png", "-m", "psnr", "-f", "table")
    assert done.code == 1 and done.err.count("bad.png") == 1
    assert re.findall(r"^([\w]+)\.png", done.out, re.MULTILINE) == ["q0", "q1", "bad"]


def test_a_model_that_can_score_no_candidate_leaves_the_others_their_ranking(iqa, graded):
    done = iqa("ref.png", "q1.png", "q0.png", "-m", "ms-ssim", "-m", "psnr", "--crop-border", 30, "-f", "json")
    assert done.code == 1  # 140 px are too few for MS-SSIM
    assert done.document["comparison"]["ranks"] == {
        "ms-ssim": {"q1.png": None, "q0.png": None},
        "psnr": {"q1.png": 2, "q0.png": 1},
    }
    assert any("ms-ssim" in note for note in done.document["comparison"]["notes"])


def test_a_failure_is_said_once_on_stderr_where_there_is_no_table(iqa, graded):
    Path("bad.png").write_bytes(b"no image")
    assert iqa("ref.png", "bad.png", "q0.png", "-m", "psnr", "-f", "csv").err.count("bad.png") == 1


def test_agreement_counts_only_candidates_that_have_all_scores(iqa, graded):
    Path("bad.png").write_bytes(b"no image")
    done = iqa("ref.png", "bad.png", "q0.png", "q1.png", "q2.png", "-m", "psnr", "-m", "ssim", "-f", "markdown")
    assert "Rank correlation over the 3 candidates" in done.out


def test_a_reference_that_was_not_named_is_said_and_stands_in_the_title(iqa, folders):
    done = iqa("GT", "jpeg", "blur", "-m", "psnr", "-m", "ssim", "-f", "markdown")
    assert "reference: GT" in done.err
    assert done.out.startswith("### 2 methods on 3 images of GT\n")


def test_what_was_done_to_files_is_told_below_the_tables(iqa, folders, photo):
    Image.fromarray(photo(60, 80)).save("blur/cat.png")
    done = iqa("--ref", "GT", "blur", "-m", "psnr", "--on-size-mismatch", "resize", "-f", "markdown")
    assert re.search(r"1 × .*resized", done.out)


def test_an_image_that_is_compared_is_never_replaced_by_an_output(iqa, folders):
    before = Path("GT/cat.png").read_bytes()
    for output in (("-o", "GT/cat.png", "-f", "csv"), ("--html", "jpeg/../GT/cat.png")):
        done = iqa("--ref", "GT", "blur", "-m", "psnr", *output)
        assert done.code == 2 and "would replace" in done.err
    assert Path("GT/cat.png").read_bytes() == before


def test_one_candidate_is_a_table_of_one_row_without_a_mark(iqa, graded):
    done = iqa("ref.png", "q0.png", "-m", "psnr", "-m", "ssim", "-f", "markdown")
    assert done.code == 0 and "**" not in done.out and "Agreement" not in done.out


def test_a_folder_of_candidates_is_compared_with_one_reference_itself_left_out(iqa, graded):
    done = iqa("ref.png", ".", "-m", "psnr", "-f", "csv")
    assert [row["method"] for row in done.rows] == ["q0.png", "q1.png", "q2.png", "q3.png"]
    assert "ref.png is the reference" in done.err


def test_without_a_model_the_first_with_a_reference_and_psnr_are_asked_and_it_is_said(iqa, graded, trained):
    first = FIRST[FULL]
    trained(first)
    done = iqa("ref.png", "q0.png", "-f", "csv", "--crops", 1)
    assert {first, "psnr"} <= set(done.rows[0])
    assert f"no --model: {first} and psnr" in done.err

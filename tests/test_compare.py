"""`iqa compare` from end to end: candidates of one image, and methods on folders."""

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import stats
from skimage.metrics import peak_signal_noise_ratio

from iqa_cli.__main__ import main
from iqa_cli.engine.session import Session
from iqa_cli.registry import FIRST, FULL

METHODS = ("jpeg", "blur", "noise", "downup", "sharpen")
IMAGES = ("boat", "cat", "cup")
FOLDERS = ("--ref", "GT", *METHODS)


class Finished(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self):
        """The CSV on stdout."""
        return list(csv.DictReader(io.StringIO(self.out)))

    @property
    def document(self):
        """The JSON on stdout."""
        return json.loads(self.out)


@pytest.fixture
def iqa(capsys, monkeypatch):
    """`iqa("compare", ...)` in this process."""
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main(["compare", *map(str, arguments)])
        plain = (re.sub(r"\x1b\[[\d;]*m", "", text) for text in capsys.readouterr())
        return Finished(int(leaving.value.code or 0), *plain)

    return run


def processed(image, method, strength=1.0):
    """The picture as a restoration method might leave it, worse with growing strength."""
    if method == "jpeg":
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=max(1, round(30 / strength)))
        return Image.open(stream)
    if method == "blur":
        return image.filter(ImageFilter.GaussianBlur(1.5 * strength))
    if method == "noise":
        grain = np.random.default_rng(0).normal(0, 12 * strength, (*image.size[::-1], 3))
        return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))
    if method == "downup":
        small = image.resize(
            [max(1, round(side / (1 + 2 * strength))) for side in image.size], Image.Resampling.BICUBIC
        )
        return small.resize(image.size, Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.UnsharpMask(2, round(150 * strength), 0))


@pytest.fixture
def folders(tmp_path, monkeypatch, photo):
    """Three photographs in GT and processed by five means, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for folder in ("GT", *METHODS):
        Path(folder).mkdir()
    for number, name in enumerate(IMAGES):
        image = Image.fromarray(photo(72, 96, number))
        image.save(f"GT/{name}.png")
        for method in METHODS:
            processed(image, method, 0.6 + 0.4 * number).save(f"{method}/{name}.png")


@pytest.fixture
def graded(tmp_path, monkeypatch, photo):
    """A reference and four candidates, each more blurred than the one before; q0 is the mildest."""
    monkeypatch.chdir(tmp_path)
    image = Image.fromarray(photo(200, 200))
    image.save("ref.png")
    for level in range(4):
        processed(image, "blur", 0.3 + 0.7 * level).save(f"q{level}.png")


def column(document, model, name):
    return [row[name] for row in document["comparison"]["summaries"][model]]


# Candidates of one image


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


# Methods on folders


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


# Outputs


def test_several_files_are_written_at_once_each_in_its_format(iqa, folders):
    names = ("scores.csv", "scores.jsonl", "all.json", "table.md", "table.tex", "table.txt", "scores.parquet")
    done = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", *(word for name in names for word in ("-o", name)))
    assert (done.code, done.out) == (0, "")
    assert len(Path("scores.csv").read_text().splitlines()) == 1 + 15
    assert len(Path("scores.jsonl").read_text().splitlines()) == 15
    assert json.loads(Path("all.json").read_text())["comparison"]["methods"] == list(METHODS)
    assert Path("table.md").read_text().startswith("### 5 methods on 3 images")
    assert Path("scores.parquet").stat().st_size


def test_latex_has_arrows_bold_and_underline_and_is_without_single_images(iqa, folders):
    text = iqa(*FOLDERS, "-m", "psnr", "-m", "ssim", "-f", "latex").out
    assert r"\shortstack{psnr\\$\uparrow$}" in text
    means = text.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
    assert means.count(r"\textbf{") == 2 and means.count(r"\underline{") >= 2
    assert "boat" not in text


def test_resume_scores_only_what_is_missing_and_compares_all(iqa, folders, monkeypatch):
    whole = iqa(*FOLDERS, "-m", "psnr", "-f", "json").document["comparison"]
    iqa(*FOLDERS, "-m", "psnr", "-o", "scores.csv")
    lines = Path("scores.csv").read_text().splitlines(keepends=True)
    Path("scores.csv").write_text("".join(lines[:8]) + lines[8][:20])
    asked = []
    run = Session.run
    monkeypatch.setattr(Session, "run", lambda self, jobs, **how: run(self, asked.extend(jobs) or list(asked), **how))
    done = iqa(*FOLDERS, "-m", "psnr", "-o", "scores.csv", "-o", "all.json", "--resume")
    assert done.code == 0 and len(asked) == 15 - 7
    assert len(Path("scores.csv").read_text().splitlines()) == 16
    again = json.loads(Path("all.json").read_text())["comparison"]
    assert again["summaries"] == whole["summaries"]


def test_resume_with_other_methods_keeps_the_rows_and_compares_those_asked_for(iqa, folders):
    iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-o", "scores.csv")
    done = iqa("--ref", "GT", "blur", "noise", "-m", "psnr", "-o", "scores.csv", "-o", "all.json", "--resume")
    assert done.code == 0
    assert json.loads(Path("all.json").read_text())["comparison"]["methods"] == ["blur", "noise"]
    assert len(Path("scores.csv").read_text().splitlines()) == 1 + 9


def test_resume_refuses_rows_of_a_method_that_has_other_files_now(iqa, folders):
    iqa("--ref", "GT", "jpeg", "blur", "--names", "A,B", "-m", "psnr", "-o", "scores.csv")
    done = iqa("--ref", "GT", "jpeg", "noise", "--names", "A,B", "-m", "psnr", "-o", "scores.csv", "--resume")
    assert done.code == 2 and "has blur/boat.png for B" in done.err
    renamed = iqa("--ref", "GT", "jpeg", "blur", "--names", "C,D", "-m", "psnr", "-o", "scores.csv", "--resume")
    assert renamed.code == 0 and len(Path("scores.csv").read_text().splitlines()) == 1 + 12


def test_resume_reads_the_first_file_that_holds_rows(iqa, folders, monkeypatch):
    iqa(*FOLDERS, "-m", "psnr", "-o", "old.json")
    monkeypatch.setattr(Session, "run", lambda self, jobs, **how: iter([None][: len(list(jobs))]))  # nothing is left
    assert iqa(*FOLDERS, "-m", "psnr", "-o", "new.csv", "-o", "old.json", "--resume").code == 0
    assert len(Path("new.csv").read_text().splitlines()) == 16
    assert len(json.loads(Path("old.json").read_text())["rows"]) == 15


def test_notes_reach_a_reader_of_rows_on_stderr(iqa, folders):
    Path("jpeg/cat.png").write_bytes(Path("GT/cat.png").read_bytes())
    assert "1 image with an infinite score" in iqa("--ref", "GT", "jpeg", "-m", "psnr", "-f", "csv").err


def test_a_table_that_cannot_be_written_costs_no_other(iqa, folders, monkeypatch):
    def full(self, *how, **options):
        if self.name == "a.tex":
            raise OSError(28, "No space left on device", str(self))
        return opened(self, *how, **options)

    opened = Path.open
    monkeypatch.setattr(Path, "open", full)
    done = iqa(*FOLDERS, "-m", "psnr", "-o", "a.tex", "-o", "b.md", "--html", "p.html")
    assert done.code == 1 and "a.tex: cannot be written (No space left on device)" in done.err
    assert Path("b.md").stat().st_size and Path("p.html").stat().st_size


def test_a_json_cut_short_in_its_comparison_can_be_resumed(iqa, folders):
    iqa(*FOLDERS, "-m", "psnr", "-o", "all.json")
    text = Path("all.json").read_text()
    Path("all.json").write_text(text[: text.index('"comparison"') + 200])
    assert iqa(*FOLDERS, "-m", "psnr", "-o", "all.json", "--resume").code == 0
    assert json.loads(Path("all.json").read_text()) == json.loads(text)


def test_json_is_strict_and_says_undefined_as_null(iqa, folders):
    def refuse(word):
        raise AssertionError(word)

    text = iqa("--ref", "GT", "jpeg", "-m", "psnr", "-f", "json").out
    document = json.loads(text, parse_constant=refuse)
    assert column(document, "psnr", "p_holm") == [None]
    assert math.isfinite(column(document, "psnr", "mean")[0])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "nothing to compare"),
        (("GT", "-m", "psnr"), "nothing to compare"),
        (("GT", "nowhere", "-m", "psnr"), "no such file or folder: nowhere"),
        (("--ref", "GT", "jpeg", "GT/cat.png", "-m", "psnr"), "GT/cat.png is a file"),
        (("--ref", "GT", "jpeg", "blur", "--names", "one", "-m", "psnr"), "1 name for 2 methods"),
        (("--ref", "GT", "jpeg", "blur", "--names", "one,one", "-m", "psnr"), "two methods called 'one'"),
        (("--ref", "GT", "jpeg", "jpeg", "-m", "psnr"), "jpeg: given twice"),
        (("--ref", "GT", "jpeg", "./jpeg/", "--names", "a,b", "-m", "psnr"), "jpeg: given twice"),
        (("--ref", "", "jpeg", "blur", "-m", "psnr"), "one of the paths is empty"),
        (("jpeg", "blur", "-m", "triq", "--match", "{stem}_x4"), "it needs --ref"),
        ((*FOLDERS, "-m", "psnr", "-f", "xlsx"), "unknown format"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.xlsx"), "unknown suffix"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.csv", "-o", "b.csv", "-f", "csv"), "cannot stand for several files"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.csv", "-o", "blur/../a.csv"), "asked for twice"),
        ((*FOLDERS, "-m", "psnr", "-o", "-", "-o", "-"), "asked for twice"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.csv", "--html", "a.csv"), "asked for twice"),
        ((*FOLDERS, "-m", "psnr", "-o", "blur", "-f", "latex"), "blur: is a folder"),
        ((*FOLDERS, "-m", "psnr", "--html", "blur"), "blur: is a folder"),
        ((*FOLDERS, "-m", "psnr", "-o", "nowhere/a.csv"), "no folder nowhere"),
        ((*FOLDERS, "-m", "psnr", "--html", "nowhere/a.html"), "no folder nowhere"),
        ((*FOLDERS, "-m", "psnr", "--resume"), "--resume needs -o"),
        ((*FOLDERS, "-m", "psnr", "-o", "a.tex", "--resume"), "--resume needs -o"),
        ((*FOLDERS, "-m", "psnr", "--match", "x4"), "has no {stem}"),
        (("", "GT", "-m", "psnr"), "one of the paths is empty"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line_before_anything_is_scored(iqa, folders, arguments, complaint):
    done = iqa(*arguments)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err and "Traceback" not in done.err

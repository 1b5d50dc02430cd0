"""`iqa compare --scores`: comparisons of scores that are there already."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from processed import FOLDERS, METHODS

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError

SAME = ("-m", "psnr", "-m", "ssim")


@pytest.fixture
def scored(iqa, folders):
    """Rows of each method in a file of its own, as `iqa score` writes them; gives the options that name them."""
    suffixes = (".csv", ".jsonl", ".json", ".parquet", ".csv")
    files = [f"{method}{suffix}" for method, suffix in zip(METHODS, suffixes, strict=True)]
    for method, file in zip(METHODS, files, strict=True):
        iqa_cli.score("GT", method, models=["psnr", "ssim"], output=file)
    return [word for file in files for word in ("--scores", file)]


def test_the_tables_are_those_of_the_images(iqa, scored):
    of_images = iqa(*FOLDERS, *SAME, "-f", "markdown")
    of_scores = iqa(*scored, *SAME, "-f", "markdown")
    assert of_scores.code == of_images.code == 0
    assert of_scores.out == of_images.out


def test_document_and_rows_are_those_of_the_images(iqa, folders):
    first = iqa(*FOLDERS, *SAME, "-f", "json").document
    Path("first.json").write_text(json.dumps(first))
    again = iqa("--scores", "first.json", "-f", "json").document
    assert again["comparison"] == first["comparison"] and again["rows"] == first["rows"]
    assert again["meta"]["models"] == first["meta"]["models"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_rows_of_a_comparison_become_its_tables_again(iqa, folders, suffix):
    first = iqa(*FOLDERS, *SAME, "-o", f"rows{suffix}", "-o", "first.md")
    again = iqa("--scores", f"rows{suffix}", "-o", "again.md", "-o", "again.csv")
    assert first.code == again.code == 0
    assert Path("again.md").read_text() == Path("first.md").read_text()
    iqa("--scores", "again.csv", "-o", "third.md")
    assert Path("third.md").read_text() == Path("first.md").read_text()


def test_candidates_of_one_image_stay_candidates(iqa, graded):
    first = iqa("ref.png", "q0.png", "q1.png", *SAME, "-o", "rows.csv", "-o", "first.md")
    iqa("--scores", "rows.csv", "-o", "again.md")
    assert first.code == 0 and Path("again.md").read_text() == Path("first.md").read_text()


def test_a_folder_of_parts_is_a_method_whole_or_refused(iqa, scored, capsys):
    parts = ("GT", "blur", "-m", "psnr", "-o", "parts/", "--quiet", "--shard")
    assert run("score", *parts, "0/2") == 0
    half = iqa("--scores", "jpeg.csv", "--scores", "ours=parts/", "-m", "psnr")
    assert half.code == 2 and "parts/: is not whole, it has 1 of 2 parts" in half.err
    assert "the same iqa score again goes on" in half.err
    assert run("score", *parts, "1/2") == 0
    capsys.readouterr()
    done = iqa("--scores", "jpeg.csv", "--scores", "ours=parts/", "-m", "psnr", "-f", "json")
    assert done.code == 0 and done.document["comparison"]["methods"] == ["jpeg", "ours"]
    files = iqa("--scores", "jpeg.csv", "--scores", "ours=blur.jsonl", "-m", "psnr", "-f", "json")
    assert files.document["comparison"] == done.document["comparison"]
    alone = iqa("--scores", "ours=parts/", "-m", "Classical", "-f", "json")
    assert alone.document["comparison"]["images"] == ["boat", "cat", "cup"]


def run(*words):
    with pytest.raises(SystemExit) as leaving:
        main(list(words))
    return int(leaving.value.code or 0)


def test_no_torch_and_no_image_is_needed(iqa, scored):
    for method in METHODS:
        for file in Path(method).iterdir():
            file.unlink()
    told = "sys.stderr.write(str('torch' in sys.modules))"
    code = f"import sys; from iqa_cli.__main__ import main\ntry: main()\nfinally: {told}"
    done = subprocess.run(
        [sys.executable, "-c", code, "compare", *scored, "-f", "table"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr.rstrip().endswith("False")
    assert "psnr: methods" in done.stdout


def test_scores_that_were_made_otherwise_are_refused_by_what_differs(iqa, scored):
    iqa_cli.score("GT", "blur", models=["psnr", "ssim"], luma="bt601", crop_border=4, output="other.csv")
    done = iqa("--scores", "jpeg.csv", "--scores", "other.csv")
    assert done.code == 2 and done.err.count("\n") == 1
    assert "jpeg.csv and other.csv were scored otherwise" in done.err
    assert "psnr luma rgb and bt601; psnr crop border 0 and 4" in done.err
    Path("other.csv.run.json").unlink()  # the rows tell these themselves
    assert "luma rgb and bt601; crop border 0 and 4" in iqa("--scores", "jpeg.csv", "--scores", "other.csv").err


def test_missing_rows_are_refused_by_name_or_left_out_aloud(iqa, scored):
    lines = Path("jpeg.csv").read_text().splitlines(keepends=True)
    Path("jpeg.csv").write_text("".join(lines[:-1]))
    done = iqa(*scored, "-m", "psnr")
    assert (
        done.code == 2 and "jpeg: no row of 1 image (cup); " not in done.err and "jpeg: no row of 1 image (" in done.err
    )
    some = iqa(*scored, "-m", "psnr", "--allow-missing", "-f", "json")
    assert some.code == 0 and len(some.document["comparison"]["images"]) == 2
    assert "compared on the 2 images that all have" in some.err


def test_failed_rows_are_told_and_cost_their_image_for_all(iqa, folders):
    Path("blur/cat.png").write_bytes(b"no image")
    first = iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-o", "rows.csv", "-o", "first.md")
    again = iqa("--scores", "rows.csv", "-o", "again.md")
    assert first.code == again.code == 1
    assert "blur/cat.png" in again.err and Path("again.md").read_text() == Path("first.md").read_text()


def test_methods_whose_files_are_called_otherwise_are_paired_by_reference_or_by_match(iqa, folders):
    for file in Path("blur").iterdir():
        file.rename(file.with_stem(f"{file.stem}_x4"))
    with pytest.warns(UserWarning, match="paired by '{stem}_x4'"):
        iqa_cli.score("GT", "blur", models="psnr", output="blur.csv")
    iqa_cli.score("GT", "jpeg", models="psnr", output="jpeg.csv")
    assert iqa("--scores", "blur.csv", "--scores", "jpeg.csv").code == 0
    for name in ("blur", "jpeg"):  # as of a model without a reference
        rows = [line.split(",", 1)[1] for line in Path(f"{name}.csv").read_text().splitlines()]
        Path(f"{name}.csv").write_text("\n".join(rows).replace("distorted", "image", 1))
    refused = iqa("--scores", "blur.csv", "--scores", "jpeg.csv")
    assert refused.code == 2 and "--match NAME='{stem}_x4'" in refused.err
    assert iqa("--scores", "blur.csv", "--scores", "jpeg.csv", "--match", "blur={stem}_x4").code == 0


def test_the_page_shows_the_images_where_they_are_and_is_refused_where_they_are_not(iqa, folders):
    iqa("--ref", "GT", "jpeg", "blur", "-m", "psnr", "-o", "rows.csv")
    assert iqa("--scores", "rows.csv", "--html", "page.html").code == 0
    assert Path("page.html").read_text().count("data:image/webp") >= 6
    Path("blur/cat.png").unlink()
    gone = iqa("--scores", "rows.csv", "--html", "page.html", "--overwrite")
    assert gone.code == 2 and "1 image cannot be reached from here (blur/cat.png): leave it out" in gone.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("jpeg",), "--scores and images at once: score the images first"),
        (("--ref", "GT"), "leave out --ref"),
        (("--crop-border", "4", "--mask", "GT"), "leave out --mask, --crop-border"),
        (("--crops", "3", "--luma", "bt601"), "leave out --crops, --luma"),
        (("--resume", "-o", "x.csv"), "leave out --resume"),
        (("-m", "vif"), "jpeg.csv: no scores of vif; it has psnr, ssim"),
        (("--scores", "jpeg.csv"), "two methods called 'jpeg'"),
        (("--scores", "=blur.jsonl"), "write NAME=FILE"),
        (("--scores", "none.csv"), "none.csv: cannot read this score file"),
        (("--match", "{stem}_x4"), "--match: these rows say themselves"),
    ],
)
def test_what_does_not_go_with_scores_is_refused_in_one_line(iqa, scored, words, told):
    done = iqa("--scores", "jpeg.csv", *words)
    assert done.code == 2 and told in done.err and done.err.count("\n") == 1


def test_rows_in_the_place_of_images_are_told_where_they_belong(iqa, scored):
    done = iqa("jpeg.csv", "blur.jsonl", "-m", "psnr")
    assert done.code == 2 and "rows of scores, no images: give them as --scores jpeg.csv" in done.err


def test_methods_whose_names_are_one_number_keep_their_own_scores(iqa, scored):
    for number, name in enumerate(("first.csv", "second.csv")):
        Path(name).write_text(f"image,psnr,status\na.png,{20 + number},ok\nb.png,{30 + number},ok\n")
    done = iqa("--scores", "1e-1=first.csv", "--scores", "0.1=second.csv", "-f", "json")
    assert done.code == 0
    assert {(row["method"], row["group"]): row["psnr"] for row in done.document["rows"]} == {
        ("1e-1", "a"): 20, ("1e-1", "b"): 30, ("0.1", "a"): 21, ("0.1", "b"): 31
    }  # fmt: skip


def test_several_rows_of_one_image_are_refused(iqa, scored):
    text = Path("jpeg.csv").read_text()
    Path("jpeg.csv").write_text(text + text.splitlines()[-1] + "\n")
    done = iqa("--scores", "jpeg.csv", "-m", "psnr")
    assert done.code == 2 and "1 image with several rows" in done.err


@pytest.mark.parametrize("methods", ["", "method,group,"])
def test_a_file_without_rows_is_refused_by_its_name_alone_and_beside_others(iqa, scored, methods):
    Path("empty.csv").write_text(f"reference,distorted,{methods}psnr,status,error,notes\n")
    for more in ((), scored):
        done = iqa("--scores", "empty.csv", *more)
        assert done.code == 2 and "empty.csv: has no rows" in done.err and done.err.count("\n") == 1


def test_python_takes_scores_by_the_names_of_methods(iqa, scored):
    table = iqa_cli.compare(scores={"A": "jpeg.csv", "B": "blur.jsonl"}, resamples=100)
    assert set(table["model"]) == {"psnr", "ssim"} and set(table["method"]) == {"A", "B"}
    with pytest.raises(UsageError, match="leave out luma"):
        iqa_cli.compare(scores="jpeg.csv", luma="bt601")

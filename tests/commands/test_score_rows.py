"""What `iqa score` takes and gives."""

import io
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import PAIR, noise, save, strict_json, truncate
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

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
    assert (done.code, done.out) == (0, "")
    assert re.fullmatch(rf"1 row, 0 failed, in \d+\.\d s: scores\.{suffix}\n", done.err)
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
    Path("dist/a_x4.jpg").rename("dist/a_x2.jpg")  # no one suffix fits all: nothing is guessed
    assert iqa("score", "ref", "dist", "-m", "psnr").code == 2
    Path("dist/a_x2.jpg").rename("dist/a_x4.jpg")
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


@pytest.mark.parametrize("listed", [False, True])
def test_a_path_that_the_system_does_not_look_up_costs_its_own_row(listed, iqa, monkeypatch):
    images = ["dist/a.jpg", f"{'x' * 300}.jpg", "dist/b.jpg"]  # where rights are lacking it is alike, but not for root
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(images)))
    done = iqa("score", "ref/a.png", *(["-"] if listed else images), "-m", "psnr")
    assert done.code == 1
    assert [row["status"] for row in done.rows] == ["ok", "error", "ok"]
    assert done.rows[1]["error"].endswith(".jpg: cannot be read: File name too long")


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

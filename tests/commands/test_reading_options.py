"""`--frame` and `--raw`, which say what of a file is scored, in a shell and in Python; extras that are missing."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from extra_files import dng, heif, jxl, patches, srgb_encoded
from PIL import Image

import iqa_cli
from iqa_cli.errors import UsageError

NOISE = np.random.default_rng(3).integers(0, 256, (4, 48, 64, 3), dtype=np.uint8)
PREVIEW = np.full((32, 48, 3), 90, np.uint8)
PAIR = ("-m", "psnr", "-f", "csv")


@pytest.fixture(autouse=True)
def files(folder):
    pages = [Image.fromarray(noise) for noise in NOISE]
    pages[0].save("r.tif", save_all=True, append_images=pages[1:])
    pages[0].save("d.tif", save_all=True, append_images=[pages[0], pages[2], pages[0]])
    file = io.BytesIO()
    Image.fromarray(PREVIEW).save(file, "JPEG", quality=100)
    Path("photo.dng").write_bytes(dng(patches(), preview=file.getvalue()))


def test_all_frames_have_a_row_each_and_a_mean_below(iqa):
    done = iqa("score", "r.tif", "d.tif", *PAIR, "--frame", "all")
    assert [row["distorted"] for row in done.rows] == [f"d.tif#{number}" for number in range(4)]
    assert [row["reference"] for row in done.rows] == [f"r.tif#{number}" for number in range(4)]
    assert [row["psnr"] == "inf" for row in done.rows] == [True, False, True, False]
    told = iqa("score", "r.tif", "d.tif", "-m", "psnr", "-f", "json", "--frame", "all").document
    assert told["means"][0]["pooled"]["psnr"]["p0"] < 12


def test_one_frame_is_of_all_files_and_the_first_is_told_as_one_of_several(iqa):
    (row,) = iqa("score", "r.tif", "d.tif", *PAIR, "--frame", "2").rows
    assert row["psnr"] == "inf" and row["notes"] == "reference: frame #2 of 4; frame #2 of 4"
    (row,) = iqa("score", "r.tif", "d.tif", *PAIR).rows
    assert row["psnr"] == "inf" and row["notes"] == "reference: first page of 4; first page of 4"
    (row,) = iqa("score", "r.tif#1", "d.tif#0", *PAIR).rows
    assert row["psnr"] != "inf"


def test_a_list_on_standard_input_has_its_frames_too(iqa, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("d.tif\n"))
    done = iqa("score", "r.tif#0", "-", *PAIR, "--frame", "all")
    assert [row["distorted"] for row in done.rows] == [f"d.tif#{number}" for number in range(4)]


def test_a_command_that_takes_one_picture_of_a_file_refuses_all(iqa):
    refused = iqa("encode", "r.tif", "-m", "iqt-c", "-o", "r.iqaref", "--frame", "all")
    assert refused.code == 2 and "--frame all: one picture of a file is taken here" in refused.err
    assert iqa("compare", "r.tif", "d.tif", "ref/a.png", "-m", "psnr", "--frame", "1", "-f", "csv").code in (0, 1)
    with pytest.raises(UsageError, match="frame='all': one picture of a file is taken here"):
        iqa_cli.load("psnr", frame="all")


def test_runs_over_different_frames_do_not_go_on_from_each_other(iqa):
    assert iqa("score", "r.tif", "d.tif", "-m", "psnr", "-o", "x.csv", "--frame", "1").code == 0
    assert json.loads(Path("x.csv.run.json").read_text())["facts"]["frame"] == "1"
    refused = iqa("score", "r.tif", "d.tif", "-m", "psnr", "-o", "x.csv", "--resume")
    assert refused.code == 2 and "frame 1" in refused.err


def test_python_has_the_words_too():
    assert len(iqa_cli.score("r.tif", "d.tif", models="psnr", frame="all")) == 4
    assert np.isinf(iqa_cli.load("psnr", frame=2).score("r.tif", "d.tif"))
    assert not np.isinf(iqa_cli.score("r.tif", "d.tif", models="psnr", frame=1)["psnr"][0])


def test_raw_is_developed_unless_its_preview_is_asked_for(iqa):
    pytest.importorskip("rawpy")
    developed = np.round(255 * srgb_encoded(patches())).astype(np.uint8)
    Image.fromarray(developed).save("developed.png")
    Image.fromarray(PREVIEW).save("small.png")
    (row,) = iqa("score", "developed.png", "photo.dng", *PAIR).rows
    assert float(row["psnr"]) > 35 and row["notes"].startswith("raw (DNG) developed: camera white balance, sRGB")
    (row,) = iqa("score", "small.png", "photo.dng", *PAIR, "--raw", "preview").rows
    assert float(row["psnr"]) > 45 and row["notes"] == "embedded preview, not the raw (DNG)"
    refused = iqa("score", "small.png", "photo.dng", *PAIR, "--raw", "thumbnail")
    assert refused.code == 2 and "--raw thumbnail: choose develop, preview" in refused.err


def test_without_the_extras_the_rows_name_format_and_remedy(iqa, monkeypatch):
    Path("a.heic").write_bytes(heif(NOISE[0]))
    Path("a.jxl").write_bytes(jxl(NOISE[0]))
    for package in ("pillow_heif", "pillow_jxl", "rawpy"):
        monkeypatch.setitem(sys.modules, package, None)
    done = iqa("score", "ref/a.png", "a.heic", "a.jxl", "photo.dng", *PAIR)
    assert done.code == 1
    for row, extra in zip(done.rows, ("heif", "jxl", "raw"), strict=True):
        assert row["error"].startswith(f"{row['distorted']}: cannot be read")
        assert f"pip install 'iqa-cli[{extra}]'" in row["error"]

"""`iqa_cli.rank`: photographs as a frame, the best first."""

import warnings
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageFilter

import iqa_cli
from iqa_cli.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """photos/: one that is sharp, the same blurred, another."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    sharp = Image.fromarray(photo(96, 128))
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8769)[0x9003] = "2026:05:01 10:20:30"
    sharp.save("photos/a.png", exif=exif)
    sharp.filter(ImageFilter.GaussianBlur(3)).save("photos/b.png")
    Image.fromarray(photo(96, 128, 1)).save("photos/c.png")


def test_a_frame_has_photographs_best_first_in_types_that_pandas_reckons_with():
    frame = iqa_cli.rank("photos", output="r.csv", html="sheet.html")
    rows = frame.set_index(frame.image.map(lambda path: Path(path).name))
    assert frame["triq-lite"].is_monotonic_decreasing and list(frame["rank"]) == [1, 2, 3]
    assert rows.group["a.png"] == rows.group["b.png"] == 1 and rows.group.isna()["c.png"]
    assert rows.best.dtype == bool and sorted(rows.index[rows.best]) == ["a.png", "c.png"]
    assert rows.taken["a.png"] == pd.Timestamp("2026-05-01 10:20:30") and pd.isna(rows.taken["c.png"])
    assert (rows.width["a.png"], rows.height["a.png"]) == (128, 96)
    assert "pHash" in frame.attrs["rule"] and "triq-lite" in frame.attrs["meta"]["models"]
    assert Path("r.csv").read_text().count("\n") == 4 and "a.png" in Path("sheet.html").read_text()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keepers = iqa_cli.rank("photos", keep_best=True, output="r.csv", resume=True)
    assert list(keepers.image) == list(frame.image[frame.best])


def test_errors_name_keywords():
    with pytest.raises(UsageError, match="top= lists the best, worst= the worst"):
        iqa_cli.rank("photos", top=1, worst=1)
    with pytest.raises(UsageError, match="compares with a reference"):
        iqa_cli.rank("photos", models="psnr")
    with pytest.raises(TypeError, match="no keyword 'crops'"):
        iqa_cli.rank("photos", crops=3)

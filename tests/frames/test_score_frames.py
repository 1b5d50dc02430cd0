"""`iqa_cli.score` beside `iqa score`: the same files, the same refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.__main__ import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: gt/ with a picture, and m1/ and m2/ with it made brighter by 10 and by 20 levels."""
    monkeypatch.chdir(tmp_path)
    pixels = (photo(48, 64).astype(float) * 0.8).astype(np.uint8)
    for place, more in (("gt", 0), ("m1", 10), ("m2", 20)):
        Path(place).mkdir()
        Image.fromarray(pixels + np.uint8(more)).save(f"{place}/a.png")
    return tmp_path


def command(*arguments):
    """`iqa score ...` in this process: the exit code."""
    with pytest.raises(SystemExit) as leaving:
        main(["score", *map(str, arguments)])
    return int(leaving.value.code or 0)


def psnr(levels):
    return 20 * np.log10(255 / levels)


def test_each_of_several_result_folders_has_a_mean_of_its_own_in_every_file():
    iqa_cli.score("gt", "m1", "m2", models="psnr", output=["p.json", "p.txt", "p.csv"])
    told, ended = (json.loads(Path(name).read_text()) for name in ("p.json", "p.csv.run.json"))
    for means in (told["means"], ended["summary"]["means"]):
        assert {mean["folder"]: mean["mean"]["psnr"] for mean in means} == pytest.approx(
            {"m1": psnr(10), "m2": psnr(20)}
        )
    assert command("gt", "m1", "m2", "-m", "psnr", "-o", "c.json", "-o", "c.txt") == 0
    assert json.loads(Path("c.json").read_text()) == json.loads(Path("p.json").read_text())
    assert Path("c.txt").read_text() == Path("p.txt").read_text()

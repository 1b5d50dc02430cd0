"""docs/export.md: its programs, run as they stand beside the files that they name."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iqa_cli

PAGE = (Path(__file__).parents[2] / "docs/export.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def printed(program, capsys):
    """The first number that a program prints."""
    exec(program, {})
    return float(capsys.readouterr().out.split()[0])


def test_the_ten_lines_for_a_photograph_give_the_score_of_iqa(tmp_path, monkeypatch, photo, capsys):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo(120, 170)).save("photo.jpg")
    iqa_cli.export("triq-lite", "triq-lite.onnx")
    program = PROGRAMS[0]
    assert len(program.splitlines()) <= 10
    assert printed(program, capsys) == pytest.approx(iqa_cli.load("triq-lite").score("photo.jpg"), abs=1e-4)


@pytest.mark.parametrize("size", [(100, 300), (290, 540)], ids=str)
def test_the_program_for_a_pair_takes_the_crops_of_iqa(tmp_path, monkeypatch, photo, capsys, size):
    monkeypatch.chdir(tmp_path)
    pixels = photo(*size)
    noise = np.random.default_rng(0).integers(-20, 21, pixels.shape)
    Image.fromarray(pixels).save("reference.png")
    Image.fromarray((pixels.astype(int) + noise).clip(0, 255).astype(np.uint8)).save("distorted.png")
    iqa_cli.export("iqt-lite", "iqt-lite.onnx")
    expected = iqa_cli.load("iqt-lite").score("reference.png", "distorted.png")
    assert printed(PROGRAMS[1], capsys) == pytest.approx(expected, abs=1e-4)

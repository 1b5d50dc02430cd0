"""docs/export.md: its programs, run as they stand beside the files that they name."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.options.crops import CropRule, windows
from iqa_cli.registry import MOST_CROPS, find_model

PAGE = (Path(__file__).parents[2] / "docs/export.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def namespace_of(program):
    """What a program defines."""
    namespace = {}
    exec(program, namespace)
    return namespace


def printed(program, capsys):
    """The first number that a program prints."""
    namespace_of(program)
    return float(capsys.readouterr().out.split()[0])


def test_the_ten_lines_for_a_photograph_give_the_score_of_iqa(tmp_path, monkeypatch, photo, capsys):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo(120, 170)).save("photo.jpg")
    iqa_cli.export("triq-lite", "triq-lite.onnx")
    program = PROGRAMS[0]
    assert len(program.splitlines()) <= 10
    assert printed(program, capsys) == pytest.approx(iqa_cli.load("triq-lite").score("photo.jpg"), abs=1e-4)


@pytest.mark.parametrize(
    ("model", "size"), [("iqt-lite", (100, 300)), ("iqt-lite", (290, 540)), ("iqt-c", (200, 400))], ids=str
)
def test_the_program_for_a_pair_takes_the_crops_of_iqa(tmp_path, monkeypatch, photo, capsys, model, size):
    monkeypatch.chdir(tmp_path)
    pixels = photo(*size)
    noise = np.random.default_rng(0).integers(-20, 21, pixels.shape)
    Image.fromarray(pixels).save("reference.png")
    Image.fromarray((pixels.astype(int) + noise).clip(0, 255).astype(np.uint8)).save("distorted.png")
    iqa_cli.export(model, f"{model}.onnx")
    expected = iqa_cli.load(model).score("reference.png", "distorted.png")
    program = PROGRAMS[1].replace("iqt-lite.onnx", f"{model}.onnx")
    assert printed(program, capsys) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("model", ["iqt-lite", "iqt-c"])
@pytest.mark.parametrize("size", [(256, 257), (500, 333), (1224, 1632), (700, 2000)], ids=str)
def test_its_grid_is_that_of_iqa_for_every_model(model, size):
    spec = find_model(model)
    grid = namespace_of(PROGRAMS[1].partition("\nsession")[0])["grid"]
    ours = windows(*size, spec.crop, CropRule(overlap=spec.overlap))
    assert grid(*size, spec.crop, spec.overlap, MOST_CROPS) == ours

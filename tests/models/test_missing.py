"""Models whose package is not installed: one line names the extra, and the others go on."""

import sys

import numpy as np
import pytest
from PIL import Image

from iqa_cli.__main__ import main
from iqa_cli.registry import SPECS

NEEDY = [spec for spec in SPECS if spec.extra]


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """An environment without the packages of extras, and two images in the current folder."""
    for module in {spec.module for spec in NEEDY}:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    for name, value in (("old.png", 90), ("new.png", 100)):
        Image.fromarray(np.full((48, 48, 3), value, np.uint8)).save(name)


def iqa(capsys, *arguments):
    with pytest.raises(SystemExit) as leaving:
        main(list(arguments))
    said = capsys.readouterr()
    return leaving.value.code or 0, said.out, said.err


@pytest.mark.parametrize("name", [spec.name for spec in NEEDY])
def test_a_model_without_its_package_names_the_extra_in_one_line(bare, capsys, name):
    spec = next(spec for spec in NEEDY if spec.name == name)
    images = ("old.png", "new.png") if spec.full_reference else ("new.png",)
    code, out, err = iqa(capsys, "score", *images, "-m", name)
    assert (code, out) == (2, "")
    assert f"error: {name} needs an optional package: pip install 'iqa-cli[{spec.extra}]'" in err
    assert len([line for line in err.splitlines() if line.startswith("error")]) == 1


def test_the_list_of_models_says_what_is_missing(bare, capsys):
    code, out, _ = iqa(capsys, "models", "--format", "plain")
    lines = {line.split("\t")[0]: line for line in out.splitlines()}
    assert code == 0
    assert all(f"missing: iqa-cli[{spec.extra}]" in lines[spec.name] for spec in NEEDY)


def test_models_that_need_no_package_score_without_any(bare, capsys):
    code, out, _ = iqa(capsys, "score", "old.png", "new.png", "-m", "psnr,ssim", "-f", "csv")
    assert code == 0 and out.count("\n") == 2

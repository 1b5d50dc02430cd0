"""A run of `iqa compare` in this process, and what it compares."""

import re
from pathlib import Path

import pytest
from command_line import Finished
from PIL import Image
from processed import IMAGES, METHODS, processed

from iqa_cli.__main__ import main


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

"""`iqa ...` in this process, in a folder with pairs of pictures, and a server for folders at URLs."""

import re

import pytest
from command_line import COLOURS, Finished, noise, save
from object_store import object_store, reached
from parted import NAMES

from iqa_cli.__main__ import main


@pytest.fixture
def iqa(capsys):
    """`iqa("score", ...)` in this process."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        plain = (re.sub(r"\x1b\[[\d;]*m", "", text) for text in capsys.readouterr())
        return Finished(int(leaving.value.code or 0), *plain)

    return run


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    """The current directory: references ref/{a,...,g}.png and a noisy one of each in dist/; e is none."""
    monkeypatch.chdir(tmp_path)
    for name in COLOURS:
        monkeypatch.delenv(name, raising=False)
    for number, stem in enumerate(NAMES):
        save(f"ref/{stem}.png", noise(number, 24, 24))
        save(f"dist/{stem}.png", noise(number + 100, 24, 24))
    (tmp_path / "dist/e.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return tmp_path


@pytest.fixture
def score(iqa):
    """`score("parts/", ...)`: the pairs, with PSNR."""
    return lambda into, *arguments: iqa("score", "ref", "dist", "-m", "psnr", "-o", into, *arguments)


@pytest.fixture(scope="session")
def server():
    with object_store() as store:
        yield store


@pytest.fixture
def s3(server):
    """The S3 server, which this process finds by its environment."""
    with reached(server):
        yield server

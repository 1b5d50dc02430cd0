"""`iqa ...` in this process, in a folder with pairs of pictures, and a server for folders at URLs."""

import pytest
from command_line import COLOURS, in_process, noise, save
from object_store import object_store, reached
from parted import NAMES


@pytest.fixture
def iqa(capsys):
    """`iqa("score", ...)` in this process."""
    return in_process(capsys)


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

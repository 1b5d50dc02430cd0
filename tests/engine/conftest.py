"""Jobs of flat images, and what was decoded for them."""

import pytest
from fakes import grey

from iqa_cli.engine import decode_ahead as decode
from iqa_cli.records import Job


@pytest.fixture
def jobs(saved):
    """`jobs(values)`: distorted images of these grey values, all against one black reference."""

    def paired(values):
        black = saved("black.png", grey(0))
        return [Job(saved(f"{value}.png", grey(value)), black) for value in values]

    return paired


@pytest.fixture
def decoded_files(monkeypatch):
    """The paths decoded so far, in the order they were begun."""
    paths, load_image = [], decode.load_image

    def counting(path, policy):
        paths.append(path)
        return load_image(path, policy)

    monkeypatch.setattr(decode, "load_image", counting)
    return paths

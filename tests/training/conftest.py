"""Photographs for batches."""

import pytest
from miniature import examples

from iqa_cli.training.gather import Data
from iqa_cli.training.picture_files import Picture


@pytest.fixture
def pictures(photo, saved):
    """`pictures(size, ...)`: photographs of those heights and widths."""

    def made(*sizes):
        paths = [saved(f"{number}.png", photo(*size, number)) for number, size in enumerate(sizes)]
        return [Picture(path, size=size[::-1]) for path, size in zip(paths, sizes, strict=True)]

    return made


@pytest.fixture
def material(pictures):
    """Six photographs, which are rated images too."""
    found = pictures(*[(80, 80)] * 6)
    return Data(found, [], examples(found), [])

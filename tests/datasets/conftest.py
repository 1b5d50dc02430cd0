"""Miniature data sets, each written once."""

import layouts
import pytest


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """`root(name)`: the folder of a miniature dataset, written once; tests leave it as it is."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            layouts.WRITERS[name](made[name])
        return made[name]

    return folder

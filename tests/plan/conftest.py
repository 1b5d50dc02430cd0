"""What every test of planning starts from."""

import pytest


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current directory, so that paths in the tests are short."""
    monkeypatch.chdir(tmp_path)

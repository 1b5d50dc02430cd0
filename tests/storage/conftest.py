"""Servers for the tests of the room."""

import pytest
from object_store import object_store, reached
from web_server import WebServer, serving

from iqa_cli.storage import remote


@pytest.fixture(scope="session")
def store():
    with object_store() as server:
        yield server


@pytest.fixture
def s3(store):
    """The S3 server, which this process finds by its environment."""
    with reached(store):
        yield store


@pytest.fixture
def web():
    pytest.importorskip("aiohttp")
    with serving(WebServer()) as server:
        yield server


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody waits before trying again."""
    monkeypatch.setattr(remote, "PAUSES", [0.0, 0.0, 0.0])

"""Surroundings of the weights: a cache of each test's own, a server, a catalogue, a small model in a file."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from weight_entries import CONTENT, IQT_C, SMALL

from iqa_cli.weights import save_weights


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A cache of the test's own, no pauses between attempts, no setting of the user's."""
    monkeypatch.setenv("IQA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("IQA_OFFLINE", raising=False)
    monkeypatch.setattr("iqa_cli.weights.fetching.PAUSES", (0, 0))


@pytest.fixture
def server():
    """An HTTP server whose answer depends on the path; `asked` lists the paths in order."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path == "/missing" or (self.path == "/recovers" and len(asked) < 3):
                return self.send_error(404 if self.path == "/missing" else 503)
            body = CONTENT[::-1] if self.path == "/other" else CONTENT
            body += b"more" if self.path == "/longer" else b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:1_500_000] if self.path == "/cut" else body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.asked, server.url = asked, f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A function that makes its TOML text the catalogue."""

    def write(text):
        (tmp_path / "weights.toml").write_text(text, encoding="utf-8")
        monkeypatch.setattr("iqa_cli.weights.weight_list.catalogue_path", lambda: tmp_path / "weights.toml")

    return write


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return IQT_C.build(SMALL).eval()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "small.safetensors"
    save_weights(path, "iqt-c", SMALL, model.state_dict(), metadata={"iqa.identity": "4.5"})
    return path

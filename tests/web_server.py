"""An HTTP server of the tests' own, which can fail as servers do."""

import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class WebServer:
    """Files by path, and how it behaves.

    Attributes:
        files: by path, without the first slash.
        busy: how many requests for a path are answered by 503 before it is given.
        broken: how many are broken off in the middle.
        forbidden: paths that are answered by 403.
        ranges: whether parts of files are given.
        latency: seconds before each answer.
        asked: requests for a path, HEAD among them; a range as `path 0-99`.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    busy: Counter = field(default_factory=Counter)
    broken: Counter = field(default_factory=Counter)
    forbidden: set[str] = field(default_factory=set)
    ranges: bool = True
    latency: float = 0.0
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def count(self, path: str) -> int:
        """Requests for a path so far."""
        return sum(name.partition(" ")[0] == path for name in self.asked)


@contextmanager
def serving(server: WebServer):
    """The server at work on a port of its own, as long as the context lasts."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self, head: bool = False) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            with lock:
                server.asked.append(path + (f" {part[1]}-{part[2]}" if part else ""))
                busy, broken = server.busy[path] > 0, not head and server.broken[path] > 0
                server.busy[path] -= busy
                server.broken[path] -= broken and not busy
            time.sleep(server.latency)
            data = server.files.get(path)
            if path in server.forbidden or busy or data is None:
                return self._answer(403 if path in server.forbidden else 503 if busy else 404, b"", head)
            if broken:
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                self.close_connection = True
                return None
            if not part or not server.ranges:
                return self._answer(200, data, head)
            start, end = int(part[1]), min(int(part[2] or len(data)), len(data) - 1)
            return self._answer(206, data[start : end + 1], head, f"bytes {start}-{end}/{len(data)}")

        def do_HEAD(self) -> None:
            self.do_GET(head=True)

        def _answer(self, status: int, data: bytes, head: bool, range: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if range:
                self.send_header("Content-Range", range)
            self.end_headers()
            if not head:
                self.wfile.write(data)

        def log_message(self, *told) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request, client_address) -> None:
            pass  # a client that leaves early

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_port}"
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown()

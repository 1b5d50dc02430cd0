"""A folder at a URL: photographs a second, against the same folder here, where the server answers late.

    python benchmarks/remote_reading.py [--count 200] [--latency 0.05] [--size 1024x768] [-m psnr]

It starts a server on this machine, of files that it makes itself, which answers each request after the latency. Four
ways, each in a process of its own, with photographs a second and the ratio to the first: the folder here; the same
names at the URL, read ahead; read by decoding threads as they come (at most as many reads at a time as there are
threads); and a tar at the URL. Another ratio is that of reading ahead to reading as they come. Where the latency is 0
there is nothing to gain, and the price of HTTP is seen.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

EXAMPLE = Path(__file__).parents[1] / "examples/coffee.png"
WAYS = ("here", "ahead", "as they come", "tar", "tar here")


def make(folder: Path, count: int, size: str) -> None:
    """So many photographs of that size, and a tar of them."""
    width, height = map(int, size.split("x"))
    with Image.open(EXAMPLE) as image:
        whole = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    (folder / "photos").mkdir()
    for number in range(count):
        file = folder / f"photos/{number:04}.jpg"
        whole.crop((0, 0, width - number % 8, height)).save(file, quality=90 + number % 8)
    with tarfile.open(folder / "photos.tar", "w") as tar:
        for file in sorted((folder / "photos").iterdir()):
            tar.add(file, file.name)


def server(folder: Path, latency: float) -> ThreadingHTTPServer:
    """Files of a folder, or parts of them, each after the latency."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(latency)
            with (folder / self.path.lstrip("/")).open("rb") as file:
                size = file.seek(0, io.SEEK_END)
                first, _, last = (self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")
                start, end = int(first), min(int(last or size), size - 1)
                self.send_response(206 if "Range" in self.headers else 200)
                self.send_header("Content-Length", str(end + 1 - start))
                self.end_headers()
                file.seek(start)
                if self.command != "HEAD":
                    self.wfile.write(file.read(end + 1 - start))

        do_HEAD = do_GET

        def log_message(self, *told: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads, request_queue_size = True, 128

    return Server(("127.0.0.1", 0), Handler)


def measured(way: str, folder: Path, url: str, model: str) -> float:
    """Seconds for all photographs, their listing in them, import and loading left out."""
    from iqa_cli.engine import fetch_ahead
    from iqa_cli.engine.session import open_session
    from iqa_cli.options.run_options import EngineOptions
    from iqa_cli.records import Job
    from iqa_cli.registry import find_model
    from iqa_cli.storage.folder_listing import listing
    from iqa_cli.storage.names import joined

    spec = find_model(model)
    session = open_session([spec], EngineOptions())
    list(session.run([Job(str(EXAMPLE), str(EXAMPLE) if spec.full_reference else None)]))
    if way == "as they come":
        fetch_ahead._remote = lambda name: False
    begun = time.perf_counter()
    place = str(folder) if "here" in way else url
    if "tar" in way:
        names = [joined(f"{place}/photos.tar", name) for name in listing(f"{place}/photos.tar").pictures]
    else:
        names = [f"{place}/photos/{file.name}" for file in sorted((folder / "photos").iterdir())]
    jobs = [Job(name, name if spec.full_reference else None) for name in names]
    for record in session.run(jobs):
        assert record.error is None, record.error
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--size", default="1024x768", help="WIDTHxHEIGHT")
    parser.add_argument("-m", "--model", default="psnr")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("place", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        folder, url = options.place
        print(json.dumps(measured(options.way, Path(folder), url, options.model)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, options.count, options.size)
        listening = server(folder, options.latency)
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{listening.server_port}"
        found: dict[str, float] = {}
        print("| way | photographs/s | ratio to here |\n|---|---|---|")
        for way in WAYS:
            own = [sys.executable, __file__, "--way", way, "-m", options.model, str(folder), url]
            found[way] = json.loads(subprocess.run(own, check=True, capture_output=True, text=True).stdout)
            print(f"| {way} | {options.count / found[way]:.1f} | {found['here'] / found[way]:.2f} |")
        print(f"\nreading ahead is {found['as they come'] / found['ahead']:.2f} times as fast as reading as they come")
        listening.shutdown()


if __name__ == "__main__":
    main()

"""A folder of large photographs: photographs a second, where the time goes, and memory at its peak.

    python benchmarks/folder.py [--count 200] [--size 4000x3000] [-m triq-lite] [--threads N]

The photographs are made by itself: JPEG files of an example at that size, each a little different. Three processes: one
scores the folder as `iqa score` does, one decodes its files, one has the model score a photograph that is decoded
already; each tells its wall time and that of the processor, by photograph. On n cores a folder can take no less than
the larger of the two shares and than their sum by n. Wall times mean something on an idle machine alone; processor
seconds and memory do on any.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

EXAMPLE = Path(__file__).parents[1] / "examples/coffee.png"
SHARES = ("folder", "decoding", "model")


def make(folder: Path, count: int, size: str) -> None:
    """So many photographs of that size."""
    width, height = map(int, size.split("x"))
    with Image.open(EXAMPLE) as image:
        whole = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    for number in range(count):
        whole.crop((0, 0, width - number % 8, height)).save(folder / f"{number:04}.jpg", quality=90 + number % 8)


def measured(share: str, folder: Path, model: str, threads: int | None) -> dict[str, float]:
    """What this process takes for one share of the work, import and loading left out."""
    from iqa_cli.engine.decode_ahead import decoding
    from iqa_cli.engine.session import open_session
    from iqa_cli.options.run_options import EngineOptions
    from iqa_cli.records import Job
    from iqa_cli.registry import find_model

    session = open_session([find_model(model)], EngineOptions(threads=threads))
    jobs = [Job(str(path)) for path in sorted(folder.iterdir())]
    with decoding(jobs[:1], session.decode) as first:
        sample = next(iter(first)).sample
    wall, processor = time.perf_counter(), time.process_time()
    if share == "folder":
        assert all(record.error is None for record in session.run(jobs))
    elif share == "decoding":
        with decoding(jobs, session.decode) as decoded:
            assert all(item.error is None for item in decoded)
    else:
        for _ in jobs:
            session.executors[0].score([sample])
    return {
        "wall": (time.perf_counter() - wall) / len(jobs),
        "processor": (time.process_time() - processor) / len(jobs),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", default="4000x3000", help="WIDTHxHEIGHT")
    parser.add_argument("-m", "--model", default="triq-lite")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--share", choices=SHARES, help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.share:
        print(json.dumps(measured(options.share, options.folder, options.model, options.threads)))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), options.count, options.size)
        found = {}
        for share in SHARES:
            command = [sys.executable, __file__, "--share", share, "-m", options.model, folder]
            command += [] if options.threads is None else ["--threads", str(options.threads)]
            found[share] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"{options.count} photographs of {options.size} px, {options.model}")
    print("| | wall, s a photograph | processor, s a photograph | memory at its peak |")
    print("|---|---|---|---|")
    for share, one in found.items():
        print(f"| {share} | {one['wall']:.2f} | {one['processor']:.2f} | {one['megabytes'] / 1000:.2f} GB |")
    larger = max(found["model"]["wall"], found["decoding"]["wall"])
    apart = found["model"]["processor"] + found["decoding"]["processor"]
    print(f"\n{1 / found['folder']['wall']:.2f} photographs a second")
    print(f"wall time of the folder: {found['folder']['wall'] / larger:.2f} times that of the larger share alone")
    print(f"processor time of the folder: {found['folder']['processor'] / apart:.2f} times that of both shares apart")
    print(f"{os.cpu_count()} cores; processes that run or wait: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

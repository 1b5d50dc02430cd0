"""A million and a billion photographs on paper, from rates measured here: core hours, days, and the size of the parts.

    python benchmarks/scale.py [--seconds 20] [--sizes 512x384,4000x3000] [--rows 1000]

For each model, engine and size as many processes as there are cores score files again and again, with one thread each,
reading and decoding included and starting left out. A photograph's share of a core is wall time by cores, which is
what a rented core is paid for; the processor's seconds stand beside it, and are far less on a machine that does other
things, whose figures count for nothing. Photographs are an example as JPEG; models with a reference read two files.
Parts are written by the command itself, for photographs of 64 x 64 px.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from PIL import Image

EXAMPLE = Path(__file__).parents[1] / "examples/coffee.png"
MODELS = (
    ("psnr", "torch"),
    ("ssim", "torch"),
    ("iqt-lite", "torch"),
    ("iqt-lite", "onnx"),
    ("triq-lite", "torch"),
    ("triq-lite", "onnx"),
)
FILES = 4
MILLION, HOUR = 1_000_000, 3600


def make(folder: Path, size: tuple[int, int], count: int) -> None:
    """References and distorted files of that size, each a little different."""
    for kind, quality in (("references", 95), ("distorted", 60)):
        (folder / kind).mkdir(parents=True)
        with Image.open(EXAMPLE) as image:
            whole = image.convert("RGB")
        for number in range(count):
            part = (number % 97, number % 89, whole.width - number % 83, whole.height - number % 79)
            name = f"{sha256(str(number).encode()).hexdigest()[:16]}.jpg"  # as those of photographs that were gathered
            whole.resize(size, Image.Resampling.BICUBIC, part).save(folder / kind / name, quality=quality + number % 5)


def work(model: str, engine: str, folder: Path, seconds: float) -> dict[str, float]:
    """Images, wall and processor seconds of one process, which begins when it is told that all are ready."""
    from iqa_cli.engine.session import open_session
    from iqa_cli.options.run_options import EngineOptions
    from iqa_cli.records import Job
    from iqa_cli.registry import find_model

    spec = find_model(model)
    session = open_session([spec], EngineOptions(threads=1, engine=engine).for_models([spec]))
    distorted = sorted((folder / "distorted").iterdir())
    jobs = [
        Job(str(path), str(folder / "references" / path.name) if spec.full_reference else None) for path in distorted
    ]
    assert all(record.error is None for record in session.run(jobs[:1]))
    print("ready", flush=True)
    sys.stdin.readline()
    images, wall, processor = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        images += sum(record.error is None for record in session.run(jobs))
    return {"images": images, "wall": time.perf_counter() - wall, "processor": time.process_time() - processor}


def rate(model: str, engine: str, folder: Path, seconds: float) -> tuple[float, float]:
    """Seconds of a core, and of its processor, that an image takes when every core has a process of its own."""
    words = [sys.executable, __file__, "--work", model, engine, str(folder), str(seconds)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = [subprocess.Popen(words, env=env, **pipes) for _ in range(os.cpu_count() or 1)]
    for process in running:
        process.stdout.readline()
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [json.loads(process.communicate()[0]) for process in running]
    each = [(one["wall"] / one["images"], one["processor"] / one["images"]) for one in found]
    return sum(wall for wall, _ in each) / len(each), sum(processor for _, processor in each) / len(each)


def bytes_a_row(model: str, form: str, folder: Path) -> float:
    """Of the part that `iqa score` writes for a folder."""
    inputs = ["distorted"] if model == "triq-lite" else ["references", "distorted"]
    out = f"parts-{model}-{form}/"
    words = [sys.executable, "-m", "iqa_cli", "score", *inputs, "-m", model, "-f", form, "-q", "-o", out]
    subprocess.run(words, cwd=folder, check=True)
    (part,) = (folder / out).glob("part-*")
    return part.stat().st_size / len(list((folder / "distorted").iterdir()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement, at least")
    parser.add_argument("--sizes", default="512x384,4000x3000")
    parser.add_argument("--rows", type=int, default=1000, help="of the parts that are measured")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        model, engine, folder, seconds = options.work
        print(json.dumps(work(model, engine, Path(folder), float(seconds))))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| model | engine | size | a second and core | by processor time | core hours a million | a billion |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        for text in filter(None, options.sizes.split(",")):
            width, height = map(int, text.split("x"))
            make(folder := Path(temporary, text), (width, height), FILES)
            for model, engine in MODELS:
                wall, processor = rate(model, engine, folder, options.seconds)
                hours = wall * MILLION / HOUR
                cells = (model, engine, text, f"{1 / wall:.3g}", f"{1 / processor:.3g}", f"{hours:.3g}")
                print(f"| {' | '.join(cells)} | {hours * 1000:,.0f} |", flush=True)
        make(small := Path(temporary, "small"), (64, 64), options.rows)
        print(f"\n| part of {options.rows} rows | Parquet, bytes a row | JSON Lines |\n|---|---|---|")
        for model in ("psnr", "triq-lite"):
            sizes = [f"{bytes_a_row(model, form, small):.0f}" for form in ("parquet", "jsonl")]
            print(f"| {model} | {' | '.join(sizes)} |", flush=True)


if __name__ == "__main__":
    main()

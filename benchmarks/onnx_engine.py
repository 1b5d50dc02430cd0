"""Where `--engine onnx` is faster than torch: time, memory and start of each model, as ratios of one run.

    python benchmarks/onnx_engine.py [--model iqt] [--size 512x384] [--repeats 2]

Every figure comes from a process of its own, in which one engine scores JPEG files of a photograph of that size in one
thread, the engines in turn: the fastest of the repeats, decoding included, import and loading not. Seconds are those of
the processor, so that a busy machine changes them less. Memory is the peak of the whole process. The start is that of
`iqa score`, from the first instruction to the score of a picture of 64 px, beside `import torch` alone; the files of
ONNX Runtime are in the cache by then.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

EXAMPLE = Path(__file__).parents[1] / "examples/coffee.png"
MODELS = ("iqt-lite", "iqt-c", "iqt", "triq-lite", "triq")
SIZES = ("512x384", "1632x1224", "4000x3000")  # a pair of the data sets, 2 and 12 megapixels
ENGINES = ("torch", "onnx")


def photograph(folder: Path, size: str) -> list[str]:
    """A photograph of that size as JPEG, once good and once bad; their paths."""
    with Image.open(EXAMPLE) as image:
        whole = image.convert("RGB").resize(tuple(map(int, size.split("x"))), Image.Resampling.BICUBIC)
    paths = [str(folder / f"{size}-{quality}.jpg") for quality in (95, 30)]
    for path, quality in zip(paths, (95, 30), strict=True):
        whole.save(path, quality=quality)
    return paths


def measured(model: str, engine: str, paths: list[str], repeats: int) -> dict[str, float]:
    """What this process takes: processor seconds of the fastest run, megabytes at its peak, and the score."""
    from iqa_cli.engine.session import open_session
    from iqa_cli.options.run_options import EngineOptions
    from iqa_cli.records import Job
    from iqa_cli.registry import find_model

    spec = find_model(model)
    session = open_session([spec], EngineOptions(engine=engine, device="cpu", threads=1))
    job = Job(paths[1], paths[0] if spec.full_reference else None)
    seconds, score = [], 0.0
    for _ in range(repeats):
        start = time.process_time()
        (record,) = session.run([job])
        seconds.append(time.process_time() - start)
        score = record.scores[model].value or 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": min(seconds), "megabytes": peak, "score": score}


def in_its_own_process(model: str, engine: str, paths: list[str], repeats: int) -> dict[str, float]:
    """The same, of a new process."""
    command = [sys.executable, __file__, "--worker", model, engine, "--repeats", str(repeats), *paths]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def processor_seconds(*command: str) -> float:
    """What a Python program takes from its start to its end, the better of two."""
    found = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", choices=MODELS, help="repeat it")
    parser.add_argument("--size", action="append", help="WIDTHxHEIGHT; repeat it")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(measured(*options.worker, options.paths, options.repeats)))
        return

    print("| model | photograph | torch | ONNX Runtime | times as fast | scores differ by |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        files = {size: photograph(Path(folder), size) for size in options.size or SIZES}
        for model in options.model or MODELS:
            for size, paths in files.items():
                in_torch, in_onnx = (in_its_own_process(model, engine, paths, options.repeats) for engine in ENGINES)
                cells = (f"{one['seconds']:.3g} s, {one['megabytes'] / 1000:.2f} GB" for one in (in_torch, in_onnx))
                ratio, apart = in_torch["seconds"] / in_onnx["seconds"], abs(in_torch["score"] - in_onnx["score"])
                print(f"| `{model}` | {size.replace('x', ' × ')} |", " | ".join(cells), end=" ")
                print(f"| {ratio:.2g} | {apart:.1g} |", flush=True)
        small = str(Path(folder) / "small.png")
        with Image.open(EXAMPLE) as image:
            image.convert("RGB").crop((0, 0, 64, 64)).save(small)
        torch = processor_seconds("-c", "import torch")
        print("\n| start to score | processor seconds | times `import torch` |\n|---|---|---|")
        for engine in ENGINES:
            asked = ("score", small, "-m", "triq-lite", "--engine", engine, "--threads", "1", "-q")
            seconds = processor_seconds("-m", "iqa_cli", *asked)
            print(f"| `--engine {engine}` | {seconds:.2f} | {seconds / torch:.2f} |", flush=True)


if __name__ == "__main__":
    main()

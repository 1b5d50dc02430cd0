"""How much processor time each model takes for a pair or a photograph, from its files, and how much memory at its peak.

    python benchmarks/speed.py [--model iqt] [--size 512x384] [--repeats 2]

Every figure comes from a process of its own, which imports, loads the model and scores JPEG files of a photograph of
that size in one thread: the fastest of the repeats, decoding included, import and loading not. Seconds are those of the
processor, so that a busy machine changes them less; an idle one is faster by the threads it has. Memory is the peak of
the whole process, PyTorch with it. The last line says how busy the machine was.
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
SIZES = ("512x384", "1632x1224", "4000x3000")  # a pair of the data sets, 2 and 12 megapixels


def photograph(folder: Path, size: str) -> list[str]:
    """A photograph of that size as JPEG, once good and once bad; their paths."""
    with Image.open(EXAMPLE) as image:
        whole = image.convert("RGB").resize(tuple(map(int, size.split("x"))), Image.Resampling.BICUBIC)
    paths = [str(folder / f"{size}-{quality}.jpg") for quality in (95, 30)]
    for path, quality in zip(paths, (95, 30), strict=True):
        whole.save(path, quality=quality)
    return paths


def measured(model: str, paths: list[str], repeats: int) -> dict[str, float]:
    """What this process takes: processor seconds of the fastest call, and megabytes at its peak."""
    import torch

    import iqa_cli

    torch.set_num_threads(1)
    scorer = iqa_cli.load(model, device="cpu")
    images = paths[-1 - scorer.spec.full_reference :]
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        scorer.score(*images)
        seconds.append(time.process_time() - start)
    return {"seconds": min(seconds), "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_its_own_process(model: str, paths: list[str], repeats: int) -> dict[str, float]:
    """The same, of a new process."""
    command = [sys.executable, __file__, "--worker", model, "--repeats", str(repeats), *paths]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    from iqa_cli.registry import SPECS
    from iqa_cli.weights import default_weight

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", help="repeat it; those with weights inside, and the classical ones")
    parser.add_argument("--size", action="append", help="WIDTHxHEIGHT; repeat it")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(measured(options.worker, options.paths, options.repeats)))
        return

    own = [spec.name for spec in SPECS if (default_weight(spec.name) if spec.trained else spec.takes_luma)]
    sizes = options.size or SIZES
    busy = [os.getloadavg()[0]]
    print("| |", " | ".join(size.replace("x", " × ") for size in sizes), "|")
    print("|", " | ".join(["---"] * (1 + len(sizes))), "|")
    with tempfile.TemporaryDirectory() as folder:
        files = [photograph(Path(folder), size) for size in sizes]
        for model in options.model or own:
            found = [in_its_own_process(model, paths, options.repeats) for paths in files]
            busy.append(os.getloadavg()[0])
            cells = (f"{one['seconds']:.3g} s, {one['megabytes'] / 1000:.2f} GB" for one in found)
            print(f"| `{model}` |", " | ".join(cells), "|", flush=True)
    print(f"\n{os.cpu_count()} CPU cores; processes that ran or waited: {min(busy):.1f} to {max(busy):.1f} (1 is ours)")


if __name__ == "__main__":
    main()

"""The speed of everything in one run, as ratios: start-up, classical metrics, models, the machine's own rates.

    python benchmarks/ratios.py [--part start,classical,models] [--repeats 3] [--size 512x384,4000x3000]

Processor time of one thread, the least of the repeats, so that a busy machine changes it little:

- start: processes that import and score a small pair, against one that imports torch;
- classical: PSNR, SSIM and MS-SSIM by NumPy, against the same formulas of tensors, and piq's and pyiqa's if installed;
- models: a pair of 512x384 px by each trained model with its default crops, against the plain way of public
  re-implementations of IQT (`benchmarks/engine.py`), and the rate of its arithmetic as a share of that of the machine's
  own matrix product and convolution.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAIR = ("examples/astronaut.png", "examples/astronaut-jpeg.jpg")
CLASSICAL = ("psnr", "ssim", "ms-ssim")


def of_process(*command: str) -> float:
    """Processor seconds of a process of its own, in which torch and BLAS have one thread."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Processor seconds of the fastest call, after one that does not count."""
    work()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def start(repeats: int) -> None:
    """Start-up against `python -c "import torch"`, every way in turn."""
    score = ("-m", "iqa_cli", "score", *PAIR, "--quiet")
    ways = {
        'python -c "import torch"': ("-c", "import torch"),
        "iqa score --help": ("-m", "iqa_cli", "score", "--help"),
        **{f"iqa score, {name}": (*score, "-m", name) for name in CLASSICAL},
        "iqa score, iqt-lite, 1 crop": (*score, "-m", "iqt-lite", "--crops", "1"),
        "timm, which these models needed": ("-c", "import iqa_cli.models.backbones as b; b.import_timm()"),
    }  # fmt: skip
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats + 1):  # the first may have to compile modules
        for name, command in ways.items():
            best[name] = min(best[name], of_process(*command))
    table("start", best, 'python -c "import torch"')


def classical(repeats: int, sizes: list[str]) -> None:
    """The classical metrics by every way there is."""
    import numpy as np
    import torch

    from iqa_cli.executing.formula_executor import FormulaExecutor
    from iqa_cli.executing.pieces import Sample
    from iqa_cli.registry import find_model

    torch.set_num_threads(1)
    for size in sizes:
        width, height = map(int, size.split("x"))
        draw = np.random.default_rng(0)
        reference = draw.random((height, width, 3), dtype=np.float32)
        worse = np.clip(reference + draw.normal(0, 0.05, reference.shape).astype(np.float32), 0, 1)
        sample = Sample(worse, reference)
        tensors = [torch.from_numpy(image).permute(2, 0, 1)[None] for image in (reference, worse)]
        for name in CLASSICAL:
            spec = find_model(name)
            executor = FormulaExecutor(spec, spec.build_formula(), threads=1)
            ways: dict[str, Callable[[], float]] = {"NumPy": partial(by_executor, executor, sample)}
            for way, function in {"tensors": spec.build(), **rivals(name)}.items():
                ways[way] = partial(by_tensors, function, tensors)
            with torch.inference_mode():
                table(f"{name}, {size}", {way: seconds(work, repeats) for way, work in ways.items()}, "NumPy")
                print("   scores:", ", ".join(f"{way} {work():.6f}" for way, work in ways.items()))


def by_executor(executor: Any, sample: Any) -> float:
    """A score as the engine gives it."""
    return executor.score([sample])[0].value


def by_tensors(function: Callable, tensors: list) -> float:
    """A score by a function of tensors."""
    return function(*tensors).item()


def rivals(name: str) -> dict[str, Callable]:
    """The same metric of other packages that are installed, with the settings that come nearest."""
    found: dict[str, Callable] = {}
    try:
        from iqa_cli.models.backbones import import_timm

        import_timm()  # brings torchvision in a state that can be imported
        import piq

        own = {"psnr": piq.psnr, "ssim": piq.ssim, "ms-ssim": piq.multi_scale_ssim}[name]
        near = {"downsample": False} if name == "ssim" else {}
        found["piq"] = lambda a, b: own(b, a, data_range=1.0, **near)
    except ImportError:
        pass
    try:
        import pyiqa

        metric = pyiqa.create_metric(name.replace("-", "_"), device="cpu", test_y_channel=False)
        found["pyiqa"] = lambda a, b: metric(b, a)
    except Exception as error:  # not installed, or not with what it needs
        print(f"   pyiqa is left out: {type(error).__name__}: {str(error).splitlines()[0]}")
    return found


def models(repeats: int) -> None:
    """The trained models against the plain way, and against the machine."""
    import torch
    from engine import Plain, pair
    from torch.utils.flop_counter import FlopCounterMode

    from iqa_cli.engine.session import open_executor
    from iqa_cli.executing.pieces import Sample
    from iqa_cli.options.crops import windows
    from iqa_cli.options.run_options import EngineOptions
    from iqa_cli.registry import SPECS, find_model
    from iqa_cli.weights import default_weight, load_trained

    torch.set_num_threads(1)
    reference, worse = pair()
    spec = find_model("iqt")
    corners = windows(*reference.shape[:2], spec.crop, EngineOptions(crops="20").crop_rule(spec))
    plain = Plain(load_trained(spec).model)
    taken = {f"plain IQT, {len(corners)} crops": seconds(lambda: plain.score(reference, worse, spec.crop, corners), 1)}
    a = torch.randn(2048, 2048)
    rates = {"product": 2 * 2048**3 / seconds(lambda: a @ a, repeats + 2)}
    layer, maps = torch.nn.Conv2d(256, 256, 3, bias=False), torch.randn(1, 256, 58, 58)
    layer, maps = (part.to(memory_format=torch.channels_last) for part in (layer, maps))
    with torch.inference_mode():
        rates["convolution"] = 2 * 9 * 256**2 * 56**2 / seconds(lambda: layer(maps), repeats + 2)
    told = []
    asked = [(other, {}) for other in SPECS if other.trained and default_weight(other.name)]
    for other, crops in [(spec, {"crops": "20"}), *asked]:
        executor, _ = open_executor(other, EngineOptions(device="cpu", threads=1, **crops))
        names = iter(range(10**6))  # so that no reference is remembered

        def score(executor=executor, names=names) -> None:
            executor.score([Sample(worse, reference, f"call {next(names)}")])

        count = len(windows(*reference.shape[:2], other.crop, executor.rule)) if other.crop else 0
        name = f"{other.name}, {count} crops" if count else other.name
        taken[name] = seconds(score, repeats)
        with FlopCounterMode(display=False) as counter:
            score()
        rate = counter.get_total_flops() / taken[name]
        told.append(
            f"   {name}: {rate / 1e9:.0f} GFLOP/s, {rate / rates['product']:.0%} of a matrix product's, "
            f"{rate / rates['convolution']:.0%} of a 3x3 convolution's"
        )
    table("models, 512x384", taken, next(iter(taken)), times=True)
    print(f"   the machine: product {rates['product'] / 1e9:.0f}, convolution {rates['convolution'] / 1e9:.0f} GFLOP/s")
    print("\n".join(told))


def table(title: str, taken: dict[str, float], base: str, times: bool = False) -> None:
    """Seconds, and their ratio to the base: as a share of it, or as how many times as fast."""
    print(f"{title} (processor seconds; {'times as fast as' if times else 'times that of'} {base})")
    for name, one in taken.items():
        ratio = taken[base] / one if times else one / taken[base]
        print(f"   {name:42} {one:9.4f} s   {ratio:7.2f}")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", default="start,classical,models")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--size", default="512x384,4000x3000", help="of the classical part")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    for part in chosen.part.split(","):
        if part == "start":
            start(chosen.repeats)
        elif part == "classical":
            classical(chosen.repeats, chosen.size.split(","))
        else:
            models(chosen.repeats)
    print(json.dumps({"cores": os.cpu_count(), "load before": round(load, 1), "after": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()

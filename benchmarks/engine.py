"""The engine against the plain way of public re-implementations, in one run, as a ratio.

    python benchmarks/engine.py [--model iqt] [--weights FILE] [--repeats 3] [--precision fp32]

Plain: the whole Inception-ResNet-V2 with hooks on the six maps, one crop at a time, the reference
computed again for each, contiguous tensors, BatchNorm as it is. Both ways score the same windows with the
same weights, and their scores are compared. The last lines say how far the engine is from the rate of the machine's own
matrix product. Only the ratio means anything on a noisy machine. Last, each trained model on the same pair, or on its
distorted image alone.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.backbones import import_timm
from iqa_cli.options.crops import CropRule, windows
from iqa_cli.registry import SPECS, find_model
from iqa_cli.weights import default_weight, load_trained

HEIGHT, WIDTH = 384, 512
TAPS = ("mixed_5b", "repeat.1", "repeat.3", "repeat.5", "repeat.7", "repeat.9")


def pair() -> tuple[np.ndarray, np.ndarray]:
    """A smooth reference and a noisy copy, H x W x 3 in [0, 1]."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    reference = np.stack([0.5 + 0.4 * np.sin(x / (9 + 5 * c)) * np.cos(y / (7 + 3 * c)) for c in range(3)], -1)
    distorted = np.clip(reference + rng.normal(0, 0.05, reference.shape), 0, 1)
    return reference.astype(np.float32), distorted.astype(np.float32)


class Plain:
    """Score crop by crop with the whole backbone and forward hooks."""

    def __init__(self, model: torch.nn.Module):
        self.model = model
        self.backbone = import_timm().create_model("inception_resnet_v2", pretrained=False).eval()
        self.backbone.mixed_5b.load_state_dict(model.backbone.mixed_5b.state_dict())
        self.backbone.repeat.load_state_dict(model.backbone.block35.state_dict())
        for name, layer in zip(model.backbone.STEM, model.backbone.stem, strict=True):
            getattr(self.backbone, name).load_state_dict(layer.state_dict())
        self.maps: dict[str, torch.Tensor] = {}
        for tap in TAPS:
            self.backbone.get_submodule(tap).register_forward_hook(
                lambda _, __, output, tap=tap: self.maps.__setitem__(tap, output)
            )

    def features(self, crop: torch.Tensor) -> torch.Tensor:
        """The six maps of one crop, concatenated."""
        self.backbone(crop * 2 - 1)
        return torch.cat([self.maps[tap] for tap in TAPS], dim=1)

    @torch.no_grad()
    def score(self, reference: np.ndarray, distorted: np.ndarray, size: int, corners: list) -> float:
        """The mean over the crops."""
        scores = []
        for top, left in corners:
            crops = [
                torch.from_numpy(image[top : top + size, left : left + size].transpose(2, 0, 1).copy())[None]
                for image in (reference, distorted)
            ]
            scores.append(self.model.compare(*(self.features(crop) for crop in crops)).item())
        return float(np.mean(scores))


def timed(function, repeats: int) -> tuple[float, float]:
    """Median seconds of `repeats` calls after one that does not count, and the last result."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="iqt", choices=["iqt", "iqt-c"])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--batch-size", type=int)
    options = parser.parse_args()

    spec = find_model(options.model)
    reference, distorted = pair()
    corners = windows(HEIGHT, WIDTH, spec.crop, CropRule())
    plain = Plain(load_trained(spec, options.weights).model)
    executor = Executor(
        spec,
        load_trained(spec, options.weights).model,
        device=torch.device("cpu"),
        precision=options.precision,
        batch_size=options.batch_size,
    )
    calls = iter(range(10**6))

    def engine() -> float:  # a new name each time, so that no reference is remembered from the last call
        return executor.score([Sample(distorted, reference, f"call {next(calls)}")])[0].value

    slow, slow_score = timed(lambda: plain.score(reference, distorted, spec.crop, corners), options.repeats)
    fast, fast_score = timed(engine, options.repeats)
    print(
        f"{spec.name}, {WIDTH}x{HEIGHT}, {len(corners)} crops, {torch.get_num_threads()} threads, {options.precision}"
    )
    print(f"plain {slow:.3f} s   engine {fast:.3f} s   ratio {slow / fast:.1f}")
    print(f"the two scores differ by {abs(slow_score - fast_score):.1e}")

    shared, _ = timed(lambda: executor.score([Sample(distorted, reference, "shared")]), options.repeats)
    print(f"engine, reference seen before: {shared:.3f} s   ratio {slow / shared:.1f}")
    with FlopCounterMode(display=False) as counter:
        engine()
    side = 4096 if options.precision == "bf16" else 2048
    kind = torch.bfloat16 if options.precision == "bf16" else torch.float32
    a, b = (torch.randn(side, side).to(kind) for _ in range(2))
    product, _ = timed(lambda: a @ b, 5)
    rate, ceiling = counter.get_total_flops() / fast / 1e9, 2 * side**3 / product / 1e9
    print(f"engine {rate:.0f} GFLOP/s, {rate / ceiling:.0%} of a {side}x{side} matrix product's {ceiling:.0f}")

    for other in SPECS:
        if other.trained and default_weight(other.name):
            executor = Executor(
                other, load_trained(other).model, device=torch.device("cpu"), precision=options.precision
            )
            seconds, _ = timed(engine, options.repeats)
            print(f"{other.name}: {seconds:.3f} s   {fast / seconds:.1f} times as fast as {spec.name}")


if __name__ == "__main__":
    main()

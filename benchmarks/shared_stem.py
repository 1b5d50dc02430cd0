"""What overlapping crops could share of their convolutions, exactly: an upper bound on the time it would save.

    python benchmarks/shared_stem.py [--repeats 5]

A layer gives the same values in the crop and in the whole image as long as none before it has padded: of
Inception-ResNet-V2 the first two convolutions of the stem, of EfficientNet-Lite none, whose first convolution pads.
What they take of the time of a crop, by operations and by the clock, times what the crops of an image say twice, is the
most that sharing can save; copying what is shared would take from it.
"""

import argparse
import statistics
import time

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from iqa_cli.options.crops import CropRule, windows
from iqa_cli.registry import find_model
from iqa_cli.weights import load_trained

SIZES = ((512, 384), (768, 512), (1024, 768), (4000, 3000))
SHAREABLE = 2  # layers of the stem before the first that pads


def median(function, repeats: int) -> float:
    """Median seconds of `repeats` calls after one that does not count."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def operations(function) -> int:
    """Multiply-adds of a call, times two."""
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for name in ("iqt", "iqt-c"):
        spec = find_model(name)
        model = load_trained(spec).model
        crop = torch.rand(1, 3, spec.crop, spec.crop)

        def pair(crop: Tensor = crop, model=model) -> Tensor:
            return model(crop, crop)

        def shareable(crop: Tensor = crop, model=model) -> Tensor:
            return model.backbone.stem[:SHAREABLE](torch.cat([crop, crop]) * 2 - 1)

        with torch.inference_mode():
            by_operations = operations(shareable) / operations(pair)
            by_clock = median(shareable, options.repeats) / median(pair, options.repeats)
        print(f"{name}: {by_operations:.1%} of the operations of a pair of crops, {by_clock:.1%} of its time")
        for width, height in SIZES:
            count = len(windows(height, width, spec.crop, CropRule(overlap=spec.overlap)))
            twice = max(0.0, 1 - height * width / (count * spec.crop**2))
            print(f"  {width}x{height}: {count} crops, {twice:.0%} said twice: {by_clock * twice:.1%} at most saved")


if __name__ == "__main__":
    main()

"""A folder of references scored against several methods, from the images and from a file of `iqa encode`, in one run.

    python benchmarks/encoded_references.py [--model iqt-lite] [--references 100] [--methods 5] [--size 512x384]

The pictures are made here. Each way is whole commands as a user types them, one run a method, as tables are made anew;
seconds are of the processor, for other work on the machine moves the clock.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter


def picture(seed: int, width: int, height: int) -> Image.Image:
    """Smooth shapes, edges and grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = sum(
        rng.uniform(0.1, 0.4) * np.sin(x * rng.uniform(0.005, 0.2) + y * rng.uniform(-0.2, 0.2)) for _ in range(6)
    )
    edges = ((x - rng.integers(width)) ** 2 + (y - rng.integers(height)) ** 2 < rng.integers(40, 200) ** 2) * 0.4
    pixels = (waves + edges)[..., None] * rng.uniform(0.3, 1, 3) + rng.normal(0, 0.02, (height, width, 3))
    return Image.fromarray((np.clip(pixels * 0.4 + 0.5, 0, 1) * 255).astype(np.uint8))


def worse(image: Image.Image, method: int, seed: int) -> Image.Image:
    """One of five ways to lose quality, a little stronger from five to five."""
    strength = 1 + method // 5
    if method % 5 == 0:
        return image.filter(ImageFilter.GaussianBlur(strength))
    if method % 5 == 1:
        noise = np.random.default_rng(seed).normal(0, 10 * strength, (image.height, image.width, 3))
        return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    if method % 5 == 2:
        small = image.resize((image.width // (1 + strength), image.height // (1 + strength)))
        return small.resize(image.size, Image.Resampling.BICUBIC)
    if method % 5 == 3:
        return image.quantize(32 // strength).convert("RGB")
    return image.filter(ImageFilter.UnsharpMask(3, 100 * strength))


def seconds(*arguments: str) -> float:
    """Processor seconds of `iqa ...`."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "iqa_cli", *arguments, "-q"], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="iqt-lite")
    parser.add_argument("--references", type=int, default=100)
    parser.add_argument("--methods", type=int, default=5)
    parser.add_argument("--size", default="512x384", metavar="WxH")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        methods = [folder / f"method-{method}" for method in range(options.methods)]
        for place in (folder / "gt", *methods):
            place.mkdir()
        for number in range(options.references):
            image = picture(number, width, height)
            image.save(folder / "gt" / f"{number}.png")
            for method, place in enumerate(methods):
                worse(image, method, number).save(place / f"{number}.png")
        file, model = folder / "gt.iqaref", ("-m", options.model)
        encoding = seconds("encode", str(folder / "gt"), *model, "-o", str(file))

        def scored(reference: Path, kind: str) -> tuple[float, list[float]]:
            spent, scores = 0.0, []
            for place in methods:
                rows = folder / f"{kind}-{place.name}.csv"
                spent += seconds("score", str(reference), str(place), *model, "-o", str(rows))
                with rows.open(newline="") as stream:
                    scores += [float(row[options.model]) for row in csv.DictReader(stream)]
            return spent, scores

        images, from_images = scored(folder / "gt", "images")
        features, from_features = scored(file, "features")
        apart = np.abs(np.subtract(from_images, from_features)).max()
        print(f"{options.model}, {options.references} references of {options.size}, {options.methods} methods")
        print(f"from the images {images:.0f} s; from features {features:.0f} s, a ratio of {images / features:.2f}")
        print(
            f"encoding once: {encoding:.0f} s, {file.stat().st_size / 1e6:.0f} MB; scores differ by {apart:.1e} at most"
        )


if __name__ == "__main__":
    main()

"""How the scores of models without a reference move with the size at which a photograph is given to them.

    python benchmarks/resolution.py PHOTOS/ [--count 24] [--size 256 --size 512 ...] [-m triq-lite -m triq]

Each photograph, of those evenly drawn from a folder, is scored at its own size, averaged down to smaller ones as
`--view-size` does, and enlarged softly (bicubic) to larger ones. For each size: how far scores move from those at the
own size, on average and by photograph, and whether the order of the photographs stays (SROCC).
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.stats import spearmanr

import iqa_cli
from iqa_cli.images import load_image
from iqa_cli.images.viewing import shown
from iqa_cli.training.picture_files import evenly

MODELS = ("triq-lite", "triq")  # no reference, and weights inside
SIZES = (256, 350, 512, 724, 2048, 4000)


def at(pixels: np.ndarray, long_side: int) -> np.ndarray:
    """Uint8 pixels with that longer side: floats averaged down, or enlarged."""
    height, width = pixels.shape[:2]
    if long_side <= max(height, width):
        return shown(pixels, long_side)
    size = [round(side * long_side / max(height, width)) for side in (width, height)]
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="a folder; photographs of one size tell most")
    parser.add_argument("--match", default="*", help="names of the files, as a shell matches them")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--size", type=int, action="append", help="px of the longer side; repeat it")
    parser.add_argument("-m", "--model", action="append", help="repeat it")
    options = parser.parse_args()
    files = evenly([path for path in sorted(options.photos.glob(options.match)) if path.is_file()], options.count)
    pictures = [load_image(path).stored for path in files]
    own = [max(pixels.shape[:2]) for pixels in pictures]
    print(f"{len(files)} photographs, longer side {min(own)} to {max(own)} px\n")
    print("| model | longer side | mean score | moved by: mean [least, most] | SROCC with the own size |")
    print("|---|---|---|---|---|")
    for model in options.model or MODELS:
        scorer = iqa_cli.load(model)
        before = np.array([scorer.score(pixels) for pixels in pictures], float)
        print(f"| `{model}` | its own | {before.mean():.2f} | | |", flush=True)
        for size in options.size or SIZES:
            scores = np.array([scorer.score(at(pixels, size)) for pixels in pictures], float)
            moved = scores - before
            kind = "enlarged" if size > max(own) else "averaged"
            print(
                f"| `{model}` | {size}, {kind} | {scores.mean():.2f} | {moved.mean():+.2f} [{moved.min():+.2f}, "
                f"{moved.max():+.2f}] | {spearmanr(scores, before).statistic:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

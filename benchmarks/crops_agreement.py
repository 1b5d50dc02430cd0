"""How much agreement with people more crops buy: the default number of crops is chosen from here.

    python benchmarks/crops_agreement.py iqt-lite --data photos=DIR --size 512x384 [--photographs 24] [--json FILE]

Held-out photographs, cut to one size, in 25 types at some levels; labels are KADID-10k's human means. Every window of
every grid is scored once, so the counts are compared on the same crops. The intervals are of the difference to the
largest count, by bootstrap over photographs.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from iqa_cli.distortions import DISTORTIONS, distort, expected_score
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.ground.pixels import to_uint8
from iqa_cli.options.crops import CropRule, Window, windows
from iqa_cli.registry import find_model
from iqa_cli.statistics.correlation import srocc
from iqa_cli.training.picture_files import evenly, is_held_out
from iqa_cli.weights import load_trained


def cut(path: Path, height: int, width: int) -> np.ndarray | None:
    """The middle of a photograph, H x W x 3 uint8, lying or standing; None of one that is too small."""
    from PIL import Image

    pixels = np.asarray(Image.open(path).convert("RGB"))
    if pixels.shape[0] > pixels.shape[1]:
        pixels = pixels.transpose(1, 0, 2)
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return None if min(top, left) < 0 else np.ascontiguousarray(pixels[top : top + height, left : left + width])


def window_scores(
    executor: Executor, reference: np.ndarray, distorted: list[np.ndarray], corners: list[Window], name: str
) -> np.ndarray:
    """Scores (images, windows) of every crop alone."""
    size = executor.spec.crop
    scores = np.empty((len(distorted), len(corners)))
    for column, (top, left) in enumerate(corners):
        part = np.s_[top : top + size, left : left + size]
        samples = [Sample(image[part], reference[part], f"{name} {top} {left}") for image in distorted]
        scores[:, column] = [score.value for score in executor.score(samples)]
    return scores


def compared(scores: dict[str, np.ndarray], labels: np.ndarray, draws: int = 500) -> dict[str, dict]:
    """By count: SROCC, and its difference to the last count with a 95 % interval. Arrays are (photographs, images)."""
    rng = np.random.default_rng(0)
    chosen = [rng.integers(len(labels), size=len(labels)) for _ in range(draws)]
    last = list(scores.values())[-1]
    table = {}
    for name, values in scores.items():
        differences = [
            srocc(values[c].ravel(), labels[c].ravel()) - srocc(last[c].ravel(), labels[c].ravel()) for c in chosen
        ]
        own, most = srocc(values.ravel(), labels.ravel()), srocc(last.ravel(), labels.ravel())
        low, high = np.percentile(differences, [2.5, 97.5])
        table[name] = {
            "srocc": round(own, 4),
            "difference": round(own - most, 4),
            "interval": [round(float(low), 4), round(float(high), 4)],
            "off_by": round(float(np.abs(values - last).mean()), 3),
        }
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", action="append", required=True, metavar="NAME=DIR", help="photographs")
    parser.add_argument("--size", default="512x384", metavar="WxH")
    parser.add_argument("--counts", default="1,2,4,6,9,12,20")
    parser.add_argument("--levels", default="1,3,5")
    parser.add_argument("--share", type=float, default=0.1, help="of the photographs that were held out")
    parser.add_argument("--photographs", type=int, help="so many of them, evenly taken; all")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    width, height = (int(side) for side in options.size.split("x"))
    spec = find_model(options.model)
    executor = Executor(spec, load_trained(spec).model, device=torch.device("cpu"), precision=options.precision)
    files = sorted(
        f for pair in options.data for f in Path(pair.split("=", 1)[1]).rglob("*.*") if is_held_out(f, options.share)
    )
    files = evenly(
        [f for f in files if f.suffix in (".jpg", ".png") and cut(f, height, width) is not None], options.photographs
    )
    levels = [float(level) for level in options.levels.split(",")]
    grids = {count: windows(height, width, spec.crop, CropRule(int(count))) for count in options.counts.split(",")}
    corners = sorted({corner for grid in grids.values() for corner in grid})
    found, labels = {count: [] for count in grids}, []
    for number, file in enumerate(files):
        pixels = cut(file, height, width).astype(np.float32) / 255
        worse = []
        for kind in DISTORTIONS:
            rng = np.random.default_rng([number, kind])
            worse += [to_uint8(distort(pixels, kind, level, rng)).astype(np.float32) / 255 for level in levels]
        every = window_scores(executor, pixels, worse, corners, str(file))
        for count, grid in grids.items():
            found[count].append(every[:, [corners.index(corner) for corner in grid]].mean(axis=1))
        labels.append([expected_score(kind, level) for kind in DISTORTIONS for level in levels])
    table = compared({count: np.stack(values) for count, values in found.items()}, np.array(labels))
    figures = {"model": spec.name, "size": options.size, "photographs": len(files), "pairs": int(np.size(labels))}
    print(json.dumps(figures))
    print("crops  drawn  SROCC   difference to the last, 95 % interval   mean |score - last|")
    for count, row in table.items():
        low, high = row["interval"]
        interval = f"[{low:+.4f}, {high:+.4f}]"
        print(
            f"{count:>5}  {len(grids[count]):>5}  {row['srocc']:.4f}  {row['difference']:+.4f} {interval}"
            f"                   {row['off_by']:.3f}"
        )
    if options.json:
        options.json.write_text(json.dumps({**figures, "counts": table}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How well `--explain` tells flaws of pairs, on photographs that nothing was learnt from: figures of docs/explain.md.

    python benchmarks/pair_flaws.py --data photos=DIR --data biq2021=DIR [--part choose] [--crops N] [--precision bf16]
    python benchmarks/pair_flaws.py --data ... --untaught 16 ...   # only what nothing was learnt of

The distorted images are those of `benchmarks/flaws.py`, so that both heads can be compared, each with the photograph
that it was made of; then pairs in which nothing should be told, restored and resized images, and photographs as people
took them (the worst tenth of BIQ2021), which are their own reference, or have one flaw more, told by both heads.

With `--untaught N`, of N photographs that are drawn, what the head learnt neither as a flaw nor as none: the types of
`iqa distort` in neither list, modern codecs, images that lie beside their reference, lost areas, grey, mirrored ones.
"""

import argparse
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from flaw_examples import photographs
from flaws import figures, made, named, probabilities, share, sources_of, worst_of
from pair_examples import moved
from PIL import Image, ImageFilter

from iqa_cli.distortions import DISTORTIONS, distort
from iqa_cli.distortions.compression import jpeg
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.explaining.explainers import Explainer, load_explainer, read_head
from iqa_cli.explaining.flaws import FLAWS, OTHERS
from iqa_cli.explaining.spoiling import applied, spoil
from iqa_cli.ground.pixels import from_pillow, to_pillow
from iqa_cli.options.crops import CropRule
from iqa_cli.registry import find_model
from iqa_cli.weights import default_weight, load_trained

MODEL, ALONE = "iqt-lite", "triq-lite"
LANCZOS, BICUBIC = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
Case = tuple[str, np.ndarray, np.ndarray]  # what was done, reference, image


def cases(image: np.ndarray, rng: np.random.Generator) -> Iterator[Case]:
    """Pairs that no training example was made like, and such in which nothing is to be seen."""
    picture, size = to_pillow(image), image.shape[1::-1]
    half, twice = [side // 2 for side in size], [side * 2 for side in size]
    noisy = distort(image, 11, 3, rng).astype(np.float32)
    denoised = from_pillow(to_pillow(noisy).filter(ImageFilter.MedianFilter(3)))
    soft = distort(image, 1, 2.5, rng).astype(np.float32)
    yield "equal", image, image
    yield "JPEG at quality 95", image, jpeg(image, 95, rng).astype(np.float32)
    yield "moved by 1 or 2 px", image, moved(image, rng)
    yield "turned by half a degree and back", image, from_pillow(picture.rotate(0.5, BICUBIC).rotate(-0.5, BICUBIC))
    yield "twice as large, reduced", image, from_pillow(picture.resize(twice, BICUBIC).resize(size, LANCZOS))
    yield "half as large, enlarged", image, from_pillow(picture.resize(half, LANCZOS).resize(size, BICUBIC))
    yield "sharpened", image, from_pillow(picture.filter(ImageFilter.UnsharpMask(2, 120, 0)))
    yield "denoised, against the noisy", noisy, denoised
    yield "denoised, against the clean", image, denoised
    yield "the clean, against the noisy", noisy, image
    yield "sharpened, against the soft", soft, from_pillow(to_pillow(soft).filter(ImageFilter.UnsharpMask(2, 200, 0)))
    for flaw in FLAWS:  # half of what it changes where people begin to see it
        way = flaw.ways[rng.integers(len(flaw.ways))]
        yield f"mild {flaw.name}", image, (image + applied(image, way, way.low, rng)) / 2


def untaught(image: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """What no training example was made like, or (shifts of 1 and 2 px) hardly any; by what was done."""
    known = {*OTHERS, *(way.what for flaw in FLAWS for way in flaw.ways)}
    for number, distortion in DISTORTIONS.items():
        for level in range(1, 6) if number not in known else ():
            yield f"{distortion.name}, level {level}", distort(image, number, level, rng).astype(np.float32)
    for codec, quality in (("WEBP", 15), ("WEBP", 75), ("AVIF", 20), ("AVIF", 60)):
        to_pillow(image).save(file := io.BytesIO(), codec, quality=quality)
        with Image.open(file) as coded:
            yield f"{codec} at quality {quality}", from_pillow(coded.convert("RGB"))
    for px in (1, 2, 4, 8):
        yield f"{px} px to the right", np.pad(image, ((0, 0), (px, 0), (0, 0)), "edge")[:, :-px]
    top, left = (rng.integers(length - 40) for length in image.shape[:2])
    lost = image.copy()
    lost[top : top + 40, left : left + 40] = 0
    yield "a black box of 40 px", lost
    yield "grey", from_pillow(to_pillow(image).convert("L").convert("RGB"))
    yield "red and blue swapped", image[..., ::-1]
    yield "mirrored", image[:, ::-1]


def measure_untaught(pairs: Executor, folders: dict[str, Path], part: str, count: int) -> dict[str, Any]:
    """By what was done: how many are told a flaw, which, and the mean score; of so many photographs."""
    sources = sources_of(photographs(folders["photos"], folders["biq2021"], part))
    found: dict[str, list[tuple[list[str], float]]] = {}
    for number in np.random.default_rng(10).permutation(len(sources))[:count].tolist():
        reference = sources[number].read()
        for name, image in untaught(reference, np.random.default_rng([11, number])):
            (score,) = pairs.score([Sample(np.ascontiguousarray(image), reference, str(number))])
            found.setdefault(name, []).append((score.details["explanation"]["told"], score.value))
        print(number, file=sys.stderr, flush=True)
    return {
        name: {
            "pairs": len(some),
            "a flaw is told": share(bool(told) for told, _ in some),
            "flaws": Counter(flaw for told, _ in some for flaw in told),
            "score": round(float(np.mean([value for _, value in some])), 2),
            "below 2": share(value < 2 for _, value in some),
        }
        for name, some in found.items()
    }


def measure(pairs: Executor, alone: Executor, folders: dict[str, Path], part: str) -> dict[str, Any]:
    """All figures of one part."""
    found = photographs(folders["photos"], folders["biq2021"], part)
    sources, rows, others = sources_of(found), [], {}
    for number, photograph in enumerate(sources):
        reference, key = photograph.read(), str(number)
        for kind, flaws, image in made(photograph, number):
            rows.append((kind, (flaws, probabilities(pairs, image, reference, key))))
        for name, against, image in cases(reference, np.random.default_rng([8, number])):
            known = [key] if against is reference else []  # what is known is encoded once
            others.setdefault(name, []).append(named(probabilities(pairs, image, against, *known)))
        print(f"{number + 1} of {len(sources)}", file=sys.stderr, flush=True)
    natural: dict[str, list[tuple[set[str], set[str]]]] = {"itself": [], MODEL: [], ALONE: []}
    for number, photograph in enumerate(worst_of(found)):
        rng, reference = np.random.default_rng([9, number]), photograph.read()
        flaw = FLAWS[number % len(FLAWS)]
        image = spoil(reference, [flaw], rng)
        key = f"natural {number}"
        natural["itself"].append((set(), set(named(probabilities(pairs, reference, reference, key)))))
        natural[MODEL].append(({flaw.name}, set(named(probabilities(pairs, image, reference, key)))))
        natural[ALONE].append(({flaw.name}, set(named(probabilities(alone, image)))))
    return {
        "part": part,
        "photographs": len(sources),
        **figures(rows),
        "pairs": {
            name: {"pairs": len(told), **Counter(flaw for some in told for flaw in some or ["nothing"])}
            for name, told in others.items()
        },
        "as people took them, the worst tenth": {
            name: {
                "photographs": len(told),
                "the flaw that was made is told": share(bool(there & said) for there, said in told),
                "another one is told": share(bool(said - there) for there, said in told),
            }
            for name, told in natural.items()
        },
    }


def executor_of(name: str, precision: str, head: Path | None = None, crops: str = "auto") -> Executor:
    """A model that tells flaws, by its own head or by one in a file."""
    spec = find_model(name)
    loaded = load_trained(spec)
    explainer = load_explainer(spec, loaded) if head is None else Explainer(read_head(head), default_weight(name))
    rule = CropRule.of(crops, overlap=spec.overlap)
    return Executor(spec, loaded.model, device=torch.device("cpu"), explainer=explainer, rule=rule, precision=precision)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--part", default="final", choices=("choose", "final"))
    parser.add_argument("--head", type=Path, help="a file of train_flaws.py instead of the embedded one")
    parser.add_argument("--crops", default="auto")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--untaught", type=int, metavar="N", help="only what nothing was learnt of, of N photographs")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folders = {name: Path(folder) for name, folder in (pair.split("=", 1) for pair in options.data)}
    pairs = executor_of(MODEL, options.precision, options.head, options.crops)
    if options.untaught:
        found = measure_untaught(pairs, folders, options.part, options.untaught)
    else:
        found = measure(pairs, executor_of(ALONE, options.precision), folders, options.part)
    text = json.dumps(found, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

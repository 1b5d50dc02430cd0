"""Pairs of a reference and what became of it, for `benchmarks/train_flaws.py --model iqt-lite`.

The photographs and their parts are those of `flaw_examples`. A reference need not be perfect: some are rated
photographs as people took them. Beside pairs with one flaw, two, or another distortion there are those in which nothing
is to be told: equal ones, nearly equal ones (coded at a high quality, moved by a pixel, reduced from a larger size),
and such whose reference has the flaw and not the image.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from flaw_examples import Photographs, labels, square_of
from PIL import Image

from iqa_cli.distortions import distort
from iqa_cli.distortions.compression import jpeg
from iqa_cli.explaining.flaws import FLAWS, LIGHT, OTHERS, Flaw, pairs
from iqa_cli.explaining.spoiling import spoil
from iqa_cli.ground.pixels import from_pillow, to_pillow

SIZE, SPARE = 256, 16  # px a side: a crop of iqt-lite, and what is cut from it
VERSIONS = 4  # of a reference, one after the other
SHARES = {"one": 0.36, "two": 0.30, "other": 0.08, "equal": 0.06, "near": 0.10, "better": 0.10}
NATURAL = 0.25  # of the references are photographs as people took them, good and bad
MOVED = 0.08  # of the images with a flaw do not lie quite on their reference
Pair = tuple[np.ndarray, np.ndarray, np.ndarray]  # reference and distorted H x W x 3 float32, and labels


def pair_examples(part: Photographs, count: int, rng: np.random.Generator) -> Iterator[Pair]:
    """So many pairs of 256 x 256 px, and which flaws the second has against the first, 0 or 1 by `NAMES`."""
    two, removable = pairs(), [flaw for flaw in FLAWS if flaw.stage != LIGHT]
    for number in range(count):
        if number % VERSIONS == 0:
            whole = reference_of(part, rng)
            corner = rng.integers(0, SPARE + 1, 2) * (rng.random() < 0.3)
            cut = np.s_[corner[0] : corner[0] + SIZE, corner[1] : corner[1] + SIZE]
            shared = np.ascontiguousarray(whole[cut])
        kind, flaws, reference, distorted = rng.choice(list(SHARES), p=list(SHARES.values())), (), shared, whole
        if kind in ("one", "two"):
            flaws = [FLAWS[rng.integers(len(FLAWS))]] if kind == "one" else two[rng.integers(len(two))]
            distorted = spoil(whole, flaws, rng)
            distorted = moved(distorted, rng) if rng.random() < MOVED else distorted
        elif kind == "other":
            distorted = distort(whole, int(rng.choice(OTHERS)), float(rng.uniform(1, 5)), rng)
        elif kind == "near":
            distorted = near(whole, rng)
        elif kind == "better":
            reference = np.ascontiguousarray(spoil(whole, _one(removable, rng), rng)[cut])
        yield reference, np.ascontiguousarray(distorted[cut]), labels(flaws)


def reference_of(part: Photographs, rng: np.random.Generator) -> np.ndarray:
    """A square to be a reference, with pixels to spare: mostly pristine, else a rated photograph of any quality."""
    if rng.random() < NATURAL:
        return square_of(part.rated[rng.integers(len(part.rated))].read(), SIZE + SPARE, rng)
    source = part.pristine if rng.random() < 0.55 else part.halved
    image = source[rng.integers(len(source))].read()
    least = (SIZE + SPARE) / min(image.shape[:2])
    if least > 1 or rng.random() < 0.5:
        factor = max(rng.uniform(0.55, 1), least)
        size = [max(round(length * factor), SIZE + SPARE) for length in image.shape[1::-1]]
        image = from_pillow(to_pillow(image).resize(size, Image.Resampling.LANCZOS))
    return square_of(image, SIZE + SPARE, rng)


def near(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image with a difference that nobody calls a flaw."""
    draw = rng.integers(5)
    if draw == 0:
        return moved(image, rng)
    if draw == 1:
        return jpeg(image, int(rng.integers(90, 98)), rng).astype(np.float32)
    if draw == 2:  # a larger one, reduced
        larger = to_pillow(image).resize([round(side * rng.uniform(1.3, 2)) for side in image.shape[1::-1]], 1)
        return from_pillow(larger.resize(image.shape[1::-1], Image.Resampling.LANCZOS))
    if draw == 3:  # a little lighter or darker
        return _eight_bits(image ** rng.uniform(0.96, 1.04))
    return _eight_bits(image + rng.normal(0, rng.uniform(0.2, 1) / 255, image.shape))


def moved(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image one or two pixels beside where it was."""
    down, right = rng.permutation([rng.integers(1, 3), rng.integers(0, 3)]) * rng.choice((-1, 1), 2)
    return np.roll(np.pad(image, ((2, 2), (2, 2), (0, 0)), "edge"), (down, right), (0, 1))[2:-2, 2:-2]


def _one(flaws: Sequence[Flaw], rng: np.random.Generator) -> list[Flaw]:
    return [flaws[rng.integers(len(flaws))]]


def _eight_bits(image: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.float32) / np.float32(255)

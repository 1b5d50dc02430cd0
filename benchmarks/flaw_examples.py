"""Photographs and what is done to them, for `benchmarks/train_flaws.py` and `benchmarks/flaws.py`.

Three kinds of photograph: pristine ones; photographs of BIQ2021 that came from Unsplash (ss03_*), halved, so that they
are pristine, too; and BIQ2021's better half as it is, which stands for photographs without a known flaw. By the hash of
a photograph's stem a tenth is kept to be measured once, a twentieth to calibrate on, a twentieth to choose on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from iqa_cli.datasets.biq2021 import BIQ2021
from iqa_cli.distortions import DISTORTIONS, distort
from iqa_cli.explaining.flaws import FLAWS, NAMES, OTHERS, Flaw, pairs
from iqa_cli.explaining.spoiling import spoil
from iqa_cli.ground.pixels import from_pillow
from iqa_cli.training.picture_files import is_held_out

PARTS = {"final": (0.0, 0.1), "calibrate": (0.1, 0.15), "choose": (0.15, 0.2), "train": (0.2, 1.0)}
SIZES = (224, 256, 288, 320)  # px a side of examples to learn from
# How often an example has one flaw, two, none, another distortion, or is a rated photograph as it is.
SHARES = {"one": 0.32, "two": 0.34, "none": 0.18, "other": 0.06, "rated": 0.10}


@dataclass(frozen=True)
class Photograph:
    """A file, whether it is halved when read, and what people gave it, if anybody was asked."""

    path: Path
    halved: bool = False
    mos: float | None = None

    def read(self) -> np.ndarray:
        """H x W x 3 float32 in [0, 1]."""
        with Image.open(self.path) as picture:
            picture = picture.convert("RGB")
            if self.halved:
                picture = picture.resize([side // 2 for side in picture.size], Image.Resampling.LANCZOS)
            return from_pillow(picture)


@dataclass(frozen=True)
class Photographs:
    """Those of one part: pristine, halved, and rated ones, best first."""

    pristine: Sequence[Photograph]
    halved: Sequence[Photograph]
    rated: Sequence[Photograph]


def photographs(pristine: Path, biq2021: Path, part: str) -> Photographs:
    """The photographs of a part."""
    low, high = PARTS[part]

    def inside(path: Path) -> bool:
        return is_held_out(path, high) and not is_held_out(path, low)

    own = [Photograph(path) for path in sorted(pristine.glob("*.jpg")) if inside(path)]
    items = [item for item in BIQ2021.reader(biq2021) if inside(Path(item.image))]
    rated = [Photograph(Path(item.image), mos=item.mos) for item in sorted(items, key=lambda item: -item.mos)]
    halved = [Photograph(p.path, halved=True) for p in rated if p.path.name.startswith("ss03_")]
    return Photographs(own, sorted(halved, key=lambda p: p.path), rated)


def examples(part: Photographs, count: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """So many squares of photographs, H x W x 3 float32, and which flaws they have, 0 or 1 by `NAMES`.

    Those of one size follow each other by eights.
    """
    two, better = pairs(), part.rated[: len(part.rated) // 2]
    for number in range(count):
        if number % 8 == 0:
            size = int(rng.choice(SIZES))
        kind = rng.choice(list(SHARES), p=list(SHARES.values()))
        if kind == "rated":
            yield square_of(better[rng.integers(len(better))].read(), size, rng), labels(())
            continue
        image = _pristine(part, better, size + 16, rng)
        flaws: Sequence[Flaw] = ()
        if kind == "one":
            flaws = [FLAWS[rng.integers(len(FLAWS))]]
        elif kind == "two":
            flaws = two[rng.integers(len(two))]
        if kind == "other":
            image = distort(image, int(rng.choice(OTHERS)), float(rng.uniform(1, 5)), rng)
        # Blocks of JPEG begin anywhere where a photograph was cut, and at the corner where it was not.
        corner = rng.integers(0, 17, 2) * (rng.random() < 0.3)
        cut = np.s_[corner[0] : corner[0] + size, corner[1] : corner[1] + size]
        yield np.ascontiguousarray(spoil(image, flaws, rng)[cut]), labels(flaws)


def labels(flaws: Sequence[Flaw]) -> np.ndarray:
    """1 for each flaw that is there, by `NAMES`."""
    return np.array([name in [flaw.name for flaw in flaws] for name in NAMES], np.float32)


def other_names() -> list[str]:
    """What `iqa distort` calls the distortions that leave no trace of a known flaw."""
    return [DISTORTIONS[number].name for number in OTHERS]


def _pristine(part: Photographs, better: Sequence[Photograph], side: int, rng: np.random.Generator) -> np.ndarray:
    """A square with no known flaw: of a pristine photograph, often reduced a little."""
    draw = rng.random()
    source = part.pristine if draw < 0.45 else part.halved if draw < 0.8 else better[: len(better) // 2]
    image = source[rng.integers(len(source))].read()
    least = side / min(image.shape[:2])
    factor = max(rng.uniform(0.55, 1), least)
    if least > 1 or rng.random() < 0.5:
        size = [max(round(length * factor), side) for length in image.shape[1::-1]]
        image = from_pillow(Image.fromarray((image * 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS))
    return square_of(image, side, rng)


def square_of(image: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A square of so many px a side, anywhere in the image."""
    top, left = (rng.integers(max(length - side, 0) + 1) for length in image.shape[:2])
    return image[top : top + side, left : left + side]

"""Picture files that become pixels when a batch wants them, and which of them make batch number n.

The latter is a function of the seed and n alone, so that a run can be resumed anywhere.
"""

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.ground.pixels import to_uint8
from iqa_cli.images import load_image

T = TypeVar("T")


@dataclass(frozen=True)
class Picture:
    """A file, the factor it is scaled by (Lanczos), and its width and height in px after that."""

    path: Path
    scale: float = 1.0
    size: tuple[int, int] = (0, 0)

    def read(self) -> np.ndarray:
        """H x W x 3 uint8 RGB. Raises ImageError when the file cannot be read."""
        pixels = to_uint8(load_image(self.path).pixels)
        if self.scale == 1:
            return pixels
        image = Image.fromarray(pixels)
        return np.asarray(image.resize([round(s * self.scale) for s in image.size], Image.Resampling.LANCZOS))

    def fits(self, crop: int) -> bool:
        """Whether the picture holds a crop of that side."""
        return min(self.size) >= crop


@dataclass
class Shelf:
    """Decoded pictures, kept up to a number of bytes: a small data set is decoded once."""

    limit: int = 2 << 30
    kept: dict[Picture, np.ndarray] = field(default_factory=dict)
    used: int = 0

    def __call__(self, picture: Picture) -> np.ndarray:
        """The picture's pixels, H x W x 3 uint8."""
        if picture in self.kept:
            return self.kept[picture]
        pixels = picture.read()
        if self.used + pixels.nbytes <= self.limit:
            self.kept[picture] = pixels
            self.used += pixels.nbytes
        return pixels


def probe(pictures: Iterable[Picture], advance: Callable[[], None] = lambda: None) -> dict[Picture, Picture | str]:
    """Decode every picture once: to itself with its size, or to what is wrong with it."""

    def one(picture: Picture) -> Picture | str:
        try:
            height, width = picture.read().shape[:2]
        except ImageError as error:
            return str(error)
        finally:
            advance()
        return replace(picture, size=(width, height))

    asked = list(dict.fromkeys(pictures))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(asked, pool.map(one, asked), strict=True))


def is_held_out(path: Path | str, share: float) -> bool:
    """Whether a picture, or a group by its name, is kept out of training: by its file name alone, so it never moves."""
    name = path.stem if isinstance(path, Path) else path
    digest = blake2b(os.fsencode(name), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < share


def epoch(sizes: Sequence[Hashable], batch: int, seed: Sequence[int]) -> list[list[int]]:
    """All items in random order, in batches of one size each, batches in random order.

    What is left over of a size is left out, another part each epoch; fewer than a batch make one of their own.

    Args:
        sizes: the size of each item; equal ones can be stacked.
        batch: items in a batch.
        seed: of the order.
    """
    rng = np.random.default_rng(seed)
    members: dict[Hashable, list[int]] = {}
    for item in rng.permutation(len(sizes)):
        members.setdefault(sizes[item], []).append(int(item))
    batches = [own[i : i + batch] for own in members.values() for i in range(0, max(len(own) - batch, 0) + 1, batch)]
    return [batches[i] for i in rng.permutation(len(batches))]


def batch_at(step: int, sizes: Sequence[Hashable], batch: int, seed: Sequence[int]) -> list[int]:
    """The items of batch number `step` when epochs follow one another."""
    number, place = divmod(step, steps_an_epoch(sizes, batch))
    return epoch(sizes, batch, [*seed, number])[place]


def steps_an_epoch(sizes: Sequence[Hashable], batch: int) -> int:
    """Batches in an epoch."""
    return sum(max(count // batch, 1) for count in Counter(sizes).values())


def evenly(items: Sequence[T], most: int | None) -> Sequence[T]:
    """At most `most` items, evenly taken."""
    return items if most is None else items[:: max(1, len(items) // most)][:most]

"""Which crops of an image a crop-based model looks at: the same windows in reference and distorted.

IQT scores M overlapping crops and averages them (papers and re-implementations draw them at random);
here they lie on an even grid that reaches every border, so that a score is the same each time. By themselves they are
the fewest whose neighbours overlap by as much as the model is declared to need: more buy no agreement with people, as
benchmarks/crops_agreement.py measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from iqa_cli.errors import UsageError
from iqa_cli.options.run_options import AUTO
from iqa_cli.registry import MOST_CROPS

# Crops closer than this share of their side say the same again: a small image gets fewer.
CLOSEST = 1 / 8

Window = tuple[int, int]  # top, left


@dataclass(frozen=True)
class CropRule:
    """How many crops, and where.

    Attributes:
        count: at most so many; "auto" for the fewest whose neighbours overlap by `overlap`, of a large image 20; None
            for a cover of the whole image in which they overlap by half.
        seed: None for the grid; a number for the paper's random crops, the same for one seed and size.
        overlap: the share of their side that neighbours have in common at least, where nobody says how many.

    Raises:
        UsageError: a count below 1, or a negative seed.
    """

    count: int | str | None = AUTO
    seed: int | None = None
    overlap: float = 1 / 4

    def __post_init__(self):
        if isinstance(self.count, int) and self.count < 1:
            raise UsageError(f"{self.count} crops cannot be scored: give a number from 1, or None for a full cover")
        if self.seed is not None and self.seed < 0:
            raise UsageError(f"seed {self.seed}: give a number from 0")

    @classmethod
    def of(cls, crops: int | str | None, seed: int | None = None, overlap: float = overlap) -> CropRule:
        """The rule in the words of a user: a number, "auto", or "all" (also None) for the whole image.

        Random crops are 20 unless a number says otherwise.

        Raises:
            UsageError: neither of them, or a seed where there is nothing to choose.
        """
        if crops in ("all", None):
            if seed is not None:
                raise UsageError("crops 'all' covers the whole image: there is nothing for a seed to choose")
            return cls(None)
        if crops == AUTO:
            return cls(overlap=overlap) if seed is None else cls(MOST_CROPS, seed)
        try:
            return cls(int(crops), seed)
        except ValueError:
            raise UsageError(f"crops {crops!r}: give a number from 1, 'auto' or 'all'") from None

    @property
    def most(self) -> int:
        """More crops than so many there are not, but in a full cover."""
        return self.count if isinstance(self.count, int) else MOST_CROPS

    def __str__(self) -> str:
        if self.count is None:
            return "full cover, overlap 1/2"
        if self.count == AUTO:
            return f"the fewest that overlap by {Fraction(self.overlap)}, up to {MOST_CROPS} on a grid"
        return f"up to {self.count} on a grid" if self.seed is None else f"{self.count} random, seed {self.seed}"


def windows(height: int, width: int, size: int, rule: CropRule) -> list[Window]:
    """Top-left corners of size x size crops of an image no side of which is shorter than `size`."""
    if rule.count is None:
        return grid(height, width, size, *overlapping(height, width, size, 1 / 2))
    if rule.seed is not None:
        if height == width == size:
            return [(0, 0)]  # all would be this one
        rng = np.random.default_rng([rule.seed, height, width])
        tops, lefts = (rng.integers(side - size + 1, size=rule.most) for side in (height, width))
        return [(int(top), int(left)) for top, left in zip(tops, lefts, strict=True)]
    if rule.count == AUTO:
        shape = overlapping(height, width, size, rule.overlap)
        if shape[0] * shape[1] <= rule.most:
            return grid(height, width, size, *shape)
    return grid(height, width, size, *grid_shape(height, width, size, rule.most))


def windows_on(mask: np.ndarray, size: int, rule: CropRule) -> list[Window]:
    """Corners of crops where a mask H x W is not 0: `windows` of the smallest rectangle that holds it.

    A rectangle with a side shorter than a crop grows around its middle, up to the borders of the image.
    """
    sides = [
        _span(np.flatnonzero(mask.any(axis=axis)), size, length)
        for axis, length in ((1, len(mask)), (0, mask.shape[1]))
    ]
    (top, height), (left, width) = sides
    return [(top + y, left + x) for y, x in windows(height, width, size, rule)]


def _span(counting: np.ndarray, size: int, length: int) -> tuple[int, int]:
    """Start and length of the part of an axis that holds the indices `counting`, at least `size`."""
    first, count = int(counting[0]), int(counting[-1] - counting[0]) + 1
    if count >= size:
        return first, count
    return min(max(first - (size - count) // 2, 0), length - size), size


def overlapping(height: int, width: int, size: int, share: float) -> tuple[int, int]:
    """Rows and columns of the fewest crops whose neighbours share so much of their side."""
    rows, columns = (1 + ceil((side - size) / (size * (1 - share))) for side in (height, width))
    return rows, columns


def grid_shape(height: int, width: int, size: int, count: int) -> tuple[int, int]:
    """Rows and columns of at most `count` crops: they reach all borders and lie closest together.

    A count that makes no even grid, such as 5 on a square, gives a smaller one (2 x 2) rather than a strip.
    """
    # A side a little longer than the crop is seen whole only by two crops, however close they are.
    most = [1 + max(int((side - size) / (size * CLOSEST)), side > size) for side in (height, width)]

    def merit(shape: tuple[int, int]) -> tuple[bool, float, int]:
        sides = list(zip((height, width), shape, strict=True))
        reaches_all = all(n > 1 or side == size for side, n in sides)
        widest = max((side - size) / max(n - 1, 1) for side, n in sides)
        return reaches_all, -widest, shape[0] * shape[1]

    return max(((r, min(most[1], count // r)) for r in range(1, min(most[0], count) + 1)), key=merit)


def grid(height: int, width: int, size: int, rows: int, columns: int) -> list[Window]:
    """Corners of rows x columns crops, first and last at the borders; a single one lies in the middle."""

    def corners(side: int, n: int) -> list[int]:
        return [(side - size) // 2] if n == 1 else [round(i * (side - size) / (n - 1)) for i in range(n)]

    return [(top, left) for top in corners(height, rows) for left in corners(width, columns)]


def mirrored(length: int, wanted: int) -> np.ndarray:
    """Indices that extend an axis of `length` to `wanted` by reflection, without repeating the edge."""
    period = max(2 * (length - 1), 1)
    position = np.arange(max(length, wanted)) % period
    return np.minimum(position, period - position)

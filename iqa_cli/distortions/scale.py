"""A distortion and its scale: the parameter and the human score at any level from 1 to 5."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from iqa_cli.distortions.cells import MEANS, STDS, UNCHANGED_MEAN, UNCHANGED_STD

LEVELS = (1, 2, 3, 4, 5)

Effect = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Distortion:
    """One of KADID-10k's distortion types, at continuous levels.

    `effect(image, parameter, rng)` does the work; `parameters` are those at levels 1 to 5.
    `monotone` is False where a middle level is the mildest; `unchanged_at` is the level between
    two cells, if any, at which the image comes back unchanged.
    """

    type: int
    name: str
    effect: Effect
    parameters: tuple[float, ...]
    monotone: bool = True
    unchanged_at: float | None = None

    @property
    def means(self) -> tuple[float, ...]:
        """The mean human scores at levels 1 to 5 (1 very annoying, 5 imperceptible)."""
        return MEANS[self.type]

    @property
    def stds(self) -> tuple[float, ...]:
        """The standard deviations over images of the human scores at levels 1 to 5."""
        return STDS[self.type]

    def apply(self, image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
        """The image (H x W x 3 float32 RGB in [0, 1]) distorted at `level` in [1, 5], in the same form."""
        distorted = self.effect(image, self.parameter_at(level), rng)
        return np.clip(distorted, 0, 1).astype(np.float32, copy=False)

    def parameter_at(self, level: float) -> float:
        """The parameter at `level`: geometric between positive parameters, linear otherwise."""
        if min(self.parameters) > 0 and level not in LEVELS:
            return float(np.exp(np.interp(level, LEVELS, np.log(self.parameters))))
        return float(np.interp(level, LEVELS, self.parameters))

    def expected_score(self, level: float) -> float:
        """The mean human score at `level`, in [1, 5], linear between the published cells."""
        return self._between_cells(level, self.means, UNCHANGED_MEAN)

    def expected_std(self, level: float) -> float:
        """The standard deviation over images of the human score at `level`."""
        return self._between_cells(level, self.stds, UNCHANGED_STD)

    def _between_cells(self, level: float, cells: tuple[float, ...], unchanged: float) -> float:
        knots = dict(zip(LEVELS, cells, strict=True))
        if self.unchanged_at is not None:
            knots[self.unchanged_at] = unchanged
        levels = sorted(knots)
        return float(np.interp(level, levels, [knots[knot] for knot in levels]))

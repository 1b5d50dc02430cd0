"""A distortion and its scale: the parameter and the human score at any level."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEVELS = (1, 2, 3, 4, 5)
"""Those whose parameters and scores are declared; what lies between is interpolated."""

STRONGEST = 8
"""The highest level there is. Beyond 5 the parameters are extrapolated, and nobody was asked for a score."""

# What people say of an unchanged image: KADID-10k's type 18 at level 3, taken for a shift of zero (see `declared`).
UNCHANGED_MEAN, UNCHANGED_STD = 4.6030, 0.1355

Effect = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Distortion:
    """One type of distortion, at continuous levels from 1 to `STRONGEST`.

    Args:
        type: its number; 1 to 25 are those of KADID-10k.
        name: what `--types` and the manifest call it.
        effect: `effect(image, parameter, rng)` gives the distorted H x W x 3 float32 image; it may leave
            [0, 1], and leaves `image` as it is.
        parameters: those at levels 1 to 5.
        means: the mean human scores there, 1 very annoying to 5 imperceptible.
        stds: the standard deviations of the scores of single images around them.
        monotone: False where a middle level is the mildest.
        unchanged_at: the level between two declared ones, if any, at which the image comes back unchanged.
        least: the parameter goes no lower beyond level 5, where the effect would have no meaning.
        most: nor higher than this.
        strongest: the parameter at level 8, where damage in practice goes further than that rule leads.
    """

    type: int
    name: str
    effect: Effect
    parameters: tuple[float, ...]
    means: tuple[float, ...]
    stds: tuple[float, ...]
    monotone: bool = True
    unchanged_at: float | None = None
    least: float = -np.inf
    most: float = np.inf
    strongest: float | None = None

    def apply(self, image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
        """The image (H x W x 3 float32 RGB in [0, 1]) distorted at `level` in [1, 8], in the same form."""
        distorted = self.effect(image, self.parameter_at(level), rng)
        return np.clip(distorted, 0, 1).astype(np.float32, copy=False)

    def parameter_at(self, level: float) -> float:
        """The parameter at `level`: between levels geometric where all are positive, linear otherwise.

        Beyond level 5 a parameter that grows, or changes its sign, takes the step from 4 to 5 again at
        each level, and one that falls towards zero takes the ratio; never past `least` and `most`. One with a
        `strongest` is geometric up to it.
        """
        positive = min(self.parameters) > 0
        if level > LEVELS[-1]:
            before, last = self.parameters[-2:]
            further = level - LEVELS[-1]
            if self.strongest is not None:
                return float(last * (self.strongest / last) ** (further / (STRONGEST - LEVELS[-1])))
            falls = positive and last < before
            value = last * (last / before) ** further if falls else last + (last - before) * further
            return float(np.clip(value, self.least, self.most))
        if positive and level not in LEVELS:
            return float(np.exp(np.interp(level, LEVELS, np.log(self.parameters))))
        return float(np.interp(level, LEVELS, self.parameters))

    def expected_score(self, level: float) -> float:
        """The mean human score at `level`, in [1, 5], linear between the published ones; beyond 5 that of level 5."""
        return self._between_cells(level, self.means, UNCHANGED_MEAN)

    def expected_std(self, level: float) -> float:
        """The standard deviation over images of the human score at `level`; beyond 5 that of level 5."""
        return self._between_cells(level, self.stds, UNCHANGED_STD)

    def _between_cells(self, level: float, cells: tuple[float, ...], unchanged: float) -> float:
        knots: dict[float, float] = dict(zip(LEVELS, cells, strict=True))
        if self.unchanged_at is not None:
            knots[self.unchanged_at] = unchanged
        levels = sorted(knots)
        return float(np.interp(level, levels, [knots[knot] for knot in levels]))

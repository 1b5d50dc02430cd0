"""What people say of a type of distortion at a level, beyond the fifth too, and shares that differ by type."""

import math
from collections.abc import Mapping

from iqa_cli.distortions import DISTORTIONS, STRONGEST, expected_score, expected_std, parameter_at

DistortionCell = tuple[int, float]  # distortion type and level
Shares = float | str | tuple[float, ...] | Mapping[str, float]  # see `shares_by_type`

FIFTH = 5.0  # the highest level that people were asked about

# By type, how well structural metrics order people's scores of the 81 images of one cell: the mean of the
# correlations of DSSIM and of SSIMULACRA with what is left of KADID-10k's published scores after the cell means; 0
# where it is below 0.1, or they order wrongly (JPEG, patches). A standardised metric moves the best linear estimate
# by so many standard deviations of the cell.
CONTENT = {
    1: 0.37, 2: 0.42, 3: 0.45, 4: 0.48, 5: 0.43, 6: 0.46, 7: 0.37, 8: 0.26, 9: 0.64, 10: 0.0, 11: 0.54, 12: 0.53,
    13: 0.46, 14: 0.65, 15: 0.18, 16: 0.0, 17: 0.18, 18: 0.17, 19: 0.41, 20: 0.0, 21: 0.13, 22: 0.59, 23: 0.0,
    24: 0.33, 25: 0.0,
}  # fmt: skip

# By type, the share of a label that is better left to metrics: large for structural types, where they order well and
# one study's offsets between types are not everybody's; small for colour, tone and local types, where they fail.
STRUCTURAL = {
    1: 0.6, 2: 0.6, 3: 0.6, 4: 0.3, 5: 0.3, 6: 0.35, 7: 0.15, 8: 0.3, 9: 0.6, 10: 0.6, 11: 0.6, 12: 0.5, 13: 0.45,
    14: 0.5, 15: 0.5, 16: 0.15, 17: 0.15, 18: 0.15, 19: 0.5, 20: 0.15, 21: 0.4, 22: 0.4, 23: 0.15, 24: 0.4, 25: 0.15,
}  # fmt: skip
NAMED = {"kadid10k": CONTENT, "structural": STRUCTURAL}


def cell_score(type: int, level: float) -> float:
    """The mean score in [1, 5] of a type at a level in [1, 8]; beyond 5 an estimate, since nobody was asked.

    There, what is left above 1 goes on to fall with the power of the parameter that it falls with from level 4 to 5.
    A type whose score cannot be told so (`goes_beyond`) keeps that of level 5.
    """
    return 1 + (expected_score(type, min(level, FIFTH)) - 1) * _left(type, level)


def cell_spread(type: int, level: float) -> float:
    """The standard deviation over images of the score; beyond level 5 it falls with what is left above 1."""
    return expected_std(type, min(level, FIFTH)) * _left(type, level)


def goes_beyond(type: int) -> bool:
    """Whether people's scores fall from level 4 to 5 with a positive parameter, and can be followed further."""
    before, last = DISTORTIONS[type].parameters[-2:]
    return min(before, last) > 0 and DISTORTIONS[type].monotone and _above_one(type, 4) > _above_one(type, FIFTH)


def highest_level(type: int) -> float:
    """The highest level that a score can be told for."""
    return float(STRONGEST) if goes_beyond(type) else FIFTH


def shares_by_type(value: Shares) -> tuple[float, ...]:
    """Shares by type, type 1 first, from a recipe's key; none where all are 0.

    Args:
        value: one number for all types; a number for each; a table of shares by the name of a type, with `others` for
            the rest (0 where it is left out); or "kadid10k", see `CONTENT`, or "structural", see `STRUCTURAL`.

    Raises:
        ValueError: it is none of these, or a share is negative.
    """
    if isinstance(value, str):
        if value not in NAMED:
            raise ValueError(f"{value!r} names no shares by type: there is {', '.join(NAMED)}")
        shares = [NAMED[value].get(type, 0.0) for type in DISTORTIONS]
    elif isinstance(value, Mapping):
        unknown = value.keys() - {"others", *(distortion.name for distortion in DISTORTIONS.values())}
        if unknown:
            raise ValueError(f"no distortion is called {min(unknown)!r}: see 'iqa distort --list'")
        shares = [value.get(distortion.name, value.get("others", 0.0)) for distortion in DISTORTIONS.values()]
    elif isinstance(value, list | tuple):
        shares = list(value) or [0.0] * len(DISTORTIONS)
    else:
        shares = [value] * len(DISTORTIONS)
    if len(shares) != len(DISTORTIONS) or not all(isinstance(s, int | float) and s >= 0 for s in shares):
        raise ValueError(f"shares by type are {len(DISTORTIONS)} numbers from 0, a table of them, or one for all")
    return tuple(map(float, shares)) if any(shares) else ()


def _left(type: int, level: float) -> float:
    """Beyond level 5, the share of the fifth level's distance from 1 that is left."""
    if level <= FIFTH or not goes_beyond(type):
        return 1.0
    before, last, now = (parameter_at(type, at) for at in (4, FIFTH, level))
    # (p / p5) ** a, where a makes the distance at level 4 of that at level 5.
    fall = _above_one(type, FIFTH) / _above_one(type, 4)
    return fall ** (math.log(now / last) / math.log(last / before))


def _above_one(type: int, level: float) -> float:
    return expected_score(type, level) - 1

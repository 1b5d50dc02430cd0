"""The distortions of KADID-10k at continuous levels, each with the score people give it.

Levels run from 1 to 5 as in KADID-10k. Up to level 8 an image can be distorted more strongly still,
as training on stronger damage needs: parameters go on beyond 5 (`Distortion.parameter_at`), scores
stay those of level 5, since nobody was asked.
"""

import math

import numpy as np

from iqa_cli.distortions.declared import DISTORTIONS
from iqa_cli.distortions.scale import LEVELS, STRONGEST, Distortion
from iqa_cli.errors import UsageError

__all__ = ["DISTORTIONS", "STRONGEST", "Distortion", "distort", "expected_score", "expected_std", "parameter_at"]


def distort(image: np.ndarray, type: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """Distort an image the way KADID-10k does.

    `image` is H x W x 3 RGB in [0, 1], floating point; the result is float32 of the same shape
    and range. `type` is KADID-10k's number, 1 to 25; `level` lies in [1, 8] and need not be
    whole; KADID-10k has 1 to 5. The same `rng` state gives the same result.

    Raises `UsageError` for an unknown type, a level out of range or an image of another kind.
    """
    distortion, level = _distortion(type), _level(level)
    if image.ndim != 3 or image.shape[2] != 3 or not image.size or image.dtype.kind != "f":
        raise UsageError(
            f"distort needs an H x W x 3 image of floats in [0, 1], not {image.dtype} of shape {image.shape}"
        )
    return distortion.apply(image.astype(np.float32, copy=False), level, rng)


def parameter_at(type: int, level: float) -> float:
    """The distortion's own parameter (sigma, quality, variance, ...) at a level in [1, 8]."""
    return _distortion(type).parameter_at(_level(level))


def expected_score(type: int, level: float) -> float:
    """The mean score people give the distortion at a level: 1 very annoying, 5 imperceptible.

    A level above 5 has the score of 5.
    """
    return _distortion(type).expected_score(_level(level))


def expected_std(type: int, level: float) -> float:
    """How far the scores of single images scatter around `expected_score` (standard deviation)."""
    return _distortion(type).expected_std(_level(level))


def _distortion(type: int) -> Distortion:
    if type not in DISTORTIONS:
        raise UsageError(f"unknown distortion type {type}: choose one of 1 to {max(DISTORTIONS)}")
    return DISTORTIONS[type]


def _level(level: float) -> float:
    if not (math.isfinite(level) and LEVELS[0] <= level <= STRONGEST):
        raise UsageError(f"distortion level {level} is out of range: choose one from 1 to {STRONGEST}")
    return float(level)

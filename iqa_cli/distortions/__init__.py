"""The 25 distortions of KADID-10k at continuous levels, each with the score people give it."""

import math

import numpy as np

from iqa_cli.distortions.kadid10k import DISTORTIONS
from iqa_cli.distortions.scale import Distortion
from iqa_cli.errors import UsageError

__all__ = ["DISTORTIONS", "Distortion", "distort", "expected_score", "expected_std", "parameter_at"]


def distort(image: np.ndarray, type: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """Distort an image the way KADID-10k does.

    `image` is H x W x 3 RGB in [0, 1], floating point; the result is float32 of the same shape
    and range. `type` is KADID-10k's number, 1 to 25; `level` lies in [1, 5] and need not be
    whole. The same `rng` state gives the same result.

    Raises `UsageError` for an unknown type, a level out of range or an image of another kind.
    """
    distortion, level = _distortion(type), _level(level)
    if image.ndim != 3 or image.shape[2] != 3 or not image.size or image.dtype.kind != "f":
        raise UsageError(
            f"distort needs an H x W x 3 image of floats in [0, 1], not {image.dtype} of shape {image.shape}"
        )
    return distortion.apply(image.astype(np.float32, copy=False), level, rng)


def parameter_at(type: int, level: float) -> float:
    """The distortion's own parameter (sigma, quality, variance, ...) at a level in [1, 5]."""
    return _distortion(type).parameter_at(_level(level))


def expected_score(type: int, level: float) -> float:
    """The mean score people give the distortion at a level in [1, 5]: 1 very annoying, 5 imperceptible."""
    return _distortion(type).expected_score(_level(level))


def expected_std(type: int, level: float) -> float:
    """How far the scores of single images scatter around `expected_score` (standard deviation)."""
    return _distortion(type).expected_std(_level(level))


def _distortion(type: int) -> Distortion:
    if type not in DISTORTIONS:
        raise UsageError(f"unknown distortion type {type}: choose one of 1 to {len(DISTORTIONS)}")
    return DISTORTIONS[type]


def _level(level: float) -> float:
    if not (math.isfinite(level) and 1 <= level <= 5):
        raise UsageError(f"distortion level {level} is out of range: choose one from 1 to 5")
    return float(level)

"""From what a model gives to a Score: timed, rounded, with what it means, or with the reason why there is none."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from iqa_cli.executing.pieces import Sample
from iqa_cli.records import Score
from iqa_cli.registry import Spec

DIGITS = 6  # of a score: what float32 can tell, and the same in any batch


class Timed(ABC):
    """What scores samples, whatever computes, and knows how long it has taken."""

    _seconds, _scored = 0.0, 0

    @property
    def seconds_per_image(self) -> float | None:
        """Mean of all that were scored so far; None before the first."""
        return self._seconds / self._scored if self._scored else None

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        """One Score a sample, in order. A sample that cannot be scored gets status "error" and a reason."""
        begin = perf_counter()
        scores = self._scores(samples)
        self._seconds, self._scored = self._seconds + perf_counter() - begin, self._scored + len(samples)
        return scores

    def forget(self) -> None:  # noqa: B027 (most keep nothing)
        """Let go of encoded references: under the names that they had other files may lie by now."""

    @abstractmethod
    def _scores(self, samples: Sequence[Sample]) -> list[Score]:
        """One Score a sample, in order."""


def score_of(
    value: float, details: dict[str, Any], sample: Sample, mask_holds: str, meaning: Callable[[float], dict[str, Any]]
) -> Score:
    """The Score of a sample.

    Args:
        value: NaN where nothing of its mask counts.
        details: what else the model tells.
        sample: what was scored.
        mask_holds: what the mask must hold at least, in words.
        meaning: of a finite value.
    """
    if sample.mask is not None:
        if math.isnan(value):
            return failed(f"the mask is too small or too thin: {mask_holds}")
        details["mask_share"] = rounded(float(sample.mask.mean(dtype=np.float64)))
    if math.isfinite(value):
        details |= meaning(value)
    return finite(value, details)


def padding(spec: Spec, sample: Sample) -> dict[str, str]:
    """That an image was mirrored, since a crop is larger than it."""
    height, width = sample.image.shape[:2]
    if spec.crop is None or min(height, width) >= spec.crop:
        return {}
    return {"padded": f"{width}x{height} reflected to {max(width, spec.crop)}x{max(height, spec.crop)}"}


def finite(value: float, details: dict) -> Score:
    """A Score with a finite value, or none and the status that says why."""
    if math.isfinite(value):
        return Score(round(value, DIGITS), "ok", details)
    return Score(None, "infinite" if value == math.inf else "not finite", details)


def rounded(value: Any) -> Any:
    """A number, or each of a list, as a row shows it."""
    return [rounded(each) for each in value] if isinstance(value, list) else round(value, DIGITS)


def failed(reason: str) -> Score:
    """What a model answers where it cannot score."""
    return Score(None, "error", {"reason": reason})


def no_memory(name: str, image: np.ndarray) -> Score:
    """What a model answers where the memory does not suffice for an image, or a piece of it."""
    height, width = image.shape[:2]
    return failed(f"out of memory at {width}x{height} px with {name}")

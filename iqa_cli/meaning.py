"""What a score means: the level in words, and its place among photographs."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Any

from iqa_cli.records import ScoreRange

# Levels 1 to 5 of ITU-R BT.500: of an image judged alone, and of what was done to its reference.
QUALITY = ("bad", "poor", "fair", "good", "excellent")
IMPAIRMENT = ("very annoying", "annoying", "slightly annoying", "perceptible but not annoying", "imperceptible")
FIVE_LEVELS = ScoreRange(1, 5)
QUANTILES = 21  # 0, 5, ..., 100 %
MOST = 99.0  # so many photographs tell no more: there are better ones than the best of them


@dataclass(frozen=True)
class Percentiles:
    """What a model says of many photographs.

    Attributes:
        photographs: what they are called.
        scores: the 0, 5, ..., 100 % quantiles of the model's own scores of them, ascending.
    """

    photographs: str
    scores: tuple[float, ...]

    def below(self, score: float) -> float:
        """Percent of the photographs that score lower, interpolated linearly."""
        place = bisect_right(self.scores, score)
        steps = len(self.scores) - 1
        if place in (0, steps + 1):
            return 0.0 if place == 0 else 100.0
        low, high = self.scores[place - 1 : place + 1]
        return 100 * (place - 1 + (score - low) / (high - low)) / steps


def meaning(
    score: float, range: ScoreRange, full_reference: bool, percentiles: Percentiles | None = None
) -> dict[str, Any]:
    """What can be said of a finite score, JSON-ready.

    Returns:
        `label`, the nearest level in words, of scores in 1..5; `percentile`, the percent of photographs that it is
        better than, 99 at most, and `percentile_of`, what these are called, where the model's scores of them are known.
    """
    told: dict[str, Any] = {}
    if range == FIVE_LEVELS:
        words = IMPAIRMENT if full_reference else QUALITY
        told["label"] = words[min(max(floor(score + 0.5), 1), 5) - 1]  # IQT can leave 1..5 by a little
    if percentiles is not None:
        below = percentiles.below(score)
        told["percentile"] = min(round(below if range.higher_is_better else 100 - below, 1), MOST)
        told["percentile_of"] = percentiles.photographs
    return told


def in_words(details: Mapping[str, Any]) -> str:
    """What `meaning` tells, among the details of a score, as text; empty where it tells nothing."""
    parts = [details["label"]] if "label" in details else []
    if "percentile" in details:
        parts.append(f"better than {floor(details['percentile'])} % of {details['percentile_of']}")
    return ", ".join(parts)

"""A ranking: photographs in the order of their scores, and which of them show the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from iqa_cli.records import EMPTY, ModelInfo
from iqa_cli.tables.grid import score_decimals


@dataclass(frozen=True)
class Photograph:
    """One photograph of a ranking.

    Attributes:
        path: as it was given.
        place: 1 for the best by the first model; equal scores share a place. None where there is no score.
        scores: by model; None where there is none.
        words: by model, the quality in words; left out where a model has none.
        percentiles: by model, the percent of photographs that it is better than, 0 to 99; left out where not known.
        flaws: by model, which known flaws are seen, in words; left out where nobody asked.
        group: number of the group of those that show the same, from 1; None where it stands alone.
        best: whether it is the best of its group: one that stands alone is, one without a score never.
        taken: when, by its EXIF data, in the time of the camera.
        width: px as seen, upright; None where it could not be read.
        height: the same.
        notes: what a reader of the scores must know.
        error: why there is no score.
    """

    path: str
    place: int | None = None
    scores: Mapping[str, float | None] = field(default_factory=lambda: EMPTY)
    words: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    percentiles: Mapping[str, float] = field(default_factory=lambda: EMPTY)
    flaws: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    group: int | None = None
    best: bool = False
    taken: datetime | None = None
    width: int | None = None
    height: int | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Ranking:
    """Photographs, the best first.

    Attributes:
        photographs: by place; those without a score last, in the order they were given. Of equal scores that which
            was given first comes first.
        models: the first ranks, the others stand beside it.
        grouping: "similar", "folder" or "none".
        rule: what makes a group, as a sentence; empty where there are none.
        percentile_of: by model, what the photographs of the percentiles are called.
        meta: how the scores came about: versions, weights, options.
    """

    photographs: tuple[Photograph, ...]
    models: tuple[ModelInfo, ...]
    grouping: str = "none"
    rule: str = ""
    percentile_of: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    meta: Mapping[str, Any] = field(default_factory=lambda: EMPTY)

    @cached_property
    def groups(self) -> dict[int, tuple[Photograph, ...]]:
        """The members of each group of two or more, the best first; groups in the order of their best."""
        found: dict[int, list[Photograph]] = {}
        for photograph in self.photographs:
            if photograph.group is not None:
                found.setdefault(photograph.group, []).append(photograph)
        return {number: tuple(members) for number, members in found.items()}

    @cached_property
    def decimals(self) -> dict[str, int]:
        """By model, how many decimals of its scores are shown."""
        return {m.name: score_decimals(m.range, self._known(m.name)) for m in self.models}

    def _known(self, model: str) -> Iterator[float]:
        scores = (photograph.scores.get(model) for photograph in self.photographs)
        return (score for score in scores if score is not None)

    def listed(self, top: int | None = None, worst: int | None = None, keepers: bool = False) -> list[Photograph]:
        """Those that are asked for: all, or so many from the top, or so many of the worst, which come first then.

        Args:
            top: how many from the top.
            worst: how many of those with a score from the bottom.
            keepers: of the keepers alone.
        """
        found = [*(self.keepers if keepers else self.photographs)]
        if worst is not None:
            return [photograph for photograph in reversed(found) if photograph.place is not None][:worst]
        return found[:top]

    @property
    def keepers(self) -> tuple[Photograph, ...]:
        """The best of each group and those that stand alone, the best first."""
        return tuple(photograph for photograph in self.photographs if photograph.best)

    @property
    def scored(self) -> tuple[Photograph, ...]:
        """Those that have a place, the best first: what is counted as a photograph wherever people are told."""
        return tuple(photograph for photograph in self.photographs if photograph.place is not None)

    @property
    def failed(self) -> int:
        """How many the first model could not score."""
        return len(self.photographs) - len(self.scored)

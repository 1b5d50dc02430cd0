"""What `Scorer.score` gives: a float that knows what else the model tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iqa_cli.records import Score


class ScoreValue(float):
    """A score in Python: a float for arithmetic, arrays and frames, and what the model tells of it.

    An infinite PSNR (equal images) is `inf`; what could not be scored is `nan`, and `error` says why. What
    arithmetic gives is a plain float.

    Attributes:
        status: "ok", "infinite", "not finite" or "error".
        details: as JSON has them: crops and their spread, probabilities, label, percentile, ...
    """

    status: str
    details: dict[str, Any]

    def __new__(cls, value: float, details: Mapping[str, Any] | None = None, status: str = "ok") -> ScoreValue:
        """A float of that value."""
        made = super().__new__(cls, value)
        made.status, made.details = status, dict(details or {})
        return made

    @classmethod
    def of(cls, score: Score) -> ScoreValue:
        """A score of the engine."""
        value = score.value if score.value is not None else float("inf" if score.status == "infinite" else "nan")
        return cls(value, score.details, score.status)

    @property
    def label(self) -> str | None:
        """The nearest level in words (ITU-R BT.500), of a model that scores 1..5."""
        return self.details.get("label")

    @property
    def probabilities(self) -> list[float] | None:
        """Of the levels bad, poor, fair, good, excellent, of a model that judges an image alone."""
        return self.details.get("probabilities")

    @property
    def percentile(self) -> float | None:
        """Percent of the photographs (`details["percentile_of"]`) that it is better than, where the weights tell."""
        return self.details.get("percentile")

    @property
    def explanation(self) -> dict[str, Any] | None:
        """Which known flaws the image shows (`told`, `words`, `probabilities`, `where`), where it was asked for."""
        return self.details.get("explanation")

    @property
    def crops(self) -> int | None:
        """How many crops were averaged, of a model that looks at crops; their spread is among the details."""
        return self.details.get("crops")

    @property
    def error(self) -> str | None:
        """Why there is no score, of one among several images."""
        return self.details.get("reason")

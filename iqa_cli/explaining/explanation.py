"""What evidence comes to: which flaws are told of a photograph, how sure that is, and where they lie."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TOLD = 0.7  # the probability from which a flaw is told: at a half one good photograph in eight had one
MOST = 0.9  # of the highest probability of a cell: from there on a cell counts as one where the flaw lies
NOTHING = "nothing known"
LOW = 2  # of 1..5: a pair that scores less, and shows nothing known, may be no pair
SURE = 99  # percent, at most
EVERYWHERE = 0.75  # of the cells
DIGITS, CELL_DIGITS = 4, 2
ROWS, COLUMNS = ("top", "", "bottom"), ("left", "", "right")


def explanation(flaws: Sequence[str], image: np.ndarray, cells: np.ndarray) -> dict[str, Any]:
    """What is told of one photograph, JSON-ready.

    Args:
        flaws: their names.
        image: their calibrated logits (flaws,).
        cells: and those of its cells (flaws, rows, columns); NaN where no crop lies.

    Returns:
        `told`, the names of the flaws from a probability of `TOLD` on, the most probable first, empty where nothing
        is known; `words`, the same for a person; `probabilities` by flaw, each of its own, so that their sum says
        nothing; and `where`, of the flaws that are told, rows of cells from the top with a probability each, None where
        no crop lies.
    """
    probabilities = dict(zip(flaws, _sigmoid(image).round(DIGITS).tolist(), strict=True))
    told = sorted((name for name in flaws if probabilities[name] >= TOLD), key=lambda name: -probabilities[name])
    where = {name: _sigmoid(cells[list(flaws).index(name)]).round(CELL_DIGITS) for name in told}
    words = "; ".join(_in_words(name, probabilities[name], where[name]) for name in told)
    return {
        "told": told,
        "words": words or NOTHING,
        "probabilities": probabilities,
        "where": {name: _plain(rows) for name, rows in where.items()},
    }


def words_of(details: Mapping[str, Any]) -> str | None:
    """What the details of a score tell of flaws, for a person; None where nobody asked."""
    return details.get("explanation", {}).get("words")


def doubt(score: float | None, details: Mapping[str, Any]) -> str | None:
    """What a reader is asked of a pair of which nothing explains so low a score, 1 to 5; None where nothing is odd."""
    if score is None or score >= LOW or words_of(details) != NOTHING:
        return None
    return f"{NOTHING} at so low a score: are the two images aligned, and of the same scene?"


def place(cells: np.ndarray) -> str:
    """Where most of it lies, in words: `everywhere`, `top left`, `middle`, ...; empty where no cell shows it clearly.

    Args:
        cells: probabilities (rows, columns); NaN where no crop lies.
    """
    shown = cells >= max(TOLD, MOST * np.nanmax(cells))
    if not shown.any():
        return ""
    if shown.sum() >= EVERYWHERE * np.isfinite(cells).sum():
        return "everywhere"
    y, x = (np.average((places + 0.5) / length, weights=cells[shown]) for places, length in zip(
        np.nonzero(shown), cells.shape, strict=True))  # fmt: skip
    words = ROWS[_third(y)], COLUMNS[_third(x)]
    return " ".join(filter(None, words)) or "middle"


def _third(share: float) -> int:
    """0 to 2: which part of a side; the middle is narrower than a third, since a mean tends to it."""
    return int(share > 0.4) + int(share > 0.6)


def _in_words(name: str, probability: float, cells: np.ndarray) -> str:
    there = place(cells)
    return f"{name} {min(int(100 * probability), SURE)} %{there and f' ({there})'}"


def _plain(cells: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(value) else value for value in row] for row in cells.tolist()]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -50, 50)))

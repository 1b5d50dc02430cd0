"""What goes into an evaluation (scores) and what comes out of it (a report), as data.

Made by `evaluate.py`, shown by `report_grids.py`, `report_writing.py` and `figures.py`. SciPy is not needed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from iqa_cli.evaluation.rated import Source
from iqa_cli.ground.wording import counted

if TYPE_CHECKING:
    from iqa_cli.statistics.agreement import Summary
    from iqa_cli.statistics.choice_agreement import ChoiceAgreement, People
    from iqa_cli.statistics.differences import DifferenceMatrix
    from iqa_cli.statistics.krasula import Krasula
    from iqa_cli.statistics.repeated_splits import SplitSummary

FEW_REFERENCES = 10  # with fewer, a bootstrap interval covers too little (see `statistics.bootstrap.interval`)


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores (images,) by model, in the model's own units and direction.

    NaN where an image failed, infinite where a model says so (PSNR of identical images).
    """

    source: Source
    scores: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class ScoreSet:
    """The scores of the same models on every source, the direction of each model, and how they were made.

    `failed` counts images that could not be scored in this run.
    """

    scored: tuple[Scored, ...]
    higher_is_better: Mapping[str, bool]
    meta: Mapping[str, Any]
    failed: int = 0


@dataclass(frozen=True)
class DatasetReport:
    """One dataset with all models.

    Attributes:
        name, title: of the dataset, or of the manifest.
        mos: (N,) native units, higher is better.
        type: distortion type of each image, "" where there is none.
        group: what must stay on one side of a split: the reference, or the image itself.
        scores: by model, (N,), in the model's own units and direction; NaN where an image failed.
        higher_is_better: by model, the direction of its score.
        summaries: by model, over the images that every model could score; scores turned so that higher is better.
        splits: by model, medians over repeated splits by reference; empty when the whole set was asked for.
        differences: paired differences between models, for SROCC and PLCC; empty for a single model.
        notes: what the reader must know: left-out images, failed fits, unmet counts.
        krasula: how well models tell different pairs of images, and the better image; None unless asked for.
        scale: ends of the scale of opinions, of a public dataset.
    """

    name: str
    title: str
    mos: np.ndarray
    type: tuple[str, ...]
    group: tuple[str, ...]
    scores: Mapping[str, np.ndarray]
    higher_is_better: Mapping[str, bool]
    summaries: Mapping[str, "Summary"]
    splits: Mapping[str, "SplitSummary"]
    differences: "tuple[DifferenceMatrix, ...]"
    notes: tuple[str, ...] = ()
    krasula: "Krasula | None" = None
    scale: tuple[float, float] | None = None


@dataclass(frozen=True)
class ChoiceReport:
    """One set of choices between two images, with all models.

    Attributes:
        name, title: of the dataset, or of the manifest.
        pairs: how many are told, whether or not they could be scored.
        higher_is_better: by model, the direction of its score.
        rows: by part ("overall", "type", "group") and model, over the pairs that every model could score.
        people: by part, what a model can reach at best, in the order of the rows.
        differences: paired differences between models in the 2AFC score; empty for a single model.
        notes: what the reader must know.
    """

    name: str
    title: str
    pairs: int
    higher_is_better: Mapping[str, bool]
    rows: Mapping[str, Mapping[str, "tuple[ChoiceAgreement, ...]"]]
    people: Mapping[str, "tuple[People, ...]"]
    differences: "tuple[DifferenceMatrix, ...]"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Several datasets with the same models, rated or chosen between.

    `meta` says how it came about (versions, weights, protocol, seed).
    """

    datasets: tuple[DatasetReport, ...]
    models: tuple[str, ...]
    meta: Mapping[str, Any]
    choices: tuple[ChoiceReport, ...] = ()

    @property
    def all(self) -> tuple[DatasetReport | ChoiceReport, ...]:
        """What each dataset gave."""
        return (*self.datasets, *self.choices)


def left_out(scored: Scored, models: Mapping[str, bool]) -> list[str]:
    """Notes on why not every image counts."""
    notes = []
    for model in models:
        column = scored.scores[model]
        infinite, failed = int(np.isinf(column).sum()), int(np.isnan(column).sum())
        if infinite:
            notes.append(f"left out: {counted(infinite, 'image')} with an infinite {model} (identical images)")
        if failed:
            notes.append(f"left out: {counted(failed, 'image')} without a score of {model}")
    return notes


def measures_document(value: Any, interval: Any) -> dict[str, dict[str, float]]:
    """For JSON: each statistic with its value and its interval, from two objects that have them by the same names."""
    return {
        statistic: {"value": number, "low": low, "high": high}
        for statistic, number in vars(value).items()
        for low, high in [getattr(interval, statistic)]
    }


def too_few(references: int, unit: str, resamples: int) -> list[str]:
    """A note where so few references, or images or pairs that stand alone, make intervals too narrow.

    Args:
        references: how many the bootstrap draws from.
        unit: what they are called.
        resamples: draws of the bootstrap; without any there are no intervals.
    """
    if not resamples or references >= FEW_REFERENCES:
        return []
    return [f"{counted(references, unit)} only: the intervals are too narrow, differences prove little"]

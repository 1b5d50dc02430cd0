"""From records to a comparison of methods. Imports SciPy: import it inside the function that needs it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iqa_cli.comparison import infinite
from iqa_cli.comparison.targets import ComparisonProtocol
from iqa_cli.errors import IqaError
from iqa_cli.ground.wording import first_few, told_once
from iqa_cli.plan.methods import IMAGE, METHOD, MethodsPlan
from iqa_cli.records import EMPTY, ModelInfo, Record, Score
from iqa_cli.statistics.method_ranking import MethodSummary, RankAgreement, rank_agreement, same_best
from iqa_cli.tables.grid import score_decimals


@dataclass(frozen=True, eq=False)
class Comparison:
    """What was found, as data.

    Attributes:
        reference: name of the file or folder compared with, None without.
        methods, images: names; the images are those that every model scored of every method.
        single: one image; the methods are its candidates, and a score may be missing.
        models: name, direction and range of each.
        scores: by model (methods, images), in its own units; infinite where it says so, NaN where none.
        summaries: by model, a row a method; empty for a single image.
        agreement: rank correlation between models, over candidates or over the methods' means; None below
            two models or three methods.
        same_best: by pair of models, the share of images on which both find the same method best.
        notes: what the reader must know.
        lost: by method, on how many of the images that were to be compared a score is missing; those that have all are
            not in it.
        planned: how many images were to be compared.
        protocol, meta: how it came about.
    """

    reference: str | None
    methods: tuple[str, ...]
    images: tuple[str, ...]
    single: bool
    models: tuple[ModelInfo, ...]
    scores: Mapping[str, NDArray[np.float64]]
    summaries: Mapping[str, tuple[MethodSummary, ...]]
    agreement: RankAgreement | None
    same_best: Mapping[tuple[str, str], float]
    protocol: ComparisonProtocol
    notes: tuple[str, ...]
    meta: Mapping[str, Any]
    lost: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    planned: int = 0

    @property
    def limited(self) -> bool:
        """Whether some images were left out for all methods, as not every score is there."""
        return len(self.images) < self.planned

    @property
    def classical(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Names of the classical models, with what is told of them: luma rule and border."""
        return [(name, facts) for name, facts in self.meta["models"].items() if "luma" in facts]

    @property
    def scored(self) -> int:
        """How many methods have all scores: of a single image some may lack one."""
        return int(np.array([np.isfinite(self.towards_best(m)).all(axis=1) for m in self.models]).all(axis=0).sum())

    @cached_property
    def decimals(self) -> dict[str, int]:
        """By model, how many decimals of its scores are shown: what is equal then counts as equal."""
        return {model.name: score_decimals(model.range, self.scores[model.name].ravel()) for model in self.models}

    def ranks(self, model: ModelInfo) -> list[int]:
        """Of the candidates of a single image: 1 for the best, equal as shown shares a rank, 0 without a score."""
        values = np.round(self.towards_best(model)[:, 0], self.decimals[model.name])
        return [0 if isnan(value) else 1 + int(np.count_nonzero(values > value)) for value in values]

    def towards_best(self, model: ModelInfo) -> NDArray[np.float64]:
        """Scores (methods, images) turned so that higher is better, an infinite one just above all others."""
        return infinite.turned(self.scores[model.name], model.higher_is_better)


def compare(
    plan: MethodsPlan,
    records: Sequence[Record],
    models: Sequence[ModelInfo],
    meta: Mapping[str, Any],
    protocol: ComparisonProtocol = ComparisonProtocol(),
) -> Comparison:
    """Compare the methods of a plan by their records, one a job, in any order.

    An image without a score of every model for every method is left out for all, and told; of a single
    image, a candidate without scores stays in the table.

    Raises IqaError when nothing is left.
    """
    scores = _tables(plan, records, models)
    known = np.asarray(np.array([~np.isnan(table) for table in scores.values()]).all(axis=0))
    missing = (~known).sum(axis=1).tolist()
    notes = list(plan.messages)
    notes += _told(plan, records)
    if plan.single:
        if all(np.isnan(table).all() for table in scores.values()):
            raise IqaError("no candidate could be scored; see the errors above")
        whole = np.array([True])
    else:
        whole = np.asarray(known.all(axis=0))
        if not whole.any():
            most = int(np.argmin(known.sum(axis=1)))
            raise IqaError(
                f"no image has scores of every method: {plan.methods[most]} has {known[most].sum()} of {whole.size}"
            )
        if not whole.all():
            out = [name for name, there in zip(plan.images, whole, strict=True) if not there]
            notes.append(f"left out for all methods, as not every score is there: {first_few(out)}")
    images = tuple(name for name, there in zip(plan.images, whole, strict=True) if there)
    scores = {name: table[:, whole] for name, table in scores.items()}
    towards_best = {m.name: infinite.turned(scores[m.name], m.higher_is_better) for m in models}
    summaries = {}
    for m in () if plan.single else models:
        table = scores[m.name]
        summaries[m.name] = infinite.summaries(plan.methods, table, m.higher_is_better, **vars(protocol))
        notes += infinite.notes(m, plan.methods, table, len(plan.images))
    return Comparison(
        None if plan.reference is None else Path(plan.reference).name or plan.reference,
        plan.methods,
        images,
        plan.single,
        tuple(models),
        scores,
        summaries,
        _agreement(towards_best, summaries, models, known[:, 0] if plan.single else None),
        {} if plan.single else same_best(towards_best),
        protocol,
        tuple(notes),
        meta,
        {} if plan.single else {name: n for name, n in zip(plan.methods, missing, strict=True) if n},
        len(plan.images),
    )


def _tables(plan: MethodsPlan, records: Iterable[Record], models: Sequence[ModelInfo]) -> dict[str, NDArray]:
    """Scores (methods, images) by model."""
    rows = {name: place for place, name in enumerate(plan.methods)}
    columns = {name: place for place, name in enumerate(plan.images)}
    tables = {model.name: np.full((len(rows), len(columns)), nan) for model in models}
    for record in records:
        cell = rows[record.job.extra[METHOD]], columns[record.job.extra[IMAGE]]
        for model in models:
            tables[model.name][cell] = _value(record.scores.get(model.name), model)
    return tables


def _told(plan: MethodsPlan, records: Iterable[Record]) -> Iterator[str]:
    """What was done to files, and of single candidates why one has no score."""
    yield from told_once("; ".join(record.notes) for record in records)
    if plan.single:
        yield from (record.error for record in records if record.error)


def _value(score: Score | None, model: ModelInfo) -> float:
    if score is None or score.value is None:
        # Of a distance, infinity would be no perfect score but a failure.
        return inf if score and score.status == "infinite" and model.higher_is_better else nan
    return score.value


def _agreement(
    towards_best: Mapping[str, NDArray],
    summaries: Mapping[str, Sequence[MethodSummary]],
    models: Sequence[ModelInfo],
    scored: NDArray[np.bool_] | None,
) -> RankAgreement | None:
    """Over the candidates that are `scored`, or without it over the means of the methods."""
    if scored is not None:
        columns = {name: table[scored, 0] for name, table in towards_best.items()}
    else:
        means = {m.name: np.array([row.mean for row in summaries[m.name]]) for m in models}
        columns = {m.name: infinite.turned(means[m.name], m.higher_is_better) for m in models}
    whole = all(np.isfinite(column).all() for column in columns.values())
    enough = len(models) > 1 and next(iter(columns.values())).size > 2
    return rank_agreement(columns) if whole and enough else None

"""From records to a comparison of methods. Imports SciPy: import it inside the function that needs it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iqa_cli.errors import IqaError
from iqa_cli.plan.methods import GROUP, METHOD, MethodsPlan
from iqa_cli.plan.wording import counted, first_few
from iqa_cli.records import ModelInfo, Record
from iqa_cli.statistics.bootstrap import DRAWS
from iqa_cli.statistics.methods import MethodSummary, RankAgreement, rank_agreement, same_best, summarise_methods, wins

UNDEFINED = MethodSummary("", 0, nan, nan, nan, nan, 0, nan, nan, nan, nan, nan)


@dataclass(frozen=True)
class Protocol:
    """How the statistics are computed: draws of the bootstrap, and the seed of draws and sign patterns."""

    resamples: int = DRAWS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Comparison:
    """What was found, as data.

    Attributes:
        methods, groups: names; the images are those that every model scored of every method.
        single: one image; the methods are its candidates, and a score may be missing.
        models: name, direction and range of each.
        scores: by model (methods, groups), in its own units; infinite where it says so, NaN where none.
        summaries: by model, a row a method; empty for a single image.
        agreement: rank correlation between models, over candidates or over the methods' means; None below
            two models or three methods.
        same_best: by pair of models, the share of images on which both find the same method best.
        notes: what the reader must know.
        protocol, meta: how it came about.
    """

    methods: tuple[str, ...]
    groups: tuple[str, ...]
    single: bool
    models: tuple[ModelInfo, ...]
    scores: Mapping[str, NDArray[np.float64]]
    summaries: Mapping[str, tuple[MethodSummary, ...]]
    agreement: RankAgreement | None
    same_best: Mapping[tuple[str, str], float]
    protocol: Protocol
    notes: tuple[str, ...]
    meta: Mapping[str, Any]

    @property
    def classical(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Names of the classical models, with what is told of them: luma rule and border."""
        return [(name, facts) for name, facts in self.meta["models"].items() if "luma" in facts]

    def towards_best(self, model: ModelInfo) -> NDArray[np.float64]:
        """Scores (methods, groups) turned so that higher is better, an infinite one just above all others."""
        return _turned(self.scores[model.name], model)


def compare(
    plan: MethodsPlan,
    records: Iterable[Record],
    models: Sequence[ModelInfo],
    meta: Mapping[str, Any],
    protocol: Protocol = Protocol(),
) -> Comparison:
    """Compare the methods of a plan by their records, in any order.

    An image without a score of every model for every method is left out for all, and told; of a single
    image, a candidate without scores stays in the table.

    Raises IqaError when nothing is left.
    """
    scores = _tables(plan, records, models)
    known = np.array([~np.isnan(table) for table in scores.values()]).all(axis=0)
    notes = list(plan.messages)
    if plan.single:
        if not known.any():
            raise IqaError("no candidate could be scored; see the errors above")
        whole = np.array([True])
    else:
        whole = known.all(axis=0)
        if not whole.any():
            most = int(np.argmin(known.sum(axis=1)))
            raise IqaError(
                f"no image has scores of every method: {plan.methods[most]} has {known[most].sum()} of {whole.size}"
            )
        if not whole.all():
            out = [group for group, there in zip(plan.groups, whole, strict=True) if not there]
            notes.append(f"left out for all methods, as not every score is there: {first_few(out)}")
    groups = tuple(group for group, there in zip(plan.groups, whole, strict=True) if there)
    scores = {name: table[:, whole] for name, table in scores.items()}
    summaries = {} if plan.single else {m.name: _summaries(plan.methods, scores[m.name], m, protocol) for m in models}
    turned = {m.name: _turned(scores[m.name], m) for m in models}
    notes += [note for m in models for note in _infinities(m, scores[m.name], plan)]
    return Comparison(
        plan.methods,
        groups,
        plan.single,
        tuple(models),
        scores,
        summaries,
        _agreement(turned, summaries, models, known[:, 0] if plan.single else None),
        {} if plan.single else same_best(turned),
        protocol,
        tuple(notes),
        meta,
    )


def _tables(plan: MethodsPlan, records: Iterable[Record], models: Sequence[ModelInfo]) -> dict[str, NDArray]:
    """Scores (methods, groups) by model."""
    rows = {name: place for place, name in enumerate(plan.methods)}
    columns = {name: place for place, name in enumerate(plan.groups)}
    tables = {model.name: np.full((len(rows), len(columns)), nan) for model in models}
    for record in records:
        cell = rows[record.job.extra[METHOD]], columns[record.job.extra[GROUP]]
        for name, score in record.scores.items():
            tables[name][cell] = inf if score.status == "infinite" else nan if score.value is None else score.value
    return tables


def _turned(table: NDArray[np.float64], model: ModelInfo) -> NDArray[np.float64]:
    finite = table[np.isfinite(table)]
    bounded = np.where(np.isinf(table), finite.max(initial=0.0) + 1, table)
    return bounded if model.higher_is_better else -bounded


def _summaries(
    methods: Sequence[str], table: NDArray[np.float64], model: ModelInfo, protocol: Protocol
) -> tuple[MethodSummary, ...]:
    """As `summarise_methods`, where scores may be infinite.

    A method identical to the reference throughout has an infinite mean and leads. For the others, an image
    on which any is infinite has no place in a mean; it counts among the wins.
    """
    endless = np.isinf(table).all(axis=1)
    usable = np.isfinite(table[~endless]).all(axis=0)
    rest = {name: table[k, usable] for k, name in enumerate(methods) if not endless[k]}
    found = {}
    if rest and usable.any():
        rows = summarise_methods(rest, model.higher_is_better, resamples=protocol.resamples, seed=protocol.seed)
        found = {row.method: row for row in rows}
    won = wins(dict(zip(methods, _turned(table, model), strict=True)))
    ahead = int(endless.sum())
    return tuple(
        replace(UNDEFINED, method=name, images=table.shape[1], mean=inf, rank=1, wins=won[name])
        if endless[k]
        else replace(found[name], rank=found[name].rank + ahead, wins=won[name])
        if name in found
        else replace(UNDEFINED, method=name, wins=won[name])
        for k, name in enumerate(methods)
    )


def _infinities(model: ModelInfo, table: NDArray[np.float64], plan: MethodsPlan) -> Iterable[str]:
    endless = np.isinf(table).all(axis=1)
    if plan.single:
        return
    for name in np.array(plan.methods)[endless]:
        yield f"{name}: identical to the reference on every image, {model.name} is infinite"
    some = int(np.isinf(table[~endless]).any(axis=0).sum())
    if some:
        yield f"{model.name}: {counted(some, 'image')} with an infinite score count as wins and in no mean"


def _agreement(
    turned: Mapping[str, NDArray],
    summaries: Mapping[str, Sequence[MethodSummary]],
    models: Sequence[ModelInfo],
    scored: NDArray[np.bool_] | None,
) -> RankAgreement | None:
    """Over the candidates that are `scored`, or without it over the means of the methods."""
    if scored is not None:
        columns = {name: table[scored, 0] for name, table in turned.items()}
    else:
        means = {m.name: np.array([row.mean for row in summaries[m.name]]) for m in models}
        columns = {m.name: _turned(means[m.name], m) for m in models}
    whole = all(np.isfinite(column).all() for column in columns.values())
    enough = len(models) > 1 and next(iter(columns.values())).size > 2
    return rank_agreement(columns) if whole and enough else None

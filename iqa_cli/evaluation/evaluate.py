"""From scores and labels to a report. Imports SciPy: import it inside the function that needs it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import nan

import numpy as np

from iqa_cli import __version__
from iqa_cli.datasets import Item
from iqa_cli.errors import IqaError
from iqa_cli.evaluation.choice_evaluation import evaluate_choices
from iqa_cli.evaluation.protocol import TEST_SHARE, EvaluationProtocol
from iqa_cli.evaluation.report import DatasetReport, Report, Scored, ScoreSet, left_out, too_few
from iqa_cli.ground.wording import counted
from iqa_cli.statistics.agreement import Summary, summarise
from iqa_cli.statistics.differences import DifferenceMatrix, compare_models, enough_resamples
from iqa_cli.statistics.krasula import Krasula, krasula
from iqa_cli.statistics.repeated_splits import SplitSummary, repeated_splits, summarise_splits


def evaluate(scores: ScoreSet, protocol: EvaluationProtocol, tick: Callable[[], None] = lambda: None) -> Report:
    """All statistics of all models on all sources that have labels.

    Args:
        scores: of one or several sources by the same models.
        protocol: what to compute.
        tick: called once for each model on each source, for a progress bar.

    Raises IqaError when no image of a source has a score of every model.
    """
    meta = {"iqa": __version__, "protocol": {**asdict(protocol), "test_share": TEST_SHARE}, "scores": scores.meta}
    labelled = [scored for scored in scores.scored if scored.source.labelled]
    rated = [scored for scored in labelled if not scored.source.choices]
    datasets = tuple(_evaluate(scored, scores.higher_is_better, protocol, tick) for scored in rated)
    chosen = [scored for scored in labelled if scored.source.choices]
    choices = tuple(evaluate_choices(scored, scores.higher_is_better, protocol, tick) for scored in chosen)
    return Report(datasets, tuple(scores.higher_is_better), meta, choices)


def _evaluate(
    scored: Scored, higher_is_better: Mapping[str, bool], protocol: EvaluationProtocol, tick: Callable[[], None]
) -> DatasetReport:
    source, items = scored.source, scored.source.items
    scores = {
        model: np.where(np.isfinite(scored.scores[model]), scored.scores[model], np.nan) for model in higher_is_better
    }
    usable = np.all(np.isfinite(list(scores.values())), axis=0)
    if not usable.any():
        raise IqaError(f"{source.name}: no image has a score of every model; see the errors of the single images")
    mos = np.array([item.mos for item in items], dtype=np.float64)
    types, groups = (np.array([getattr(item, name) for item in items]) for name in ("type", "group"))
    # Images that stand each for itself are no references to draw again, and no groups to tell apart.
    group = groups[usable] if np.unique(groups).size < len(items) else None
    type = types[usable] if types.astype(bool).any() else None
    turned = {model: column[usable] * (1 if higher_is_better[model] else -1) for model, column in scores.items()}

    summaries = {}
    for model, column in turned.items():
        summaries[model] = _summary(column, mos[usable], group, type, protocol)
        tick()
    found, told = _krasula(turned, [items[place] for place in np.flatnonzero(usable)], protocol)
    splits = _splits(turned, mos[usable], groups[usable], protocol) if protocol.split == "reference" else {}
    notes = (*source.notes, *left_out(scored, higher_is_better), *_cautions(summaries, group, type, protocol), *told)
    return DatasetReport(
        name=source.name,
        title=source.title,
        mos=mos,
        type=tuple(types.tolist()),
        group=tuple(groups.tolist()),
        scores=scores,
        higher_is_better=dict(higher_is_better),
        summaries=summaries,
        splits=splits,
        differences=_differences(turned, mos[usable], group, protocol),
        notes=notes,
        krasula=found,
        scale=source.scale,
    )


def _summary(
    predicted: np.ndarray,
    mos: np.ndarray,
    group: np.ndarray | None,
    type: np.ndarray | None,
    protocol: EvaluationProtocol,
) -> Summary:
    summary = summarise(
        predicted,
        mos,
        group,
        type if "type" in protocol.by else None,
        parameters=protocol.logistic,
        resamples=protocol.resamples,
        seed=protocol.seed,
    )
    return summary if "group" in protocol.by else replace(summary, by_group=())


def _splits(
    turned: Mapping[str, np.ndarray], mos: np.ndarray, groups: np.ndarray, protocol: EvaluationProtocol
) -> dict[str, SplitSummary]:
    splits = repeated_splits(groups, TEST_SHARE, protocol.repeats, protocol.seed)
    return {model: summarise_splits(column, mos, splits, protocol.logistic) for model, column in turned.items()}


def _differences(
    turned: Mapping[str, np.ndarray], mos: np.ndarray, group: np.ndarray | None, protocol: EvaluationProtocol
) -> tuple[DifferenceMatrix, ...]:
    if len(turned) < 2 or not protocol.resamples:
        return ()
    pairs = len(turned) * (len(turned) - 1) // 2
    resamples = max(protocol.resamples, enough_resamples(pairs))
    return tuple(compare_models(turned, mos, group, resamples=resamples, seed=protocol.seed).values())


def _krasula(
    turned: Mapping[str, np.ndarray], items: Sequence[Item], protocol: EvaluationProtocol
) -> tuple[Krasula | None, list[str]]:
    """The analysis of pairs of images, where it is asked for, and what the reader must know of it."""
    if not protocol.krasula:
        return None, []
    mos, std, raters = (
        np.array([nan if value is None else value for value in column], dtype=np.float64)
        for column in zip(*((item.mos, item.std, item.count or protocol.raters) for item in items), strict=True)
    )
    if not np.isfinite(std).any():
        return None, ["no Krasula analysis: the opinions have no standard deviations (column std)"]
    if not np.isfinite(raters).any():
        return None, ["no Krasula analysis: how many rated each image is not known; say so: --raters N"]
    there = np.isfinite(std) & (raters > 0)
    scores = {model: column[there] for model, column in turned.items()}
    found = krasula(scores, mos[there], std[there], raters[there], protocol.seed)
    notes = []
    if not there.all():
        notes.append(f"Krasula: {counted(int((~there).sum()), 'image')} without standard deviation or number of raters")
    if found is None:
        notes.append("no Krasula analysis: all pairs of images differ for people, or none does")
    elif any(item.count for item in items) and protocol.raters:
        notes.append("--raters is for images whose number of raters is not known; others keep theirs")
    return found, notes


def _cautions(
    summaries: Mapping[str, Summary], group: np.ndarray | None, type: np.ndarray | None, protocol: EvaluationProtocol
) -> list[str]:
    """What a reader should know before trusting the numbers."""
    notes = [f"{model}: {s.overall.fit.message}" for model, s in summaries.items() if s.overall.fit.message]
    if "type" in protocol.by and type is None:
        notes.append("not by type: the images have none")
    if "group" in protocol.by and group is None:
        notes.append("not by group: each image is a group of its own")
    references = next(iter(summaries.values())).overall.references
    return [*notes, *too_few(references, "reference" if group is not None else "image", protocol.resamples)]

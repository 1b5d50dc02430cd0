"""The answer of a comparison in words: who is best by each model, how sure that is, and whether the models agree."""

from collections.abc import Iterator, Sequence
from math import isinf, isnan

import numpy as np

from iqa_cli.comparison.findings import Comparison
from iqa_cli.comparison.infinite import where
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.records import ModelInfo
from iqa_cli.statistics.method_ranking import MethodSummary
from iqa_cli.tables.grid import SIGNIFICANT, interval_text, number, p_text


def answer(found: Comparison) -> list[str]:
    """A sentence for each model; at last, of several models, one for all."""
    best = {model.name: _leading(found, model) for model in found.models}
    sentences = [_sentence(found, model, best[model.name]) for model in found.models]
    if len(found.methods) < 2:
        return sentences
    return [*_limits(found), *sentences, *_verdict(found, best)]


def _leading(found: Comparison, model: ModelInfo) -> list[str]:
    """The best methods or candidates, several where their scores are equal as shown."""
    if found.single:
        ranks = found.ranks(model)
    else:
        ranks = [row.rank for row in found.summaries[model.name]]
    return [name for name, rank in zip(found.methods, ranks, strict=True) if rank == 1]


def _verdict(found: Comparison, best: dict[str, list[str]]) -> Iterator[str]:
    if len(best) < 2 or not all(best.values()):
        return
    common = [name for name in next(iter(best.values())) if all(name in names for names in best.values())]
    if common:
        every = f"both models, {' and '.join(best)}" if len(best) == 2 else f"all {len(best)} models"
        part = f", on {where(len(found.images), found.planned)}" if found.limited else ""
        yield f"Best: {' and '.join(common)}, by {every}{_sureness(found, common)}{part}"
        return
    by: dict[str, list[str]] = {}
    for model, names in best.items():
        by.setdefault(" and ".join(names), []).append(model)
    yield f"The models disagree: {'; '.join(f'{who} by {first_few(models)}' for who, models in by.items())}"


def _sureness(found: Comparison, best: Sequence[str]) -> str:
    """By which models nobody else can be as good as the best; nothing is said where there is nobody else."""
    if found.single or len(best) == len(found.methods):
        return ""
    sure = [model for model in found.summaries if _certain(found, model, best)]
    if len(sure) == len(found.models):
        return ", surely"
    return f", surely by {first_few(sure)}" if sure else ", surely by none"


def _certain(found: Comparison, model: str, best: Sequence[str]) -> bool:
    """Whether by a model nobody else can be as good.

    Where the best mean is endless, the p of its rows are of the others alone: then those images count on which another
    is not equal to the reference, by the smallest p of so many, after Bonferroni.
    """
    rows = found.summaries[model]
    if not any(isinf(row.mean) for row in rows if row.method in best):
        return not _close(rows, best)
    others = [found.scores[model][found.methods.index(row.method)] for row in rows if row.method not in best]
    fewest = min(int(np.isfinite(scores).sum()) for scores in others)  # images on which they are not as good
    return len(others) * _least(fewest) < SIGNIFICANT


def _least(images: int) -> float:
    """The smallest p of the sign-flip test of so many images."""
    return 2.0 ** (1 - images)


def _tested(rows: Sequence[MethodSummary], best: Sequence[str]) -> list[MethodSummary]:
    """The methods beside the best, as far as p tells of them, the nearest first."""
    tested = [row for row in rows if row.method not in best and not isnan(row.p_holm)]
    return sorted(tested, key=lambda row: abs(row.difference))


def _close(rows: Sequence[MethodSummary], best: Sequence[str]) -> list[MethodSummary]:
    """Those of them that may be as good as the best."""
    return [row for row in _tested(rows, best) if row.p_holm >= SIGNIFICANT]


def _limits(found: Comparison) -> Iterator[str]:
    """What so few images can prove at best."""
    images = len(found.images)
    least = min((len(found.methods) - 1) * _least(images), 1.0)  # by Holm, of all that are held against the best
    if found.limited:
        lost = [f"{name} has no score on {count}" for name, count in found.lost.items()]
        yield f"This holds for {where(images, found.planned)}, for {first_few(lost)}"
    if found.single:
        yield "One image proves nothing of the methods behind it"
    elif least >= SIGNIFICANT:
        yield f"{counted(images, 'image')} can prove nothing: p is {p_text(least)} at best"


def _sentence(found: Comparison, model: ModelInfo, best: list[str]) -> str:
    if not best:
        return f"{model.name}: no answer, for no mean of it is finite"
    return f"{model.name}: {_candidate(found, model, best) if found.single else _method(found, model, best)}"


def _candidate(found: Comparison, model: ModelInfo, best: list[str]) -> str:
    scores = dict(zip(found.methods, found.scores[model.name][:, 0].tolist(), strict=True))
    top, places = scores[best[0]], found.decimals[model.name]
    text = f"{' and '.join(best)} {'are equal and best' if len(best) > 1 else 'is best'} with {number(top, places)}"
    others = [name for name, score in scores.items() if name not in best and not isnan(score)]
    if not others:
        return text
    second = (max if model.higher_is_better else min)(others, key=scores.__getitem__)
    return f"{text}, then {second} with {number(scores[second], places)}"


def _method(found: Comparison, model: ModelInfo, best: list[str]) -> str:
    rows, places = found.summaries[model.name], found.decimals[model.name]
    top = next(row for row in rows if row.method == best[0])
    if isinf(top.mean):
        on = where(len(found.images), found.planned)
        return f"{' and '.join(best)} {'is' if len(best) == 1 else 'are'} best, equal to the reference on {on}"
    # Methods with one mean may be of other images: an interval is told where it is that of all.
    intervals = {interval_text(row.low, row.high, places) for row in rows if row.method in best}
    interval = intervals.pop() if len(intervals) == 1 else ""
    part = f" on {where(len(found.images), found.planned)}" if found.limited else ""
    mean = f"{number(top.mean, places)}{f' {interval}' if interval else ''}{part}"
    if len(rows) == 1:
        return (
            f"{top.method} scores {mean}" if part else f"{top.method} scores {mean} on {counted(top.images, 'image')}"
        )
    who, equal = " and ".join(best), len(best) > 1
    leading = f"{who} {'are equal and best' if equal else 'is best'} with {mean}"
    tested, close = _tested(rows, best), _close(rows, best)
    if not tested:
        return leading
    if not close:
        return f"{leading}, surely: next is {_gap(tested[0], places)}"
    told = leading if equal else f"{who} leads with {mean}"
    return f"{told}, not surely: {first_few([_gap(row, places) for row in close], '; ', 2)}"


def _gap(row: MethodSummary, places: int) -> str:
    p = p_text(row.p_holm)
    return f"{row.method} {number(row.difference, places, sign='+')}, p {p if p.startswith('<') else f'= {p}'}"

"""From scores and choices to a report. Imports SciPy: import it inside the function that needs it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np

from iqa_cli.datasets import Choice
from iqa_cli.errors import IqaError
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.evaluation.report import ChoiceReport, Scored, left_out, too_few
from iqa_cli.ground.wording import counted
from iqa_cli.statistics.bootstrap import draw_resamples
from iqa_cli.statistics.choice_agreement import ChoiceAgreement, Choices, People, Scale, agree, choice_terms, people
from iqa_cli.statistics.differences import DifferenceMatrix, difference_matrix, enough_resamples
from iqa_cli.statistics.resampled import resampled_ratio


def evaluate_choices(
    scored: Scored, higher_is_better: Mapping[str, bool], protocol: EvaluationProtocol, tick: Callable[[], None]
) -> ChoiceReport:
    """All statistics of all models on the pairs whose images every model could score.

    Args:
        scored: scores of the images of the pairs.
        higher_is_better: by model, the direction of its score.
        protocol: what to compute; curves and splits mean nothing here.
        tick: called once for each model.

    Raises IqaError when no pair can be used.
    """
    source = scored.source
    usable = np.all(np.isfinite(list(scored.scores.values())), axis=0).tolist()
    place = {item.image: number for number, item in enumerate(source.items) if usable[number]}
    used = [choice for choice in source.choices if choice.image_a in place and choice.image_b in place]
    if not used:
        raise IqaError(f"{source.name}: no pair has scores of every model; see the errors of the single images")
    choices = Choices(
        np.array([place[choice.image_a] for choice in used]),
        np.array([place[choice.image_b] for choice in used]),
        np.array([choice.preference for choice in used], dtype=np.float64),
        np.array([choice.count for choice in used], dtype=np.float64),
    )
    turned = {model: scored.scores[model] * (1 if higher else -1) for model, higher in higher_is_better.items()}
    groups = _groups(used)
    parts = {"overall": [("all", np.arange(len(used)))]} | {
        part: _parts(labels) if part in protocol.by and labels is not None else []
        for part, labels in (("type", _types(used)), ("group", groups))
    }
    rows: dict[str, dict[str, list[ChoiceAgreement]]] = {part: {model: [] for model in turned} for part in parts}
    reached: dict[str, list[People]] = {part: [] for part in parts}
    for part, sets in parts.items():
        for name, some in sets:
            of_part = choices.of(some)
            scale = Scale.of(of_part, len(source.items))
            reached[part].append(people(of_part, scale))
            group = None if groups is None else groups[some]
            for model, scores in turned.items():
                rows[part][model].append(
                    agree(scores, of_part, scale, group, name=name, resamples=protocol.resamples, seed=protocol.seed)
                )
    for _ in turned:
        tick()
    whole = next(iter(rows["overall"].values()))[0]
    gone = len(source.choices) - len(used)
    notes = [*source.notes, *left_out(scored, higher_is_better)]
    notes += [f"left out: {counted(gone, 'pair')} without scores of both images"] if gone else []
    return ChoiceReport(
        name=source.name,
        title=source.title,
        pairs=len(source.choices),
        higher_is_better=dict(higher_is_better),
        rows={part: {model: tuple(found) for model, found in by.items()} for part, by in rows.items()},
        people={part: tuple(found) for part, found in reached.items()},
        differences=_differences(turned, choices, groups, protocol),
        notes=(*notes, *_cautions(whole, used, groups, protocol)),
    )


def _types(choices: Sequence[Choice]) -> np.ndarray | None:
    types = np.array([choice.type for choice in choices])
    return types if types.astype(bool).any() else None


def _groups(choices: Sequence[Choice]) -> np.ndarray | None:
    """The group of each pair, None where each pair stands for itself."""
    names = [choice.group or str(choice.reference or "") for choice in choices]
    if not any(names):
        return None
    own = [name or f"{choice.image_a}\n{choice.image_b}" for name, choice in zip(names, choices, strict=True)]
    return np.array(own) if len(set(own)) < len(own) else None


def _parts(labels: np.ndarray) -> list[tuple[str, np.ndarray]]:
    names, member = np.unique(labels, return_inverse=True)
    starts = np.cumsum(np.bincount(member))[:-1]
    sets = np.split(np.argsort(member, kind="stable"), starts)
    return [(str(name), some) for name, some in zip(names, sets, strict=True)]


def _differences(
    turned: Mapping[str, np.ndarray], choices: Choices, groups: np.ndarray | None, protocol: EvaluationProtocol
) -> tuple[DifferenceMatrix, ...]:
    if len(turned) < 2 or not protocol.resamples:
        return ()
    resamples = max(protocol.resamples, enough_resamples(len(list(combinations(turned, 2)))))
    drawn = draw_resamples(groups, choices.share.size, resamples, protocol.seed)
    sided = [choice_terms(scores, choices)["twoafc"] for scores in turned.values()]
    values = np.array([above.mean() for above, _ in sided])
    draws = np.stack([resampled_ratio(*terms, drawn) for terms in sided])
    return (difference_matrix("twoafc", tuple(turned), values, draws, drawn.counts.shape[1]),)


def _cautions(
    whole: ChoiceAgreement, choices: Sequence[Choice], groups: np.ndarray | None, protocol: EvaluationProtocol
) -> list[str]:
    """What a reader should know before trusting the numbers."""
    notes = []
    if "type" in protocol.by and _types(choices) is None:
        notes.append("not by type: the pairs have none")
    if "group" in protocol.by and groups is None:
        notes.append("not by group: each pair is a group of its own")
    images = [image for choice in choices for image in (choice.image_a, choice.image_b)]
    if groups is None and len(set(images)) < len(images) and protocol.resamples:
        notes.append("pairs share images and have no reference or group: the intervals are too narrow")
    unit = "reference" if groups is not None else "pair"
    return [*notes, *too_few(whole.references, unit, protocol.resamples)]

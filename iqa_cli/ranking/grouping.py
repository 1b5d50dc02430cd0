"""From records and glances to a ranking: places, words, groups and the best of each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from iqa_cli.explaining.explanation import words_of
from iqa_cli.ground.frame_names import parted
from iqa_cli.output.arranging import by_score
from iqa_cli.ranking.fingerprints import RULE, same_scene
from iqa_cli.ranking.glances import Glance
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.ranking.requests import FOLDER, NO_GROUPS, SIMILAR
from iqa_cli.records import ModelInfo, Record

RULES = {SIMILAR: RULE, FOLDER: "The photographs of one folder are a group, and the frames of one clip.", NO_GROUPS: ""}

Meaning = Callable[[float], Mapping[str, Any]]
"""What a score of a model means: see `iqa_cli.meaning`."""


def rank(
    records: Sequence[Record],
    glances: Mapping[str, Glance],
    models: Sequence[ModelInfo],
    meanings: Mapping[str, Meaning],
    grouping: str = SIMILAR,
    meta: Mapping[str, Any] | None = None,
) -> Ranking:
    """Photographs by the score of the first model.

    Args:
        records: one a photograph, in the order they were given.
        glances: by path; a photograph without one is in no group of `similar`.
        models: of the records.
        meanings: by model.
        grouping: "similar", "folder" or "none".
        meta: how the scores came about.
    """
    ordered = by_score(records, models[0])
    places, groups = _places(ordered, models[0]), _groups(ordered, glances, models[0], grouping)
    photographs, seen, of = [], set[int](), dict[str, str]()
    for record, place, group in zip(ordered, places, groups, strict=True):
        told = {name: meanings[name](score.value) for name, score in record.scores.items() if score.value is not None}
        of |= {name: means["percentile_of"] for name, means in told.items() if "percentile_of" in means}
        photograph = Photograph(
            record.job.image,
            place,
            {model.name: record.number(model.name) for model in models},
            {name: means["label"] for name, means in told.items() if "label" in means},
            {name: means["percentile"] for name, means in told.items() if "percentile" in means},
            {name: words for name, score in record.scores.items() if (words := words_of(score.details))},
            group,
            best=place is not None and group not in seen,
            notes=record.notes,
            error=record.error,
        )
        if glance := glances.get(record.job.image):
            photograph = replace(photograph, taken=glance.taken, width=glance.width, height=glance.height)
        photographs.append(photograph)
        seen |= set() if group is None else {group}
    return Ranking(tuple(photographs), tuple(models), grouping, RULES[grouping], of, meta or {})


def _places(ordered: Sequence[Record], model: ModelInfo) -> list[int | None]:
    """1 for the best; equal scores share a place."""
    places: list[int | None] = []
    for number, record in enumerate(ordered, 1):
        score = record.number(model.name)
        equal = bool(places) and score == ordered[number - 2].number(model.name)
        places.append(None if score is None else places[-1] if equal else number)
    return places


def _groups(
    ordered: Sequence[Record], glances: Mapping[str, Glance], model: ModelInfo, grouping: str
) -> list[int | None]:
    """Numbers of groups of two and more, in the order of the best of each; None for what stands alone."""
    keys: list[Any] = [None] * len(ordered)
    scored = [place for place, record in enumerate(ordered) if record.number(model.name) is not None]
    if grouping == FOLDER:
        for place in scored:
            clip, frame = parted(ordered[place].job.image)
            keys[place] = clip if frame is not None else str(Path(clip).parent)
    elif grouping == SIMILAR:
        seen = [(place, glances[ordered[place].job.image]) for place in scored if ordered[place].job.image in glances]
        found = [(place, glance.fingerprint, glance.taken) for place, glance in seen if glance.fingerprint is not None]
        numbers = same_scene([prints for _, prints, _ in found], [taken for *_, taken in found])
        for (place, *_), number in zip(found, numbers, strict=True):
            keys[place] = number
    sizes = Counter(key for key in keys if key is not None)
    called: dict[Any, int] = {}
    return [called.setdefault(key, len(called) + 1) if key is not None and sizes[key] > 1 else None for key in keys]

"""A ranking as rows and as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from iqa_cli.output import Columns
from iqa_cli.ranking.glances import Glance
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.records import Job, Record

RANK, QUALITY, PERCENTILE, GROUP, BEST = "rank", "quality", "percentile", "group", "best"
TAKEN, WIDTH, HEIGHT = "taken", "width", "height"
ADDED = (RANK, QUALITY, PERCENTILE, GROUP, BEST, TAKEN, WIDTH, HEIGHT)
"""Columns that a ranking adds to rows, empty until all is scored; quality and percentile are of the first model."""
NUMBERS = (RANK, PERCENTILE, GROUP, WIDTH, HEIGHT)


def columns_of(models: Sequence[str], constants: Mapping[str, str | int], explained: tuple[str, ...] = ()) -> Columns:
    """The columns of a ranking's rows; `explained` are the models that also say which flaws they see."""
    return Columns(False, ADDED, tuple(models), constants, numbers=NUMBERS, explained=explained)


def bare(record: Record) -> Record:
    """A row of an earlier run as it was scored: what a ranking added is found anew."""
    return replace(record, job=Job(record.job.image))


def unranked(record: Record) -> Record:
    """A row of an earlier run whose photograph this one does not rank: what it tells of that alone stays."""
    told = {name: cell for name, cell in record.job.extra.items() if name not in (RANK, GROUP, BEST) and cell}
    sides = {name: str(int(float(told[name]))) for name in (WIDTH, HEIGHT) if name in told}
    shares = {PERCENTILE: str(float(told[PERCENTILE]))} if PERCENTILE in told else {}
    return replace(record, job=Job(record.job.image, extra=dict.fromkeys(ADDED, "") | told | sides | shares))


def glance_in(record: Record) -> Glance | None:
    """What a row of an earlier run tells of its photograph; None where the run had not come to its end."""
    told = record.job.extra
    if not told.get(WIDTH) or not told.get(HEIGHT):
        return None
    taken = datetime.fromisoformat(told[TAKEN]) if told.get(TAKEN) else None
    return Glance(int(float(told[WIDTH])), int(float(told[HEIGHT])), taken)


def cells(photograph: Photograph, model: str) -> dict[str, Any]:
    """What a ranking adds to the row of a photograph, by column; None for what there is not."""
    return {
        RANK: photograph.place,
        QUALITY: photograph.words.get(model),
        PERCENTILE: photograph.percentiles.get(model),
        GROUP: photograph.group,
        BEST: photograph.best,
        TAKEN: photograph.taken,
        WIDTH: photograph.width,
        HEIGHT: photograph.height,
    }


def rows_of(photographs: Sequence[Photograph], ranking: Ranking, records: Mapping[str, Record]) -> list[Record]:
    """The records of these photographs, by path, in their order and with what the ranking adds."""
    return [
        replace(
            record := records[photograph.path],
            job=replace(record.job, extra={k: _text(v) for k, v in cells(photograph, ranking.models[0].name).items()}),
        )
        for photograph in photographs
    ]


def to_document(ranking: Ranking) -> dict[str, Any]:
    """How many photographs and keepers, by which rule, and the groups: paths, the best first."""
    return {
        "photographs": len(ranking.photographs),
        "ranked_by": ranking.models[0].name,
        "grouping": ranking.grouping,
        "rule": ranking.rule or None,
        "groups": {str(number): [member.path for member in group] for number, group in ranking.groups.items()},
        "keepers": [photograph.path for photograph in ranking.keepers],
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)

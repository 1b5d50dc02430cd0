"""Scores that are there already: what `iqa score` or `iqa eval --keep` wrote, or another toolkit's table."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan
from pathlib import PurePath
from typing import Any

import numpy as np

from iqa_cli.datasets.name_matching import match
from iqa_cli.errors import UsageError
from iqa_cli.evaluation.frame_means import by_file, frames_note, names_frames
from iqa_cli.evaluation.rated import Source
from iqa_cli.evaluation.report import Scored, ScoreSet
from iqa_cli.ground.reading import good_rows, renamed
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.parts.same_scores import check_same_scores, facts_about
from iqa_cli.parts.scored_rows import ScoredRows, read_scored_rows
from iqa_cli.records import EMPTY
from iqa_cli.registry import all_models, names
from iqa_cli.weights.ready import named_among

StrPath = str | os.PathLike[str]
KNOWN = ("image", "reference", "mos", "std", "count", "type", "group", "dataset")


@dataclass(frozen=True)
class ScoreTable:
    """The rows of one or several files under our names of the columns, and the models among these.

    `file` names the files in messages, `name` is that of the first without folder and suffix;
    `facts` are what makes the scores, empty where nothing tells it of all of them.
    """

    file: str
    name: str
    models: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    facts: Mapping[str, Any] = field(default_factory=lambda: EMPTY)

    def scores(self, model: str, skip_bad: bool) -> dict[str, float]:
        """Scores by image, as the files name it; NaN for an empty cell, as of an image that failed.

        Raises UsageError when a cell is no number or, without `skip_bad`, an image has several rows:
        with it the first counts.
        """
        cells = [(row["image"], row[model]) for row in self.rows if model in row]
        repeated = [image for image, count in Counter(image for image, _ in cells).items() if count > 1]
        if repeated and not skip_bad:
            raise UsageError(
                f"{self.file}: {counted(len(repeated), 'image')} with several scores of {model} "
                f"({first_few(repeated, limit=3)}); keep one row each, or take the first: --skip-bad"
            )
        return {image: self.number(model, cell) for image, cell in reversed(cells)}

    def number(self, column: str, cell: str) -> float:
        """A cell as a number, NaN where it is empty. Raises UsageError when it is none."""
        try:
            return float(cell) if cell.strip() else nan
        except ValueError:
            raise UsageError(f"{self.file}: {cell!r} under {column} is no number") from None


def read_score_files(files: Sequence[StrPath], columns: Mapping[str, str], models: Sequence[str] = ()) -> ScoreTable:
    """All rows of several files, one below the other; each is what `parts.scored_rows.read_scored_rows` reads.

    Args:
        files: which may be folders of parts.
        columns: their names of columns by ours: image, reference, mos, type, group, dataset, or a model.
        models: those wanted, by name or group; when empty, all that `columns` names, and all of `iqa models` that are
            there.

    Raises UsageError when a file cannot be read, the images or a model are in none of its columns, or two files have
    scores of a model that were made otherwise, and MissingExtraError when an extra would read it.
    """
    paths = [os.fspath(file) for file in files]
    sources = [read_scored_rows(path) for path in paths]
    rows = [row for source in sources for row in _renamed(source, columns)]
    present = list(dict.fromkeys(column for row in rows for column in row))
    scored = [name for name in present if name not in KNOWN and (name in columns or name in names())]
    wanted = named_among(scored, models, present) if models else scored
    file = first_few(paths)
    missing = [name for name in wanted if name not in present]
    if missing or not wanted:
        raise UsageError(
            f"{file}: no column {first_few(missing) or 'of a model'}, only {first_few(present, limit=12)}; "
            "say which it is, for example --column iqt=NAME"
        )
    ours = [spec for spec in all_models() if spec.name in wanted and spec.name not in columns]
    check_same_scores(sources, ours)
    facts: dict[str, Any] = {}
    if ours and all(source.facts for source in sources):
        of_models: dict[str, Any] = {}
        for source in reversed(sources):
            of_models |= facts_about(source, [spec for spec in ours if spec.name in source.columns])["models"]
        facts = {**sources[0].facts, "models": {spec.name: of_models[spec.name] for spec in ours}}
    return ScoreTable(file, PurePath(paths[0].rstrip("/")).stem, tuple(wanted), tuple(rows), facts)


def scores_from_files(
    sources: Sequence[Source], table: ScoreTable, lower_is_better: Sequence[str], skip_bad: bool
) -> ScoreSet:
    """What score files say of the sources; a model is turned as `iqa models` says, or `lower_is_better`.

    Raises UsageError when file names are ambiguous, a source has no row, not all its images have one
    (without `skip_bad`), or `lower_is_better` names no model of the files.
    """
    strangers = [model for model in lower_is_better if model not in table.models]
    if strangers:
        raise UsageError(f"--lower-is-better {strangers[0]}: not among the models {', '.join(table.models)}")
    published = {spec.name: spec.range.higher_is_better for spec in all_models()}
    directions = {m: m not in lower_is_better and published.get(m, True) for m in table.models}
    scored = tuple(_with_scores(source, table, skip_bad) for source in sources)
    return ScoreSet(scored, directions, {**table.facts, "files": table.file})


def _renamed(scored: ScoredRows, columns: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of one file, under our names of the columns; one that has such a name, but is not meant, is dropped."""
    # `iqa score` calls the image of a pair distorted.
    theirs = {"image": "distorted" if "distorted" in scored.columns else "image", **columns}
    if theirs["image"] not in scored.columns:
        found = first_few(scored.columns, limit=12)
        raise UsageError(f"{scored.name}: no column {theirs['image']}, only {found}; name it: --column image=NAME")
    return good_rows(renamed(scored.table, theirs), scored.name)


def _with_scores(source: Source, table: ScoreTable, skip_bad: bool) -> Scored:
    """The images of a source that have a row for every model."""
    columns, note = {}, ""
    rated_frames = names_frames(str(item.image) for item in source.items)
    for model in table.models:
        scores = table.scores(model, skip_bad)
        if not rated_frames and names_frames(scores):
            scores, several = by_file(scores)
            note = frames_note(several)
        places = match([item.image for item in source.items], list(scores))
        values = list(scores.values())
        columns[model] = [None if place is None else values[place] for place in places]
    has_row = [None not in row for row in zip(*columns.values(), strict=True)]
    without = [str(item.image) for item, there in zip(source.items, has_row, strict=True) if not there]
    if without:
        told = f"{counted(len(without), 'image')} of {source.name} without a score ({first_few(without, limit=3)})"
        if len(without) == len(source.items) or not skip_bad:
            raise UsageError(f"{table.file}: {told}; score the rest too, or leave out the images: --skip-bad")
        items = tuple(item for item, there in zip(source.items, has_row, strict=True) if there)
        source = replace(source, items=items, notes=(*source.notes, f"skipped: {told}"))
    if note:
        source = replace(source, notes=(*source.notes, note))
    kept = {model: np.array(column, dtype=np.float64)[has_row] for model, column in columns.items()}
    return Scored(source, kept)

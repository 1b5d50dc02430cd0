"""A rated file of several frames has one score: the mean over its frames."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan

import numpy as np

from iqa_cli.ground.frame_names import file_of, parted
from iqa_cli.ground.wording import counted
from iqa_cli.records import LABELS


def frame_mean(scores: Iterable[float]) -> float:
    """The mean over the frames of a file: infinite where one is, NaN where one has no score."""
    values = list(scores)
    return float(np.mean(values)) if values else nan


def by_file(scores: Mapping[str, float]) -> tuple[dict[str, float], int]:
    """Scores by image where those of a file's frames become their mean under its name; and of how many files."""
    frames: dict[str, list[float]] = {}
    for name, score in scores.items():
        frames.setdefault(file_of(name), []).append(score)
    return {name: frame_mean(some) for name, some in frames.items()}, sum(len(some) > 1 for some in frames.values())


def names_frames(images: Iterable[str]) -> bool:
    """Whether any of the images is a frame, by its name: then people rated frames."""
    return any(parted(image)[1] is not None for image in images)


def rated_as_files(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """One row a rated image: of rows of frames, the first of each file, under its name, where people rated files.

    They did where the frames of each file have the same labels in all rows, as of what is seen as a whole; where those
    of any differ, frames were rated one by one.
    """
    labels: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for row in rows:
        told = tuple(row.get(name, "") for name in LABELS)
        labels.setdefault((row.get("dataset", ""), file_of(row["image"])), set()).add(told)
    if any(len(different) > 1 for different in labels.values()) or not names_frames(row["image"] for row in rows):
        return list(rows)
    seen: dict[tuple[str, str], Mapping[str, str]] = {}
    for row in rows:
        named = {name: file_of(row[name]) for name in ("image", "reference") if row.get(name)}
        seen.setdefault((row.get("dataset", ""), named["image"]), {**row, **named})
    return list(seen.values())


def frames_note(several: int) -> str:
    """What a reader of the results is told of so many images; nothing where there is none."""
    return f"{counted(several, 'image')} of several frames: the score is the mean over them" if several else ""

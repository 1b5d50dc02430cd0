"""A ranking in words: the table, the sentences below it, and the names of the keepers."""

import os
from collections.abc import Iterator, Sequence
from math import floor
from typing import BinaryIO

from iqa_cli.ground.frame_names import parted
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.output import Target
from iqa_cli.output.rows import flaws_column
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.ranking.requests import FOLDER, SIMILAR, Wanted
from iqa_cli.tables.grid import MISSING, Cell, Column, Grid, number
from iqa_cli.tables.report_formats import REPORT_FORMATS
from iqa_cli.tables.shown_names import without_common_folder
from iqa_cli.terminal import Terminal

SHARED = {SIMILAR: "show the same", FOLDER: "share a folder"}


def ranking_grid(ranking: Ranking, listed: Sequence[Photograph]) -> Grid:
    """The photographs that are listed: place, scores, words, percentile, group."""
    first = ranking.models[0].name
    folder, names = without_common_folder([photograph.path for photograph in listed])
    columns: list[tuple[Column, list[Cell]]] = [
        (Column("#"), [Cell(MISSING if p.place is None else str(p.place)) for p in listed]),
        (Column("photograph", numeric=False), [Cell(name) for name in names]),
    ]
    for model in ranking.models:
        scores = [photograph.scores.get(model.name) for photograph in listed]
        places = ranking.decimals[model.name]
        shown = [Cell(MISSING if score is None else number(score, places)) for score in scores]
        columns.append((Column(model.name, model.higher_is_better, below=model.range.ends), shown))
    if any(photograph.words for photograph in ranking.photographs):
        columns.append((Column("quality"), [Cell(p.words.get(first, MISSING)) for p in listed]))
    if first in ranking.percentile_of:
        shares = [photograph.percentiles.get(first) for photograph in listed]
        columns.append((Column("better than"), [Cell(MISSING if s is None else f"{floor(s)} %") for s in shares]))
    for model in ranking.models:
        if any(model.name in photograph.flaws for photograph in ranking.photographs):
            columns.append((Column(flaws_column(model.name)), [Cell(p.flaws.get(model.name, MISSING)) for p in listed]))
    if ranking.groups:
        columns.append((Column("group"), [_group(photograph) for photograph in listed]))
    told = [f"Photographs in {folder}"] if folder else []
    told += [f"Better than: percent of {ranking.percentile_of[first]}"] if first in ranking.percentile_of else []
    told += (
        [f"Group: a number for those that {SHARED[ranking.grouping]}; the best of each is marked"]
        if ranking.groups
        else []
    )
    return Grid.of(_title(ranking, listed), "".join(f"{sentence}. " for sentence in told).strip(), columns)


def answer(ranking: Ranking) -> list[str]:
    """How many photographs there are to keep, and which is the best."""
    scored = ranking.scored
    if not scored:
        return ["No photograph could be scored"]
    first, best = ranking.models[0], scored[0]
    means = [best.words[first.name]] if first.name in best.words else []
    if first.name in best.percentiles:
        means.append(f"better than {floor(best.percentiles[first.name])} % of {ranking.percentile_of[first.name]}")
    score = number(best.scores[first.name] or 0.0, ranking.decimals[first.name])
    told = f"Best: {best.path} with {first.name} {score}"
    return [*_keeping(ranking, len(scored)), ", ".join([told, *means])]


def write_rankings(ranking: Ranking, wanted: Wanted, targets: Sequence[Target], terminal: Terminal) -> bool:
    """Write the targets that are tables, of what is listed. One that cannot be written is told and costs no other.

    Returns:
        Whether all were written.
    """
    written = True
    for target in targets:
        if target.streams:
            continue
        grid, format = ranking_grid(ranking, wanted.listed(ranking)), REPORT_FORMATS[target.format]
        if target.path is None:
            format.write([grid], (), terminal.stdout, answer(ranking))
            continue
        try:
            with target.path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                format.write([grid], (), stream, answer(ranking))
        except OSError as error:
            terminal.error(f"{target.path}: cannot be written ({error.strerror})")
            written = False
    return written


def print_names(photographs: Sequence[Photograph], stream: BinaryIO, null: bool, terminal: Terminal) -> None:
    """Their paths, as they were given, byte for byte: a line each, or each ended by a NUL byte."""
    broken = [photograph for photograph in photographs if "\n" in photograph.path]
    if broken and not null:
        terminal.warn(f"{counted(len(broken), 'name')} with a line end inside: --null tells them apart")
    if frames := [photograph.path for photograph in photographs if parted(photograph.path)[1] is not None]:
        what = "is a frame, no file of its own" if len(frames) == 1 else "are frames, no files of their own"
        terminal.warn(f"{first_few(frames, limit=2)} {what}: no shell can copy or move a frame by its name")
    end = b"\0" if null else b"\n"
    stream.write(b"".join(os.fsencode(photograph.path) + end for photograph in photographs))
    stream.flush()


def _keeping(ranking: Ranking, scored: int) -> Iterator[str]:
    members = sum(map(len, ranking.groups.values()))
    if ranking.groups:
        groups = f"{counted(len(ranking.groups), 'group')} of {members} that {SHARED[ranking.grouping]}"
        alone = f", and {scored - members} that stand alone" if scored > members else ""
        yield f"Keep {len(ranking.keepers)} of {counted(scored, 'photograph')}: the best of {groups}{alone}"
    elif ranking.grouping == SIMILAR and scored > 1:
        yield f"{counted(scored, 'photograph')}, no two of which show the same"


def _group(photograph: Photograph) -> Cell:
    if photograph.group is None:
        return Cell("")
    return Cell(f"best {photograph.group}" if photograph.best else str(photograph.group), mark="best" * photograph.best)


def _title(ranking: Ranking, listed: Sequence[Photograph]) -> str:
    whole, some = len(ranking.scored), sum(photograph.place is not None for photograph in listed)
    told = counted(whole, "photograph") if some == whole else f"{some} of {counted(whole, 'photograph')}"
    return f"{told} by {ranking.models[0].name}" + (f", {ranking.failed} not scored" if ranking.failed else "")

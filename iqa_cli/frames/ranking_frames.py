"""`iqa_cli.rank`: a row for each photograph, the best first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from iqa_cli.comparison.targets import check_page_name
from iqa_cli.errors import IqaError
from iqa_cli.explaining.explainers import explained
from iqa_cli.frames.keywords import Files, Names, Paths, frame_of, models_of, terminal_of, text, texts, warn
from iqa_cli.ground.frame_names import FIRST_FRAME, frame_read
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.ground.wording import first_few
from iqa_cli.guard import Folder, protect
from iqa_cli.jobs import Rows
from iqa_cli.options.engine_keywords import EngineKeywordsAlone, StrPath, options_of, shows_engine_keywords
from iqa_cli.output import constants, files_of
from iqa_cli.output.rows import flaws_column
from iqa_cli.plan import Inputs
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.ranking.requests import FORMATS, SIMILAR, Wanted, plan_photographs
from iqa_cli.registry import FIRST, NONE


@speaks_python()
@partial(shows_engine_keywords, keywords=EngineKeywordsAlone)
def rank(
    *paths: Paths,
    models: Names = FIRST[NONE],
    group: str = SIMILAR,
    top: int | None = None,
    worst: int | None = None,
    keep_best: bool = False,
    explain: bool = False,
    recursive: bool = False,
    frames: str | int = Inputs.frames,
    html: StrPath | None = None,
    output: Paths | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = False,
    **engine: Unpack[EngineKeywordsAlone],
) -> pd.DataFrame:
    """Rank photographs, and find the best of those that show the same, as `iqa rank` does.

    Args:
        paths: photographs, or folders of them, or lists of these.
        models: models of `iqa models` that need no reference; the first ranks.
        group: "similar" for near-duplicates, "folder", or "none".
        top: only so many of the best; `worst` only so many of the worst, the worst first. Files of rows have all.
        keep_best: only the best of each group and those that stand alone.
        explain: also which known flaws each photograph shows, in a column MODEL.flaws.
        recursive: look into subfolders.
        frames: of a clip: how many, evenly; "1/10" for every tenth, or "all".
        html: file for a contact sheet of all photographs.
        output, resume, overwrite: as of `score`; tables too (.md, .tex).
        progress: show a bar on a terminal.
        colour, max_pixels, view_size, weights, offline, device, precision, batch_size, threads, engine, raw, frame: as
            of `score`.

    Returns:
        A row for each photograph, the best first: image, rank, quality in words, percentile, group, best of its group,
        taken, width, height, a score for each model, flaws, status, error, notes. `attrs` has "meta", and as "rule"
        what makes a group.

    Raises:
        UsageError: what is asked for cannot be done.
        WeightsError: a model has no trained weights.
    """
    wanted, specs = Wanted(group, top, worst, keep_best), models_of(models)
    frame = str(engine.get("frame", FIRST_FRAME))
    inputs = Inputs(texts(paths), recursive=recursive, frames=str(frames), frame=frame)
    jobs, messages = plan_photographs(inputs, specs)
    how = options_of({**engine, "frame": frame_read(frame)}, specs, EngineKeywordsAlone)
    told = explained(specs, how.engine) if explain else ()
    page = None if html is None else Path(text(html))
    check_page_name(page)
    written = Files(output, resume, overwrite)
    targets = written.targets(FORMATS)

    from iqa_cli.page.store import check_page, folder_of

    pictures = page and Folder(folder_of(page), lambda file: True)
    protect(
        {"-o": files_of(targets), "--html": page, "its pictures": pictures},
        [*how.weights.values(), *(path for job in jobs for path in job.files)],
    )
    written.refuse_existing({"-o": files_of(targets), "--html": page})
    if page is not None:
        check_page(page)
    warn(messages)

    from iqa_cli.ranking.fingerprints import check_hashes

    if group == SIMILAR:
        check_hashes()

    from iqa_cli.engine.session import open_session
    from iqa_cli.page.contact_sheet import write_contact_sheet
    from iqa_cli.page.thumbnails import Thumbnails
    from iqa_cli.ranking.ranking_grids import write_rankings
    from iqa_cli.ranking.ranking_rows import columns_of
    from iqa_cli.ranking.scoring_run import rank_photographs

    fixed = constants(specs, how.luma, how.crop_border, how.protocol)
    columns = columns_of([spec.name for spec in specs], fixed, told)
    rows = Rows.of(columns, [target for target in targets if target.streams], resume)
    session, terminal = open_session(specs, how, explain), terminal_of(progress)
    with ExitStack() as stack:
        sheet = None if page is None else stack.enter_context(Thumbnails(page))
        keep: Callable[[str, Any], None] | None = None if sheet is None else sheet.add
        ranking = rank_photographs(jobs, session, wanted, rows, terminal, keep)
        if not write_rankings(ranking, wanted, targets, terminal):
            raise IqaError(f"{first_few(files_of(targets))}: a table cannot be written")
        if page is not None and sheet is not None:
            write_contact_sheet(ranking, sheet, page)
    return _frame(ranking, wanted.listed(ranking), told)


def _frame(ranking: Ranking, listed: list[Photograph], told_by: tuple[str, ...]) -> pd.DataFrame:
    from iqa_cli.ranking.ranking_rows import BEST, GROUP, HEIGHT, RANK, TAKEN, WIDTH, cells

    first = ranking.models[0].name
    told = [
        {
            "image": photograph.path,
            **cells(photograph, first),
            **{model.name: photograph.scores.get(model.name) for model in ranking.models},
            **{flaws_column(name): photograph.flaws.get(name) for name in told_by},
            "status": "error" if photograph.error else "ok",
            "error": photograph.error and in_python(photograph.error),
            "notes": in_python("; ".join(photograph.notes)),
        }
        for photograph in listed
    ]
    frame = frame_of(told, ranking.meta)
    if listed:
        whole = dict.fromkeys((RANK, GROUP, WIDTH, HEIGHT), "Int64")
        frame = frame.astype({**whole, BEST: bool})
        frame[TAKEN] = pd.to_datetime(frame[TAKEN])
    frame.attrs |= {"meta": dict(ranking.meta), "rule": ranking.rule}
    return frame

"""`iqa_cli.compare`: a row for each model and method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

import pandas as pd

from iqa_cli.comparison.targets import DEFAULT_MODELS, FORMATS, ComparisonProtocol, check_methods, check_page_name
from iqa_cli.errors import IqaError
from iqa_cli.frames.keywords import (
    Files,
    Names,
    Paths,
    frame_of,
    models_of,
    names_of,
    templates,
    terminal_of,
    text,
    texts,
)
from iqa_cli.ground.box import Box
from iqa_cli.ground.frame_names import FIRST_FRAME, frame_read
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.ground.wording import first_few
from iqa_cli.guard import Folder, protect
from iqa_cli.jobs import Rows
from iqa_cli.options.engine_keywords import EngineKeywords, StrPath, options_of, shows_engine_keywords
from iqa_cli.output import files_of
from iqa_cli.plan import Inputs
from iqa_cli.plan.areas import Areas

MOST = 3  # images of each kind in a table


@speaks_python()
@shows_engine_keywords
def compare(
    *paths: Paths,
    models: Names | None = None,
    ref: StrPath | None = None,
    scores: Paths | Mapping[str, StrPath] = (),
    names: Names = (),
    recursive: bool = False,
    match: str | Mapping[str, str] | None = None,
    allow_missing: bool = False,
    mask: StrPath | None = None,
    box: Sequence[int] | str | None = None,
    resamples: int = ComparisonProtocol.resamples,
    seed: int = ComparisonProtocol.seed,
    html: StrPath | None = None,
    maps: bool = True,
    inline: float = 64,
    output: Paths | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = False,
    **engine: Unpack[EngineKeywords],
) -> pd.DataFrame:
    """Which result looks best: rank candidates of one image, or whole methods on many, as `iqa compare` does.

    Args:
        paths: candidates: image files, or one folder a method; the reference first, unless `ref` names it. A list
            stands for its paths.
        models: models of `iqa models`; IQT-lite and PSNR when left out, or with `scores` all that every method has.
        ref: the reference image, or its folder.
        scores: scores that are there, instead of images: rows of `score` or `compare`, or folders of parts, each called
            as its file, or by the names of methods.
        names: what the methods are called, in order: a list, or one text with commas between.
        recursive, match, allow_missing, mask, box: as of `score`.
        resamples, seed: of the bootstrap over images.
        html: file for a page to look at all of it, side by side; `maps` and `inline` (megabytes) are about it.
        output, resume, overwrite: as of `score`; tables too (.md, .tex).
        progress: show a bar on a terminal.
        crops, crop_seed, luma, crop_border, colour, max_pixels, raw, frame, on_size_mismatch, view_size, weights,
            offline, device, precision, batch_size, threads: as of `score`.

    Returns:
        A row for each model and method. Of folders: images, mean with its 95 % interval, wins, rank, difference to
        the best with interval, p. Of a single image: score and rank. `attrs` has "notes", "meta", and "agreement"
        between models.

    Raises:
        UsageError: what is asked for cannot be done.
        IqaError: nothing is left to compare.
    """
    from iqa_cli.comparison import preparing
    from iqa_cli.comparison.results import compare_plan, to_document, write_tables
    from iqa_cli.page.store import check_page, folder_of

    frame = str(engine.get("frame", FIRST_FRAME))
    inputs = Inputs(texts(paths), None, recursive, templates(match), allow_missing, frame=frame)
    if scores:
        preparing.check_scores_alone(
            {"PATH": list(paths), "--ref": ref, "--names": list(names), "--recursive": recursive, "--resume": resume,
             "--mask": mask, "--box": box, **{f"--{name.replace('_', '-')}": told for name, told in engine.items()}}
        )  # fmt: skip
        prepared = preparing.of_scores(_named(scores), names_of(models or ()), inputs, page=html is not None)
    else:
        specs = models_of(DEFAULT_MODELS if models is None else models)
        areas = Areas(None if mask is None else text(mask), None if box is None else str(Box.of(box)))
        how = {**engine, "frame": frame_read(frame)}
        called = names_of(names) if isinstance(names, str) else names  # of a list each may have commas
        prepared = preparing.of_images(
            inputs, None if ref is None else text(ref), called, areas, specs, lambda: options_of(how, specs)
        )
    plan = prepared.plan
    page = None if html is None else Path(text(html))
    check_page_name(page)
    written = Files(output, resume, overwrite)
    targets = written.targets(FORMATS)
    read = [*prepared.reads, *(path for job in plan.jobs for path in job.files)]
    protect(
        {"-o": files_of(targets), "--html": page, "its pictures": page and Folder(folder_of(page), lambda file: True)},
        read,
    )
    written.refuse_existing({"-o": files_of(targets), "--html": page})
    if page is not None:
        check_page(page)
    rows = Rows.of(prepared.columns, [target for target in targets if target.streams], resume)
    check_methods(rows, plan.jobs)

    session, terminal = prepared.session(), terminal_of(progress)
    found, _ = compare_plan(plan, session, ComparisonProtocol(resamples, seed), rows, terminal)
    if not write_tables(found, targets, MOST, terminal):
        raise IqaError(f"{first_few(files_of(targets))}: a table cannot be written")
    if page is not None:
        from iqa_cli.page.compose import write_page

        write_page(page, found, plan.jobs, session, maps, inline)
    document = to_document(found)
    told = [{"model": model, **row} for model, some in document["summaries"].items() for row in some]
    if found.single:
        told = [
            {"model": model, "method": method, "score": found.scores[model][place, 0], "rank": ranks[method]}
            for model, ranks in document["ranks"].items()
            for place, method in enumerate(found.methods)
        ]
    table = frame_of(told, session.meta)
    table.attrs |= {"notes": [in_python(note) for note in found.notes], "agreement": document["agreement"]}
    return table


def _named(scores: Paths | Mapping[str, StrPath]) -> list[str]:
    """Files of scores as the command line takes them."""
    if isinstance(scores, Mapping):
        return [f"{name}={text(file)}" for name, file in scores.items()]
    return list(texts([scores]))

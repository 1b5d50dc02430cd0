"""`iqa_cli.evaluate` and `iqa_cli.compare`: a row for each number of a results table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Unpack

import pandas as pd

from iqa_cli.comparison.targets import FORMATS, ComparisonProtocol, check_methods
from iqa_cli.errors import IqaError
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.frames.keywords import (
    Files,
    Names,
    Paths,
    files,
    frame_of,
    models_of,
    names_of,
    several,
    templates,
    terminal_of,
    text,
    texts,
)
from iqa_cli.ground.box import Box
from iqa_cli.ground.frame_names import FIRST_FRAME, frame_read
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.ground.wording import first_few
from iqa_cli.guard import Folder, numbered, protect
from iqa_cli.jobs import Rows
from iqa_cli.options.engine_keywords import EngineKeywords, StrPath, options_of, shows_engine_keywords
from iqa_cli.output import Columns, constants, files_of
from iqa_cli.plan import Inputs
from iqa_cli.plan.areas import Areas, with_areas

MOST = 3  # images of each kind in a table


@speaks_python(manifest="manifests")
@shows_engine_keywords
def evaluate(
    models: Names = (),
    *,
    datasets: Mapping[str, StrPath] | None = None,
    manifests: Paths = (),
    scores: Paths = (),
    columns: Mapping[str, str] | None = None,
    lower_is_better: Names = (),
    test_lists: StrPath | Mapping[str, StrPath] | None = None,
    skip_bad: bool = False,
    split: str = EvaluationProtocol.split,
    repeats: int = EvaluationProtocol.repeats,
    seed: int = EvaluationProtocol.seed,
    by: Names = (),
    logistic: int = EvaluationProtocol.logistic,
    resamples: int = EvaluationProtocol.resamples,
    krasula: bool = EvaluationProtocol.krasula,
    raters: int | None = EvaluationProtocol.raters,
    plot: StrPath | None = None,
    keep: StrPath | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = False,
    **engine: Unpack[EngineKeywords],
) -> pd.DataFrame:
    """Measure how well models agree with people, as `iqa eval` does.

    Args:
        models: a model of `iqa models`, or several; with `scores` those wanted of the files, all when empty.
        datasets: folders by the names of `iqa eval --list`.
        manifests: CSV or JSONL files with reference,distorted,mos or image,mos, std, count, type, group if there; or
            choices, with image_a,image_b,preference, and reference, count, type, group if there.
        scores: score files of iqa or another toolkit, instead of scoring.
        columns: what these call image, reference, mos, type, group, dataset or a model.
        lower_is_better: models of these files whose scores fall as quality rises.
        test_lists: a file that names the images to evaluate on, or files by data set.
        skip_bad: leave out bad images and labels.
        split: "whole", or "reference" for medians over random fifths of the references.
        repeats, seed, logistic, resamples: of splits, bootstrap and curve, as `iqa eval --help` tells.
        by: "type", "group" or both: results for each, too.
        krasula: how well models tell different pairs of images, and the better one, too; `raters` is how many people
            rated each image, where it is not known.
        plot: a .png, .svg or .pdf for scatter plots.
        keep: a .csv for the scores, written as they are made; `scores` reads it again.
        resume: go on with the scores that `keep` has already.
        overwrite: replace what is there.
        progress: show a bar on a terminal.
        crops, crop_seed, luma, crop_border, colour, max_pixels, raw, frame, on_size_mismatch, view_size, weights,
            offline, device, precision, batch_size, threads: as of `score`.

    Returns:
        A row for each statistic: dataset, model, part ("overall", "type", "group", "splits", "krasula"), name, n,
        statistic, value, low, high (the 95 % interval). `attrs` has "notes" by data set, and "meta".

    Raises:
        UsageError: bad data, or what is asked for cannot be done.
        WeightsError: a model has no trained weights.
    """
    from iqa_cli.evaluation.evaluate import evaluate as to_report
    from iqa_cli.evaluation.report_writing import HEADER, check_plot, draw, tidy_rows
    from iqa_cli.evaluation.request import EvaluationRequest, scores_of

    lists = {"": test_lists} if isinstance(test_lists, str | PathLike) else test_lists or {}
    frame = str(engine.get("frame", FIRST_FRAME))
    request = EvaluationRequest(
        datasets=tuple(datasets or ()),
        roots=files(tuple((datasets or {}).values())),
        manifests=files(manifests),
        scores=files(scores),
        columns=columns or {},
        lower_is_better=several(lower_is_better),
        test_lists=[f"{name}={text(file)}" if name else text(file) for name, file in lists.items()],
        skip_bad=skip_bad,
        keep=None if keep is None else Path(text(keep)),
        resume=resume,
        frame=frame,
        protocol=EvaluationProtocol(split, repeats, seed, logistic, several(by), resamples, krasula, raters),
    )
    target = None if plot is None else Path(text(plot))
    check_plot(target)
    found = scores_of(
        request,
        names_of(models),
        lambda: models_of(models),
        lambda specs: options_of({**engine, "frame": frame_read(frame)}, specs),
        {"--plot": numbered(target)},
        terminal_of(progress),
        Files(keep, resume, overwrite).refuse_existing,
    )
    report = to_report(found, request.protocol)
    if target is not None:
        draw(report, target)
    table = frame_of([dict(zip(HEADER, row, strict=True)) for row in tidy_rows(report)], report.meta)
    table.attrs["notes"] = {dataset.name: [in_python(note) for note in dataset.notes] for dataset in report.all}
    return table


@speaks_python()
@shows_engine_keywords
def compare(
    *paths: Paths,
    models: Names = ("iqt", "psnr"),
    ref: StrPath | None = None,
    names: Sequence[str] = (),
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
        models: models of `iqa models`.
        ref: the reference image, or its folder.
        names: what the methods are called, in order.
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
    from iqa_cli.comparison.results import compare_plan, to_document, write_tables
    from iqa_cli.page.store import check_page, folder_of
    from iqa_cli.plan.method_frames import methods_with_all_frames
    from iqa_cli.plan.methods import IMAGE, METHOD, plan_methods

    specs = models_of(models)
    frame = str(engine.get("frame", FIRST_FRAME))
    how = options_of({**engine, "frame": frame_read(frame)}, specs)
    inputs = Inputs(texts(paths), None, recursive, templates(match), allow_missing, frame=frame)
    plan = plan_methods(inputs, None if ref is None else text(ref), names, any(spec.full_reference for spec in specs))
    plan = methods_with_all_frames(plan, inputs)
    areas = Areas(None if mask is None else text(mask), None if box is None else str(Box.of(box)))
    plan = replace(plan, jobs=tuple(with_areas(plan.jobs, areas, specs)))
    page = None if html is None else Path(text(html))
    written = Files(output, resume, overwrite)
    targets = written.targets(FORMATS)
    read: list[StrPath] = [*how.weights.values(), *(path for job in plan.jobs for path in job.files)]
    protect(
        {"-o": files_of(targets), "--html": page, "its pictures": page and Folder(folder_of(page), lambda file: True)},
        read,
    )
    written.refuse_existing({"-o": files_of(targets), "--html": page})
    if page is not None:
        check_page(page)
    fixed = constants(specs, how.luma, how.crop_border, how.protocol)
    extra = (METHOD, IMAGE, *areas.columns)
    columns = Columns(plan.reference is not None, extra, tuple(spec.name for spec in specs), fixed)
    rows = Rows.of(columns, [target for target in targets if target.streams], resume)
    check_methods(rows, plan.jobs)

    from iqa_cli.engine.session import open_session

    session, terminal = open_session(specs, how), terminal_of(progress)
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

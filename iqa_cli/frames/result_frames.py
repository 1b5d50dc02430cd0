"""`iqa_cli.evaluate` and `iqa_cli.compare`: a row for each number of a results table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from iqa_cli.comparison.targets import ComparisonProtocol
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.frames.keywords import (
    Names,
    Paths,
    StrPath,
    files,
    frame_of,
    models_of,
    options_of,
    several,
    terminal_of,
    text,
    texts,
)
from iqa_cli.guard import Folder, numbered, protect
from iqa_cli.plan import Inputs


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
    progress: bool = False,
    **engine: Any,
) -> pd.DataFrame:
    """Measure how well models agree with people, as `iqa eval` does.

    Args:
        models: a model of `iqa models`, or several; with `scores` those wanted of the files, all when empty.
        datasets: folders by the names of `iqa eval --list`.
        manifests: CSV or JSONL files with reference,distorted,mos or image,mos; std, type, group if there.
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
        progress: show a bar on a terminal.
        engine: as of `score`.

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
    request = EvaluationRequest(
        datasets=tuple(datasets or ()),
        roots=files(tuple((datasets or {}).values())),
        manifests=files(manifests),
        scores=files(scores),
        columns=columns or {},
        lower_is_better=several(lower_is_better),
        test_lists=[f"{name}={text(file)}" if name else text(file) for name, file in lists.items()],
        skip_bad=skip_bad,
        protocol=EvaluationProtocol(split, repeats, seed, logistic, several(by), resamples, krasula, raters),
    )
    target = None if plot is None else Path(text(plot))
    check_plot(target)
    found = scores_of(
        request,
        several(models),
        lambda: models_of(models),
        lambda specs: options_of(engine, models),
        {"plot": numbered(target)},
        terminal_of(progress),
    )
    report = to_report(found, request.protocol)
    if target is not None:
        draw(report, target)
    frame = frame_of([dict(zip(HEADER, row, strict=True)) for row in tidy_rows(report)], report.meta)
    frame.attrs["notes"] = {dataset.name: list(dataset.notes) for dataset in report.all}
    return frame


def compare(
    *paths: StrPath,
    models: Names = ("iqt", "psnr"),
    ref: StrPath | None = None,
    names: Sequence[str] = (),
    recursive: bool = False,
    match: str = "{stem}",
    allow_missing: bool = False,
    resamples: int = ComparisonProtocol.resamples,
    seed: int = ComparisonProtocol.seed,
    html: StrPath | None = None,
    maps: bool = True,
    inline: float = 64,
    progress: bool = False,
    **engine: Any,
) -> pd.DataFrame:
    """Which result looks best: rank candidates of one image, or whole methods on many, as `iqa compare` does.

    Args:
        paths: candidates: image files, or one folder a method; the reference first, unless `ref` names it.
        models: models of `iqa models`.
        ref: the reference image, or its folder.
        names: what the methods are called, in order.
        recursive, match, allow_missing: as of `score`.
        resamples, seed: of the bootstrap over images.
        html: file for a page to look at all of it, side by side; `maps` and `inline` (megabytes) are about it.
        progress: show a bar on a terminal.
        engine: as of `score`.

    Returns:
        A row for each model and method. Of folders: images, mean with its 95 % interval, wins, rank, difference to
        the best with interval, p. Of a single image: score and rank. `attrs` has "notes", "meta", and "agreement"
        between models.

    Raises:
        UsageError: what is asked for cannot be done.
        IqaError: nothing is left to compare.
    """
    from iqa_cli.comparison.results import compare_plan, to_document
    from iqa_cli.page.store import check_page, folder_of
    from iqa_cli.plan.methods import plan_methods

    specs, how = models_of(models), options_of(engine, models)
    inputs = Inputs(texts(paths), recursive=recursive, match=match, allow_missing=allow_missing)
    plan = plan_methods(inputs, None if ref is None else text(ref), names, any(spec.full_reference for spec in specs))
    page = None if html is None else Path(text(html))
    read = [*how.weights.values(), *(path for job in plan.jobs for path in (job.reference, job.image))]
    protect({"html": page, "its pictures": page and Folder(folder_of(page), lambda file: True)}, read)
    if page is not None:
        check_page(page)

    from iqa_cli.engine.session import open_session

    session = open_session(specs, how)
    found, _ = compare_plan(plan, session, ComparisonProtocol(resamples, seed), terminal=terminal_of(progress))
    if page is not None:
        from iqa_cli.page.compose import write_page

        write_page(page, found, plan.jobs, session, maps, inline)
    document = to_document(found)
    rows = [{"model": model, **row} for model, some in document["summaries"].items() for row in some]
    if found.single:
        rows = [
            {"model": model, "method": method, "score": found.scores[model][place, 0], "rank": ranks[method]}
            for model, ranks in document["ranks"].items()
            for place, method in enumerate(found.methods)
        ]
    frame = frame_of(rows, session.meta)
    frame.attrs |= {"notes": list(found.notes), "agreement": document["agreement"]}
    return frame

"""`iqa_cli.evaluate`: a row for each number of a results table."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Unpack

import pandas as pd

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
    terminal_of,
    text,
    texts,
)
from iqa_cli.ground.frame_names import FIRST_FRAME, frame_read
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.guard import numbered
from iqa_cli.options.engine_keywords import (
    EngineKeywords,
    StrPath,
    check_keywords,
    given_by,
    options_of,
    shows_engine_keywords,
)


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
        scores: score files of iqa or another toolkit, or folders of parts, instead of scoring.
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

    check_keywords(engine)
    lists = {"": test_lists} if isinstance(test_lists, str | PathLike) else test_lists or {}
    frame = str(engine.get("frame", FIRST_FRAME))
    request = EvaluationRequest(
        datasets=tuple(datasets or ()),
        roots=files(tuple((datasets or {}).values())),
        manifests=files(manifests),
        scores=texts([scores]),
        columns=columns or {},
        lower_is_better=several(lower_is_better),
        test_lists=[f"{name}={text(file)}" if name else text(file) for name, file in lists.items()],
        skip_bad=skip_bad,
        keep=None if keep is None else Path(text(keep)),
        resume=resume,
        frame=frame,
        protocol=EvaluationProtocol(split, repeats, seed, logistic, several(by), resamples, krasula, raters),
        scoring=given_by(engine),
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

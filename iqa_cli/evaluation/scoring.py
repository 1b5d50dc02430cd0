"""Scores of the sources by the scoring engine, kept in a file from which a run goes on."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from math import inf, isnan, nan
from pathlib import Path

import numpy as np

from iqa_cli.datasets import Item
from iqa_cli.errors import UsageError
from iqa_cli.evaluation.frame_means import frame_mean, frames_note
from iqa_cli.evaluation.rated import Source
from iqa_cli.evaluation.report import Scored, ScoreSet
from iqa_cli.ground.frame_names import ALL_FRAMES, FIRST_FRAME
from iqa_cli.jobs import Rows, score_jobs
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import Columns, Tally, Target, constants, job_key
from iqa_cli.plan.areas import BOX, MASK
from iqa_cli.plan.picture_frames import frames_of
from iqa_cli.records import Job, Record, Score
from iqa_cli.registry import Spec, check_masks
from iqa_cli.storage.names import name_of
from iqa_cli.terminal import Terminal

EXTRA = ("dataset", "mos", "type", "group")  # columns of the kept file between the paths and the scores


def score_sources(
    sources: Sequence[Source],
    specs: Sequence[Spec],
    how: EngineOptions,
    terminal: Terminal,
    keep: Path | None = None,
    resume: bool = False,
    tally: Tally | None = None,
    frame: str = FIRST_FRAME,
) -> ScoreSet:
    """Score every image of every source with every model.

    Args:
        sources: what to score; with a full-reference model all are paired.
        specs: the models.
        how: options of the engine.
        terminal: for the progress bar, and for what failed.
        keep: CSV, that of `iqa score` with the columns dataset, mos, type and group (mask, box), row by row.
        resume: keep the rows that are in `keep` already.
        tally: filled while images are scored.
        frame: `all` scores each frame of files that hold several, a row each; the score of a file is their mean.

    Raises:
        UsageError: `keep` is no .csv, or was written by another run.
        WeightsError: a model has no trained weights.
    """
    paired = all(source.paired for source in sources)
    items = [item for source in sources for item in source.items]
    areas = tuple(name for name in (MASK, BOX) if any(getattr(item, name) is not None for item in items))
    if MASK in areas:
        check_masks(specs)
    jobs = {
        source.name: [_frames(job_of(source, item, paired, areas), frame) for item in source.items]
        for source in sources
    }
    columns = Columns(
        paired,
        (*EXTRA, *areas),
        tuple(spec.name for spec in specs),
        constants(specs, how.luma, how.crop_border, how.protocol),
    )
    if resume and keep is None:
        raise UsageError("--resume needs --keep FILE.csv: the scores of an earlier run are read from it")
    if keep and keep.suffix.lower() != ".csv":
        raise UsageError(f"--keep {keep}: scores are kept as CSV; name it .csv")
    everything = [job for some in jobs.values() for frames in some for job in frames]
    rows = Rows.of(columns, [Target("csv", keep)] if keep else (), resume, tally, everything)

    from iqa_cli.engine.session import open_session  # torch, at last

    session = open_session(specs, how)
    records = {job_key(record.job): record for record in rows.kept}
    failed = 0
    with closing(score_jobs(session, everything, rows, terminal=terminal)) as scored:
        for record in scored:
            records[job_key(record.job)] = record
            failed += record.error is not None
    found = tuple(
        Scored(_told(source, jobs[source.name]), _columns(jobs[source.name], records, columns.models))
        for source in sources
    )
    meta = {**session.meta, "seconds_per_image": session.seconds_per_image()}
    return ScoreSet(found, {m.name: m.higher_is_better for m in session.models}, meta, failed)


def job_of(source: Source, item: Item, paired: bool, areas: Sequence[str] = ()) -> Job:
    """The job whose row in a kept file carries its label."""
    label = "" if isnan(item.mos) else repr(float(item.mos))
    extra = dict(zip(EXTRA, (source.name, label, item.type, item.group), strict=True))
    mask = None if item.mask is None else name_of(item.mask)
    cells = {MASK: mask or "", BOX: str(item.box or "")}
    extra |= {name: cells[name] for name in areas}
    reference = name_of(item.reference) if paired and item.reference is not None else None
    return Job(name_of(item.image), reference, extra, mask, item.box)


def _frames(job: Job, frame: str) -> list[Job]:
    return list(frames_of(job)) if frame == ALL_FRAMES else [job]


def _told(source: Source, jobs: Sequence[Sequence[Job]]) -> Source:
    """The source, with a note where images have a mean over frames."""
    note = frames_note(sum(len(frames) > 1 for frames in jobs))
    return replace(source, notes=(*source.notes, note)) if note else source


def _columns(
    jobs: Sequence[Sequence[Job]], records: Mapping[tuple, Record], models: Sequence[str]
) -> dict[str, np.ndarray]:
    rows = [[records[job_key(job)].scores for job in frames] for frames in jobs]
    return {
        model: np.array([frame_mean(_value(scores.get(model)) for scores in frames) for frames in rows])
        for model in models
    }


def _value(score: Score | None) -> float:
    if score is None or score.value is None:
        return inf if score and score.status == "infinite" else nan
    return score.value

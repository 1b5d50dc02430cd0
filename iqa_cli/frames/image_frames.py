"""`iqa_cli.score` and `iqa_cli.distort`: a row for each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.explaining.explainers import explained
from iqa_cli.frames.keywords import (
    Files,
    Names,
    Paths,
    frame_of,
    is_several,
    models_of,
    several,
    templates,
    terminal_of,
    text,
    texts,
    warn,
)
from iqa_cli.ground.box import Box
from iqa_cli.ground.frame_names import FIRST_FRAME, frame_read
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.ground.wording import counted
from iqa_cli.guard import map_folder, protect
from iqa_cli.jobs import Rows, score_jobs
from iqa_cli.options.engine_keywords import EngineKeywords, StrPath, options_of, shows_engine_keywords
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import Columns, by_jobs, constants, files_of, reserved_columns
from iqa_cli.output.map_names import check_maps, maps_there
from iqa_cli.output.rows import typed_row
from iqa_cli.plan import Inputs, Plan, build_plan
from iqa_cli.plan.areas import Areas, with_areas
from iqa_cli.plan.clip_frames import with_frames
from iqa_cli.plan.picture_frames import with_all_frames
from iqa_cli.records import Job, Record
from iqa_cli.registry import Spec, first_model


@speaks_python()
@shows_engine_keywords
def score(
    *paths: Paths,
    models: Names | None = None,
    manifest: StrPath | None = None,
    columns: Mapping[str, str] | None = None,
    recursive: bool = False,
    match: str | Mapping[str, str] | None = None,
    allow_missing: bool = False,
    frames: str | int = Inputs.frames,
    mask: StrPath | None = None,
    box: Sequence[int] | str | None = None,
    map: StrPath | None = None,
    map_data: bool = False,
    details: bool = False,
    explain: bool = False,
    output: Paths | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = False,
    **engine: Unpack[EngineKeywords],
) -> pd.DataFrame:
    """Score images, as `iqa score` does.

    Args:
        paths: reference and distorted images, two folders, or images for a no-reference model. A list or a generator
            of paths stands for its paths; two of them are references and distorted images, paired in order.
        models: a model of `iqa models`, or several; when left out the first of the kind that fits what is given.
        manifest: instead of paths: CSV or JSONL with columns reference,distorted or image.
        columns: what a manifest calls these, by our names: `{"image": "filename"}`.
        recursive: look into subfolders.
        match: stem of the distorted file for a reference's {stem}, or such by folder; found by itself when left out.
        allow_missing: skip images without a partner.
        frames: of a clip: how many, evenly; "1/10" for every tenth, or "all".
        mask: a picture for all images, or a folder of them called as the images: white counts, black does not.
        box: x, y, w, h in pixels: this part of each image is scored as if it had been cut out.
        map: folder to draw where the models looked.
        map_data: save the maps as .npy too.
        details: a further column with what each model tells of its score, as dicts by model.
        explain: also which known flaws each image shows, in a column MODEL.flaws; all of it is among the details.
        output: a file for the rows as they are scored, or several; the suffix gives the format, as of `iqa score -o`.
        resume: keep the rows that `output` has already, and score the rest.
        overwrite: replace what is there.
        progress: show a bar on a terminal.
        crops: how many crops IQT and its kin average: "auto", a number, or "all", as `iqa_cli.load` has it.
        weights: a file, or files by model.
        frame: of picture files that hold several: "first", which (counted from 0), or "all", a row each.
        raw, crop_seed, luma, crop_border, colour, max_pixels, on_size_mismatch, view_size, offline, device, precision,
            batch_size, threads: as `iqa_cli.load` and the command have them.

    Returns:
        A row for each image, with the columns of the CSV: paths, columns of the manifest, a score for each model,
        status, error, notes. `attrs["meta"]` says how it came about.

    Raises:
        UsageError: what is asked for cannot be done.
        WeightsError: a model has no trained weights.
    """
    chosen = [] if models is None else models_of(models)
    written = Files(output, resume, overwrite)
    targets = written.targets()
    paired = any(spec.full_reference for spec in chosen) if chosen else None
    frame = str(engine.get("frame", FIRST_FRAME))

    def fixed(specs: Sequence[Spec]) -> tuple[list[str], dict[str, Any]]:
        """Their names, and what holds for every row."""
        luma = engine.get("luma", EngineOptions.luma)
        return [spec.name for spec in specs], constants(
            specs, luma, engine.get("crop_border", EngineOptions.crop_border), engine.get("protocol")
        )

    lists = len(paths) == 2 and all(is_several(given) for given in paths) and manifest is None and not columns
    if lists and paired is not False:
        plan = with_frames(with_all_frames(_in_pairs(*paths), frame), str(frames))
    else:
        named = None if manifest is None else text(manifest)
        plan = build_plan(
            Inputs(texts(paths), named, recursive, templates(match), allow_missing, str(frames), frame, columns or {}),
            paired,
            reserved=lambda paired: reserved_columns(*fixed(chosen or [first_model(paired)])),
        )
    specs = chosen or [first_model(plan.paired)]
    names, same = fixed(specs)
    how = options_of({**engine, "frame": frame_read(frame)}, specs)
    told = explained(specs, how.engine) if explain else ()
    areas = Areas(None if mask is None else text(mask), None if box is None else str(Box.of(box)))
    jobs = list(with_areas(plan.jobs, areas, specs))
    folder = None if map is None else Path(text(map))
    check_maps(folder, map_data, specs)
    protect(
        {"-o": files_of(targets), "--map": map_folder(folder)},
        [None if manifest is None else text(manifest), *how.weights.values(),
         *(path for job in jobs for path in job.files)],
    )  # fmt: skip
    written.refuse_existing({"-o": files_of(targets), "--map": maps_there(folder, jobs, specs) if folder else ()})
    warn(plan.messages)

    from iqa_cli.engine.session import open_session
    from iqa_cli.output.map_files import MapWriter

    draws = None if folder is None else MapWriter(folder, map_data, lambda message: warn([message]), jobs)
    session = open_session(specs, how, explain)
    extra = tuple(jobs[0].extra) if jobs else ()
    written_columns = Columns(plan.paired, extra, tuple(names), same, plan.folders, plan.numbers, told)
    rows = Rows.of(written_columns, targets, resume, jobs=jobs)
    records = score_jobs(
        session,
        jobs,
        rows,
        maps=draws,
        terminal=terminal_of(progress),
        conclude=lambda: {"means": rows.tally.means_so_far()},
    )
    with closing(records):
        found = [_row(record, rows.columns, details) for record in by_jobs([*rows.kept, *records], jobs)]
    return frame_of(found, session.meta)


@speaks_python()
def distort(
    *photos: Paths,
    out: StrPath,
    types: Names = (),
    levels: Sequence[float] = (),
    seed: int = 0,
    max_side: int | None = None,
    max_pixels: int = EngineOptions.max_pixels,
    recursive: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    jobs: int = 1,
) -> pd.DataFrame:
    """Distort photographs the way KADID-10k does, as `iqa distort` does: a test set with the scores people give.

    Args:
        photos: photographs, or folders of them, or lists of these.
        out: folder for references/, distorted/ and manifest.csv.
        types: numbers or names of `iqa distort --list`; all when empty.
        levels: the scale of `iqa distort --help`; 1, 2, 3, 4, 5 when empty.
        seed: the same seed gives the same files.
        max_side: px; larger photographs are reduced.
        max_pixels: refuse larger photographs.
        recursive: look into subfolders.
        resume: keep the images that are in `out` already.
        overwrite: make a test set in the place of the one that is there.
        jobs: processes; more than one needs a script with `if __name__ == "__main__"`.

    Returns:
        The rows of the manifest that were made, their paths joined to `out`: reference, distorted, type, level, mos,
        spread. `attrs["notes"]` has what went wrong.

    Raises:
        UsageError: no photograph, no such type or level, or `out` holds another test set.
    """
    from iqa_cli.testset.design import Design
    from iqa_cli.testset.make import check_folder, make_test_set, remove_test_set
    from iqa_cli.testset.selection import find_photos, levels_chosen, types_chosen

    folder = Path(text(out))
    chosen = types_chosen([str(type) for type in several(types)]), levels_chosen([str(level) for level in levels])
    design = Design(folder, *chosen, seed, max_side, max_pixels, overwrite)
    check_folder(folder, resume, overwrite)
    found = find_photos(texts(photos), recursive, folder, lambda message: warn([message]))
    if overwrite:
        remove_test_set(folder)
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    with closing(make_test_set(design, found, jobs)) as parts:
        for part in parts:
            rows += [asdict(row) for row in part.rows]
            notes += part.errors
    if not rows:
        raise ImageError("; ".join(notes))
    frame = pd.DataFrame(rows)
    for column in ("reference", "distorted"):
        frame[column] = [str(folder / name) for name in frame[column]]
    for column in ("level", "mos", "spread"):
        frame[column] = pd.to_numeric(frame[column])
    frame.attrs["notes"] = notes
    return frame


def _in_pairs(references: Any, distorted: Any) -> Plan:
    """Jobs of references and distorted images in order. Raises UsageError where the numbers differ."""
    pairs = texts([references]), texts([distorted])
    if len(pairs[0]) != len(pairs[1]):
        told = f"{counted(len(pairs[0]), 'reference')} and {counted(len(pairs[1]), 'distorted image')}"
        raise UsageError(f"{told} do not pair: give as many of one as of the other")
    jobs = tuple(Job(image, reference) for reference, image in zip(*pairs, strict=True))
    return Plan(jobs, len(jobs), paired=True)


def _row(record: Record, columns: Columns, details: bool) -> dict[str, Any]:
    """A record as a row of the frame, in the words of Python."""
    row = typed_row(record, columns)
    row |= {"error": record.error and in_python(record.error), "notes": in_python(row["notes"])}
    if details:
        row["details"] = {model: {"status": score.status, **score.details} for model, score in record.scores.items()}
    return row

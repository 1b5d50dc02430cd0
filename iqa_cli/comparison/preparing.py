"""A comparison before it begins: what is compared, and whatever can be wrong with it, found without torch."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from iqa_cli.errors import UsageError
from iqa_cli.ground.frame_names import file_of
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import ROW_FORMATS, Columns, constants
from iqa_cli.parts.part_names import RUN
from iqa_cli.plan.areas import BOX, MASK, Areas, with_areas
from iqa_cli.plan.inputs import Inputs
from iqa_cli.plan.method_frames import methods_with_all_frames
from iqa_cli.plan.methods import IMAGE, METHOD, MethodsPlan, plan_methods
from iqa_cli.registry import Spec
from iqa_cli.storage.access import exists
from iqa_cli.storage.folder_listing import listing

if TYPE_CHECKING:
    from iqa_cli.engine.session import Session


TABLES = {format.suffix for format in ROW_FORMATS.values() if format.reader}


@dataclass(frozen=True)
class Prepared:
    """A comparison that can begin.

    Attributes:
        plan: methods and images.
        columns: of its rows.
        reads: files beside those of the jobs that it reads, which no output may replace.
        session: loads the models, or has the scores already.
    """

    plan: MethodsPlan
    columns: Columns
    reads: Sequence[str]
    session: "Callable[[], Session]"


def check_scores_alone(given: Mapping[str, object]) -> None:
    """Raises UsageError for what only says how images are found and scored, where scores are there; by flag."""
    if typed := [flag for flag, value in given.items() if value is not False and value not in (None, [])]:
        if typed[0] == "PATH":
            raise UsageError(
                "--scores and images at once: score the images first, into a file, which is then one more of --scores"
            )
        raise UsageError(f"--scores has the scores already: leave out {first_few(typed)}")


def of_images(
    inputs: Inputs,
    reference: str | None,
    names: Sequence[str],
    areas: Areas,
    specs: Sequence[Spec],
    options: Callable[[], EngineOptions],
) -> Prepared:
    """Images that are scored.

    Args:
        inputs, reference, names: as of `plan_methods`.
        areas: what of each image is scored.
        specs: the models.
        options: gives those of the engine, when the plan stands.

    Raises UsageError as `plan_methods`, `methods_with_all_frames` and `with_areas` do.
    """
    rows = [path for path in inputs.paths if _has_rows(path)]
    if rows:
        raise UsageError(f"{first_few(rows)}: rows of scores, no images: give them as --scores {rows[0]}")
    plan = plan_methods(inputs, reference, names, any(spec.full_reference for spec in specs))
    plan = methods_with_all_frames(plan, inputs)
    plan = replace(plan, jobs=tuple(with_areas(plan.jobs, areas, specs)))
    how = options()
    fixed = constants(specs, how.luma, how.crop_border, how.protocol)
    columns = Columns(plan.reference is not None, (METHOD, IMAGE, *areas.columns), _named(specs), fixed)

    def session() -> "Session":
        from iqa_cli.engine.session import open_session  # torch, at last

        return open_session(specs, how)

    return Prepared(plan, columns, [str(file) for file in how.weights.values()], session)


def of_scores(values: Sequence[str], models: Sequence[str], inputs: Inputs, page: bool) -> Prepared:
    """Scores that are there already, see `open_scores`; with a `page` the images have to be there, too.

    Raises UsageError as `open_scores` does, and where an image that the page shows is not there.
    """
    from iqa_cli.comparison.kept_scores import open_scores

    plan, session = open_scores(values, models, inputs)
    if page:
        files = dict.fromkeys(file_of(file) for job in plan.jobs for file in job.files)
        gone = [file for file in files if not exists(file)]
        if gone:
            told = f"{counted(len(gone), 'image')} cannot be reached from here ({first_few(gone, limit=3)})"
            raise UsageError(f"--html shows the images, but {told}: leave it out, or run where they are")
    areas = [name for name in (MASK, BOX) if any(name in job.extra for job in plan.jobs)]
    paired = any(job.reference is not None for job in plan.jobs)
    rules = {
        name: value
        for facts in session.meta["models"].values()
        for name, value in facts.items()
        if name in ("protocol", "luma", "crop_border", "ssim_windows")
    }
    columns = Columns(paired, (METHOD, IMAGE, *areas), tuple(model.name for model in session.models), rules)
    return Prepared(plan, columns, session.sources, lambda: session)


def _has_rows(path: str) -> bool:
    """Whether a path that was typed for images is a table, or a folder of parts."""
    there = os.path.isfile  # pathlib raises where it may not look
    return (Path(path).suffix.lower() in TABLES and there(path)) or (
        there(Path(path, RUN)) and not listing(path, False).pictures
    )


def _named(specs: Sequence[Spec]) -> tuple[str, ...]:
    return tuple(spec.name for spec in specs)

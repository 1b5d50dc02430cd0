"""Jobs from standard input, as they arrive: a manifest, or a plain list of paths, with or without a reference."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import TextIO

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import Finder, name_key
from iqa_cli.ground.path_lists import list_or_lines
from iqa_cli.ground.wording import first_few
from iqa_cli.plan.inputs import Inputs, Plan, holds_several, images_in
from iqa_cli.plan.manifests import PAIR, SINGLE, Reserved, plan_manifest_lines
from iqa_cli.plan.matching import STEM, for_all, likeliest_template, reference_stem
from iqa_cli.records import Job
from iqa_cli.registry import FIRST, NONE
from iqa_cli.storage.names import joined

NAME = "standard input"


def plan_standard_input(
    stdin: TextIO, full_reference: bool, inputs: Inputs, reserved: Reserved = lambda paired: ()
) -> Plan:
    """Plan what arrives on standard input; relative paths are relative to the current directory.

    Read here no further than the columns or the first path, then line by line as the jobs are asked for. Folders in a
    list are passed over: `find photos` names them before what is in them.

    Args:
        stdin: a manifest with a header, or as JSON Lines; or paths, a line each or parted by NUL bytes.
        full_reference: True when images without a reference will not do.
        inputs: its path before the `-`, if any, is the reference of all, or a folder that has the reference of each.
        reserved: names of output columns that no column may take, of paired rows and of others.

    Raises:
        UsageError: a list without the references that are needed, columns that will not do; while the jobs are read,
            a bad row.
    """
    references = [path for path in inputs.paths if path != "-"]
    against = _reference_of(references[0], inputs) if references else None
    headers = [{inputs.columns.get(column, column) for column in columns} for columns in (PAIR, SINGLE)]
    is_list, lines = list_or_lines(stdin, headers)
    if not is_list:
        needed = full_reference and against is None
        plan = plan_manifest_lines(
            lines, NAME, needed, reserved if against is None else _paired(reserved), inputs.columns
        )
        if against is None:
            return plan
        if plan.paired:
            raise UsageError(f"{NAME}: has a column reference of its own; leave out {references[0]}")
        return replace(plan, jobs=_with_references(plan.jobs, against), paired=True)
    if full_reference and against is None:
        raise UsageError(
            f"{NAME} is a plain list of paths, but a full-reference model compares with a reference: "
            f"... | iqa score REFERENCE -, or choose a no-reference model such as {FIRST[NONE]}"
        )
    jobs = _jobs(lines)
    return Plan(jobs if against is None else _with_references(jobs, against), None, paired=against is not None)


def _jobs(paths: Iterable[str]) -> Iterator[Job]:
    find = Finder()
    for path in map(find, paths):
        if not os.path.isdir(path):  # noqa: PTH112 (pathlib raises where it may not look)
            yield Job(image=path)


def _with_references(jobs: Iterable[Job], against: Callable[[str], str]) -> Iterator[Job]:
    return (replace(job, reference=against(job.image)) for job in jobs)


def _paired(reserved: Reserved) -> Reserved:
    return lambda paired: reserved(True)


def _reference_of(reference: str, inputs: Inputs) -> Callable[[str], str]:
    """Which reference an image has: the file for all; of a folder its partner there."""
    if not holds_several(reference):
        return lambda image: reference
    by_stem = _by_stem(reference, inputs.recursive)

    def find(image: str) -> str:
        partners = _partners(image, by_stem, inputs)
        if len(partners) == 1:
            return joined(reference, partners[0])
        # What has no partner, or several, names one that cannot be there: the row says so.
        several = f"{{{first_few([path.as_posix() for path in partners], ',')}}}"
        return joined(reference, several if partners else f"{Path(image).stem}.*")

    return find


def hint_of(job: Job, inputs: Inputs) -> str:
    """What would find the reference of a listed image; empty where it has one, or was no folder's."""
    folder, *rest = inputs.paths or ("",)
    if rest != ["-"] or job.reference is None or not holds_several(folder):
        return ""
    by_stem = _by_stem_once(folder, inputs.recursive)
    partners = _partners(job.image, by_stem, inputs)
    if len(partners) == 1:
        return ""
    if partners:
        names = " + ".join(path.as_posix() for path in partners[:2])
        return f"{folder} has several references for {job.image} (and maybe others), such as {names}: keep one"
    found = likeliest_template([("", stem) for stem in by_stem], [("", name_key(Path(job.image).stem))])
    lacking = f"{folder} has no reference for {job.image} (and maybe others)"
    if found is None and (given := for_all(inputs.match)):
        return f"{lacking} by --match '{given}'"
    example = found[0] if found else f"{STEM}_x4"
    return f"{lacking}: where names differ, --match says how, such as --match '{example}'"


def _partners(image: str, by_stem: Mapping[str, list[Path]], inputs: Inputs) -> list[Path]:
    """The references with the stem that an image's is made of: those with most of its folders, too."""
    path, template = Path(image), name_key(for_all(inputs.match) or STEM)
    stem = reference_stem(name_key(path.stem), template)
    candidates = by_stem.get(stem or "", [])
    agreed = [_folders_alike(path, candidate) for candidate in candidates]
    most = max(agreed, default=0)
    return [candidate for candidate, alike in zip(candidates, agreed, strict=True) if alike == most]


def _by_stem(folder: str, recursive: bool) -> Mapping[str, list[Path]]:
    """The references of a folder, or of a file of encoded ones. Raises UsageError where there are none."""
    found: dict[str, list[Path]] = {}
    for path in images_in(folder, recursive).pictures:
        found.setdefault(name_key(path.stem), []).append(path)
    return found


_by_stem_once = lru_cache(maxsize=1)(_by_stem)  # for what is told of rows that failed


def _folders_alike(image: Path, reference: Path) -> int:
    """How many folders before the names are called alike, counted from the names."""
    pairs = zip(image.parts[-2::-1], reference.parts[-2::-1], strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))

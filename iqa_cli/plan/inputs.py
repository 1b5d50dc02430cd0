"""What goes into planning, what comes out of it, and what is wrong with it at first sight."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import FolderContents
from iqa_cli.ground.frame_names import FIRST_FRAME, file_of
from iqa_cli.ground.wording import CHECK_SPELLING, NOT_THERE, counted, first_few
from iqa_cli.plan.matching import check_match
from iqa_cli.records import EMPTY, Job
from iqa_cli.references.contents import container_of, is_reference_file, read_contents
from iqa_cli.registry import names
from iqa_cli.storage.access import exists, is_folder
from iqa_cli.storage.folder_listing import listing
from iqa_cli.storage.names import is_tar, is_url

DEFAULT_FRAMES = "20"


@dataclass(frozen=True)
class Inputs:
    """What the user typed after `iqa score`."""

    paths: tuple[str, ...] = ()
    manifest: str | None = None  # the file of a table; "-" is standard input
    recursive: bool = False  # look into the subfolders of a folder
    match: tuple[str, ...] = ()  # the distorted file's stem for a reference's {stem}: of all folders, or FOLDER=...
    allow_missing: bool = False  # skip images without a partner instead of stopping
    frames: str = DEFAULT_FRAMES  # which frames of a clip
    frame: str = FIRST_FRAME  # which frame of a picture file that holds several: `all` is a job for each
    columns: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # what a manifest calls its columns, by our names


@dataclass(frozen=True)
class Plan:
    """The jobs to run, in order."""

    jobs: Iterable[Job]  # a tuple when known in advance, a generator for standard input
    total: int | None  # None when not known in advance
    paired: bool  # rows carry reference and distorted (True) or image (False)
    messages: tuple[str, ...] = ()  # for stderr: what was left out
    folders: tuple[str, ...] = ()  # those that are scored, where there are several: each has its own mean
    numbers: tuple[str, ...] = ()  # columns of jobs that hold numbers, which JSON, Parquet and Python have as such


def check_typed(inputs: Inputs) -> None:
    """Raises UsageError for a --match that will not do, and for an empty path."""
    check_match(inputs.match, inputs.paths)
    if "" in inputs.paths:
        raise UsageError("one of the paths is empty: is a shell variable unset?")


def several_folders(paths: Sequence[str], missing_too: bool = False) -> tuple[str, ...]:
    """The folders among paths whose images are scored, none where all come from one place.

    `missing_too` takes what is not there for a folder.
    """
    folders = [path for path in dict.fromkeys(paths) if is_folder(path) or (missing_too and not exists(path))]
    return tuple(folders) if len(set(paths)) > 1 else ()


def given_twice(images: Iterable[str]) -> tuple[str, ...]:
    """A message about files that are named more than once, by themselves or by their folder; none where none is."""
    spelt: dict[str, list[str]] = {}
    for image in images:
        spelt.setdefault(os.path.abspath(image), []).append(image)  # noqa: PTH100 (links are other names, and resolving costs)
    twice = [names[-1] for names in spelt.values() if len(names) > 1]
    if not twice:
        return ()
    return (f"{counted(len(twice), 'image')} given more than once, with a row each time: {first_few(twice)}",)


def check_existence(paths: Sequence[str]) -> None:
    """Raises UsageError that names the paths that are not there."""
    missing = [path for path in paths if not _there(path)]
    if missing:
        patterns = any(set(path) & set("*?[") for path in missing)
        why = "a pattern that matches nothing arrives as it was typed" if patterns else CHECK_SPELLING
        raise UsageError(f"{NOT_THERE}: {first_few(missing)}; {why}")


def check_some_exist(paths: Sequence[str]) -> None:
    """One missing path among several costs its own row, for the others can be scored.

    Raises UsageError where none is there, and where a missing one is a model: that is another command than the one
    that was meant.
    """
    for path in paths:
        named = path.lower().split(",")
        if set(named) <= set(names()) and not exists(path):
            raise UsageError(
                f"{path}: no such file, but {'models are' if named[1:] else 'a model is'} called so: -m {path}"
            )
    if not any(map(_there, paths)):
        check_existence(paths)


def _there(path: str) -> bool:
    """Whether a file or folder is there; of a frame its clip."""
    return exists(path) or (not is_url(path) and exists(container_of(file_of(path))))


def holds_several(path: str) -> bool:
    """Whether a path holds several images: a folder, here, in a tar or at a URL, or encoded references in a file."""
    return is_folder(path) or is_reference_file(path)


def images_in(folder: str, recursive: bool) -> FolderContents:
    """The images of a folder, or of a file of encoded references, named on the command line.

    Raises UsageError when it holds none that can be read.
    """
    if is_reference_file(folder):
        return FolderContents(folder, [Path(name) for name in read_contents(folder).entries])
    found = listing(folder, recursive)
    if not found.pictures:
        readable = " that can be read" if found.unreadable else ""
        told = f"; it has {found.passed_over}" if found.passed_over else ""
        kind = "tar" if is_tar(folder) else "folder"
        raise UsageError(f"{folder}: no image{readable} in this {kind}{told}")
    return found

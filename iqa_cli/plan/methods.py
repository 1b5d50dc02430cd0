"""Several methods on the same images: which file of which method shows which image."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.frame_names import file_of, is_clip
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.inputs import Inputs, check_existence, check_some_exist, check_typed, holds_several
from iqa_cli.plan.matching import for_all
from iqa_cli.plan.pairing import SKIPPED, common_images
from iqa_cli.plan.paths import against_file, only_reference
from iqa_cli.records import Job
from iqa_cli.references.contents import is_reference_file
from iqa_cli.registry import FIRST, NONE
from iqa_cli.storage.access import is_folder

# Columns of every row: who made the image, and which image it is. `image` is a path in rows without reference.
METHOD, IMAGE = "method", "group"


@dataclass(frozen=True)
class MethodsPlan:
    """What is compared, image by image: all methods of the first image, then all of the second, ...

    `images` names those all methods have. Of a `single` image the methods are files, its candidates.
    `reference` is what the images are compared with: a file when single, else a folder, or nothing.
    """

    methods: tuple[str, ...]
    images: tuple[str, ...]
    jobs: tuple[Job, ...]
    reference: str | None
    single: bool
    messages: tuple[str, ...] = ()


def plan_methods(
    inputs: Inputs, reference: str | None = None, names: Sequence[str] = (), full_reference: bool = False
) -> MethodsPlan:
    """Turn what the user typed after `iqa compare` into jobs, one a file.

    Args:
        inputs: candidates: files, or one folder a method; the first is the reference when `full_reference`
            asks for one and `reference` names none.
        reference: a file, or a folder whose images are paired with those of each method.
        names: of the methods, in their order; none takes those of the files or folders.
        full_reference: whether any model needs a reference.

    Raises:
        UsageError: a path does not exist or is a clip, of two folders none is named as `reference` where one is needed,
            files and folders do not go together, names do not fit, or images are missing from a method (unless
            `inputs.allow_missing`, which takes the common ones).
    """
    check_typed(inputs if reference is None else replace(inputs, paths=(reference, *inputs.paths)))
    paths = inputs.paths
    if reference is None and full_reference and paths:
        reference, paths = paths[0], paths[1:]
        if len(paths) == 1 and is_folder(reference) and is_folder(paths[0]):
            raise UsageError(
                f"is {reference} the reference of {paths[0]}, or one of two methods? --ref {reference} {paths[0]} says "
                f"the first; --ref FOLDER {reference} {paths[0]}, or -m {FIRST[NONE]} without a reference, the other"
            )
    if not paths:
        raise UsageError(
            "nothing to compare: iqa compare REFERENCE A B ... for single images, "
            "iqa compare --ref FOLDER METHOD_A/ METHOD_B/ ... for whole folders"
        )
    given = [path for path in (reference, *paths) if path is not None]
    if clips := [path for path in given if is_clip(file_of(path)) and not is_folder(path)]:
        raise UsageError(
            f"{first_few(clips)}: iqa compare takes images, not clips: iqa score compares clips frame by frame"
        )
    check_existence(given[: len(given) - len(paths)])
    check_some_exist(paths)
    folders = [path for path in paths if is_folder(path)]
    if folders and (reference is None or holds_several(reference)):
        check_existence(paths)  # of methods none may be missing: they are compared on the same images
    if reference is not None and is_reference_file(reference) and not folders:
        reference = only_reference(reference)
    if reference is not None and not holds_several(reference):
        found = [against_file(reference, path, inputs) for path in paths]
        images = [job.image for jobs, _ in found for job in jobs]
        return _single(reference, images, names, [message for _, messages in found for message in messages])
    if reference is None and not folders:
        return _single(None, paths, names)
    if len(folders) < len(paths):
        file = next(path for path in paths if path not in folders)
        against = f"the reference {reference}" if reference else folders[0]
        raise UsageError(f"{file} is a file, but {against} is a folder: give one folder a method, or files alone")
    return _folders(reference, paths, names, inputs)


def _single(
    reference: str | None, candidates: Sequence[str], names: Sequence[str], messages: Sequence[str] = ()
) -> MethodsPlan:
    methods = _named(candidates, names)
    name = "" if reference is None else Path(reference).stem
    jobs = [
        Job(image, reference, {METHOD: method, IMAGE: name}) for method, image in zip(methods, candidates, strict=True)
    ]
    return MethodsPlan(methods, (name,), tuple(jobs), reference, True, tuple(messages))


def _folders(reference: str | None, folders: Sequence[str], names: Sequence[str], inputs: Inputs) -> MethodsPlan:
    methods = _named(folders, names)
    if reference is None and (template := for_all(inputs.match)):
        raise UsageError(
            f"--match {template} says how files are called for a reference's {{stem}}: it needs --ref; "
            f"--match FOLDER={template} is about one method"
        )
    rows, messages = common_images(reference, folders, inputs)
    jobs = [
        Job(image, row.reference, {METHOD: method, IMAGE: row.name})
        for row in rows
        for method, image in zip(methods, row.images, strict=True)
    ]
    if any(message.startswith(SKIPPED) for message in messages):
        messages = [*messages, f"compared on the {counted(len(rows), 'image')} that all have"]
    images = tuple(row.name for row in rows)
    return MethodsPlan(methods, images, tuple(jobs), reference, False, tuple(messages))


def _named(paths: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The names given, else the last part of each path, or the whole path where two end alike."""
    twice = [path for path, count in Counter(Path(path).resolve() for path in paths).items() if count > 1]
    if twice and is_folder(paths[0]):
        raise UsageError(f"{twice[0].name}: given twice; a method is a folder of its own")
    if names and len(names) != len(paths):
        raise UsageError(f"--names: {counted(len(names), 'name')} for {counted(len(paths), 'method')}; give one each")
    last = [Path(path).name or Path(path).resolve().name for path in paths]  # of "." too
    alike = {name for name, count in Counter(last).items() if count > 1}
    methods = tuple(names) or tuple(p if name in alike else name for p, name in zip(paths, last, strict=True))
    clashes = [name for name, count in Counter(methods).items() if count > 1 or not name.strip()]
    if clashes:
        raise UsageError(f"two methods called {clashes[0]!r}, or without a name: give each its own by --names a,b,...")
    return methods

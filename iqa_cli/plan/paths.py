"""What the paths on the command line mean."""

from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.plan.inputs import (
    Inputs,
    Plan,
    check_existence,
    check_some_exist,
    given_twice,
    holds_several,
    images_in,
    several_folders,
)
from iqa_cli.plan.pairing import pair_folders
from iqa_cli.records import Job
from iqa_cli.references.contents import is_reference_file, read_contents
from iqa_cli.registry import FIRST, NONE
from iqa_cli.storage.access import exists, is_folder
from iqa_cli.storage.names import is_local_file, joined


def plan_single_images(inputs: Inputs) -> Plan:
    """One job per file named and per image in a folder named, in the order typed.

    What is not there gets a job, too: it costs its own row.

    Raises:
        UsageError: no path is given, none exists, or a folder holds no image.
    """
    if not inputs.paths:
        raise UsageError("nothing to score: give image files or folders, or a list with --manifest")
    check_some_exist(inputs.paths)
    found = [_images_at(path, inputs.recursive) for path in inputs.paths]
    jobs = tuple(Job(image=image) for images, _ in found for image in images)
    messages = (*(message for _, told in found for message in told), *given_twice(job.image for job in jobs))
    return Plan(jobs, len(jobs), paired=False, messages=messages, folders=several_folders(inputs.paths))


def plan_pairs(inputs: Inputs) -> Plan:
    """The first path is the reference, every further one is compared with it.

    A reference file is compared with each file named and each image in a folder named, itself
    left out of such a folder. A reference folder is paired with each distorted folder in turn.
    What is not there to be compared gets a job, too: it costs its own row.

    Raises:
        UsageError: fewer than two paths, no reference or nothing to compare with it, a folder without images, a
            reference folder against a file, or names that do not pair.
    """
    if len(inputs.paths) < 2:
        given = f"only {inputs.paths[0]} was given" if inputs.paths else "no path was given"
        raise UsageError(
            f"a full-reference model compares with a reference, but {given}: "
            f"iqa score REFERENCE DISTORTED... (did you mean a no-reference model such as {FIRST[NONE]}?)"
        )
    reference, *distorted = inputs.paths
    check_some_exist(inputs.paths)
    check_existence([reference])
    check_some_exist(distorted)
    if is_reference_file(reference) and not all(map(holds_several, distorted)):
        reference = only_reference(reference)
    compare = _against_folder if holds_several(reference) else against_file
    jobs: list[Job] = []
    messages: list[str] = []
    for path in distorted:
        more_jobs, more_messages = compare(reference, path, inputs)
        jobs += more_jobs
        messages += more_messages
    messages += given_twice(job.image for job in jobs)
    told = tuple(dict.fromkeys(messages))  # the reference folder's once
    folders = several_folders(distorted, missing_too=compare is _against_folder)
    return Plan(tuple(jobs), len(jobs), paired=True, messages=told, folders=folders)


def _against_folder(reference: str, distorted: str, inputs: Inputs) -> tuple[list[Job], list[str]]:
    if not is_folder(distorted) and not exists(distorted):
        return [Job(image=distorted, reference=reference)], []
    if not is_folder(distorted):
        raise UsageError(
            f"{distorted} is a file, but the reference {reference} is a folder: "
            "compare a folder with folders, or one reference file with files and folders"
        )
    return pair_folders(reference, distorted, inputs)


def only_reference(file: str) -> str:
    """The path of the reference that a file of encoded references holds. Raises UsageError where it holds several."""
    names = list(read_contents(file).entries)
    if len(names) > 1:
        raise UsageError(
            f"{file}: has {len(names)} references: compare folders with it, or name one, {file}/{names[0]}"
        )
    return str(Path(file, names[0]))


def against_file(reference: str, distorted: str, inputs: Inputs) -> tuple[list[Job], list[str]]:
    """A job for a file, or for each image of a folder but the reference itself; and what was left out.

    Raises UsageError for a folder that holds nothing else.
    """
    images, messages = _images_at(distorted, inputs.recursive)
    if not is_folder(distorted):
        return [Job(image=distorted, reference=reference)], []
    itself = _itself(reference)
    others = [image for image in images if _itself(image) != itself]
    if not others:
        raise UsageError(f"{distorted}: no image in this folder but the reference itself")
    if len(others) < len(images):
        messages = [*messages, f"skipped: {reference} is the reference, so not scored as part of {distorted}"]
    return [Job(image=image, reference=reference) for image in others], messages


def _itself(image: str) -> str:
    """What two names of one image have in common."""
    return str(Path(image).resolve()) if is_local_file(image) else image


def _images_at(path: str, recursive: bool) -> tuple[list[str], list[str]]:
    """The images of a folder, or the file itself: whether it is an image is for the loader to say. And messages."""
    if not is_folder(path):
        return [path], []
    found = images_in(path, recursive)
    broken = [path] if found.broken else []  # a row for what is lost of a tar
    return [joined(path, name) for name in found.pictures] + broken, list(found.messages)

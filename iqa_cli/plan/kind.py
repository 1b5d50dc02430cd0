"""Where no model is named: whether the paths on the command line name a reference, or images to judge alone."""

import warnings

from iqa_cli.errors import UsageError
from iqa_cli.plan.inputs import Inputs, check_existence, check_some_exist
from iqa_cli.references.contents import container_of, is_reference_file
from iqa_cli.registry import FIRST, FULL, NONE
from iqa_cli.storage.access import is_folder


def reference_given(inputs: Inputs) -> bool:
    """Whether the first path is the reference of the others.

    It is the first of two, be they files or folders, and wherever `--match` says how names pair. Nothing but images
    to judge alone are: one path, files after a folder, and files that differ in size. No pixels are decoded.

    Raises:
        UsageError: nothing is given, the first path or all others do not exist, or it may be either.
    """
    paths = inputs.paths
    if not paths:
        raise UsageError("nothing to score: give REFERENCE DISTORTED, image files or folders, or --manifest FILE")
    check_some_exist(paths)
    check_existence(paths[:1])  # it may be the reference
    if is_reference_file(container_of(paths[0])):
        return True
    folders = [is_folder(path) for path in paths]
    if len(paths) == 1 or (folders[0] and not all(folders)):
        return False
    if len(paths) == 2 or inputs.match:
        return True
    if not any(folders) and _differ_in_size(paths):
        return False
    raise UsageError(
        f"is {paths[0]} the reference of the {len(paths) - 1} others? "
        f"Then add -m {FIRST[FULL]}; -m {FIRST[NONE]} judges each image alone"
    )


def _differ_in_size(paths: tuple[str, ...]) -> bool:
    """Whether two files that can be read as images differ in size, as their headers tell."""
    from iqa_cli.images.headers import picture_size

    first = None
    for path in paths:
        with warnings.catch_warnings(action="ignore"):
            found = picture_size(path)
        if found is None:  # what is wrong with a file is told in its row
            continue
        size = tuple(sorted(found))  # EXIF may turn a photograph
        if first not in (None, size):
            return True
        first = size
    return False

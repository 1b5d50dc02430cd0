"""Which image each row of a method is of: by the names of references, or of the images themselves, as in folders."""

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath

from iqa_cli.comparison.method_rows import MethodRows
from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import name_key, path_parts
from iqa_cli.ground.frame_names import frame_name, parted
from iqa_cli.ground.picture_formats import IMAGE_SUFFIXES
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.inputs import Inputs
from iqa_cli.plan.matching import reference_stem, template_for
from iqa_cli.plan.methods import IMAGE
from iqa_cli.plan.pairing import SKIPPED

Place = tuple[tuple[str, ...], int | None]  # folders and file name of an image, and its frame


def images_of_rows(methods: Sequence[MethodRows], inputs: Inputs) -> list[list[str]]:
    """What the image of each row is called, by method.

    Rows of a comparison say it. Of others the reference tells, where each is compared with one image of a method, else
    the name of the image: both below the folder that all of a method share (or all methods, where they have the same
    paths), without suffix. `inputs.match` says how the files of a method are called.

    Raises:
        UsageError: a template is given, and it is references that tell.
    """
    others = [method for method in methods if not method.named]
    by_reference = bool(others) and all(_references_tell(method) for method in others)
    if inputs.match and (by_reference or not others):
        raise UsageError("--match: these rows say themselves which images belong together; leave it out")
    places = [_places(method, by_reference) for method in others]
    shared = set.intersection(*map(set, places)) if places and len(others) == len(methods) else set()
    together = _common([place for some in places for place in some]) if shared else None
    called = {}
    for method, some in zip(others, places, strict=True):
        folders = _common(some) if together is None else together
        called[id(method)] = _names(some, folders, template_for(method.name, inputs.match))
    return [called[id(m)] if id(m) in called else [row[IMAGE] for row in m.rows] for m in methods]


def check_once(method: MethodRows, images: Sequence[str]) -> None:
    """Raises UsageError where a method has several rows of one image."""
    twice = [name for name, count in Counter(images).items() if count > 1]
    if twice:
        told = f"{counted(len(twice), 'image')} with several rows ({first_few(twice, limit=3)})"
        raise UsageError(f"{method.name} ({method.scored.name}): {told}; keep one row each")


def common_images(
    methods: Sequence[MethodRows], images: Sequence[Sequence[str]], inputs: Inputs
) -> tuple[list[str], list[str]]:
    """The images that all methods have rows of, and messages of what is left out.

    They are in the order of the first method whose rows have one, else by name.

    Raises:
        UsageError: a method lacks some (unless `inputs.allow_missing`), or no image is in all of them.
    """
    in_order = [some for method, some in zip(methods, images, strict=True) if method.scored.ordered]
    first = in_order[0] if in_order else sorted(images[0])
    everything = list(dict.fromkeys(name for some in (first, *images) for name in some))
    lacking = []
    there = [set(some) for some in images]
    for method, some in zip(methods, there, strict=True):
        missing = [name for name in everything if name not in some]
        if missing:
            lacking.append(f"{method.name}: no row of {counted(len(missing), 'image')} ({first_few(missing, limit=3)})")
    common = [name for name in everything if all(name in some for some in there)]
    if lacking and not (inputs.allow_missing and common):
        called = "--match NAME='{stem}_x4' says how the files of a method are called"
        remedy = "--allow-missing skips them" if common else called
        raise UsageError(f"{'; '.join(lacking)}: rows are paired by the names of references or images; {remedy}")
    told = [f"{SKIPPED}{text}" for text in lacking]
    return common, [*told, *([f"compared on the {counted(len(common), 'image')} that all have"] if told else [])]


def reference_of(methods: Sequence[MethodRows]) -> str | None:
    """The folder, or of one image the file, that the images are compared with; None where rows have no reference."""
    references = list(dict.fromkeys(row.get("reference", "") for method in methods for row in method.rows))
    if not all(references):
        return None
    if len(references) == 1:
        return references[0]
    return "/".join(_shared([reference.replace("\\", "/").split("/")[:-1] for reference in references])) or "."


def _references_tell(method: MethodRows) -> bool:
    """Whether each row has a reference of its own, counted by frames where the image has several."""
    references = [row.get("reference", "") for row in method.rows]
    return all(references) and len(set(_places(method, by_reference=True))) == len(references)


def _places(method: MethodRows, by_reference: bool) -> list[Place]:
    found = []
    for row in method.rows:
        image = row.get("distorted") or row.get("image", "")
        file, number = parted(row["reference"] if by_reference else image)
        found.append((path_parts(file), parted(image)[1] if number is None else number))
    return found


def _common(places: Sequence[Place]) -> int:
    """How many folders all places begin with."""
    return len(_shared([parts[:-1] for parts, _ in places]))


def _shared(parts: Sequence[Sequence[str]]) -> list[str]:
    columns = zip(*parts, strict=False)
    return [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]


def _names(places: Sequence[Place], common: int, template: str | None) -> list[str]:
    names = []
    for parts, number in places:
        *folders, last = parts[common:]
        stem = PurePosixPath(last).stem if PurePosixPath(last).suffix.lower() in IMAGE_SUFFIXES else last
        if template is not None:
            stem = reference_stem(stem, name_key(template)) or stem
        name = "/".join([*folders, stem])
        names.append(name if number is None else frame_name(name, number))
    return names

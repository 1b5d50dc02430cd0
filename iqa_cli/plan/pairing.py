"""Folder against folder: which distorted images belong to which reference, or to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import name_key
from iqa_cli.ground.folders import Listing
from iqa_cli.ground.suffixes import REMEDY
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.inputs import Inputs, images_in
from iqa_cli.records import Job

# File names by relative folder and stem.
Files = dict[tuple[str, str], list[Path]]


@dataclass(frozen=True)
class CommonImage:
    """One image in every folder: its name, the reference's path, and the path in each folder."""

    name: str
    reference: str | None
    images: tuple[str, ...]


def pair_folders(reference: str, distorted: str, inputs: Inputs) -> tuple[list[Job], list[str]]:
    """The images of two folders that belong together: see `common_images`.

    Returns:
        The jobs in the order of the references, and messages saying what was left out.
    """
    rows, messages = common_images(reference, [distorted], inputs)
    return [Job(image=row.images[0], reference=row.reference) for row in rows], messages


def common_images(reference: str | None, folders: Sequence[str], inputs: Inputs) -> tuple[list[CommonImage], list[str]]:
    """The images that all folders have, by relative folder and stem, whatever the extension.

    `ref/a/1.png` belongs to `dist/a/1.jpg`. `inputs.match` says what the stem in a folder is for a
    reference's stem. Names decide, never positions in a list, so an extra file on one side cannot shift
    the other pairs. Without a `reference`, folders are compared with each other.

    Returns:
        The images in the order of the references (or by name), and messages saying what was left out.

    Raises:
        UsageError: several files of one folder share a stem, an image has no partner (unless
            `inputs.allow_missing`), or no image is in all folders.
    """
    found = [_Side.of(folder, inputs.recursive) for folder in folders]
    if reference is None:
        whole = _Side.united(found)
    else:
        whole = _Side.of(reference, inputs.recursive, inputs.match)

    sides = found if reference is None else [whole, *found]
    ambiguous = [text for side in sides for text in side.ambiguous()]
    if ambiguous:
        raise UsageError(f"{'; '.join(ambiguous)}: keep one file per stem")

    unmatched = [text for side in found for text in whole.without_partner(side)]
    unmatched += [text for side in found for text in side.without_partner(whole)]
    keys = [key for key in whole.files if all(key in side.files for side in found)]
    if unmatched and not (inputs.allow_missing and keys):
        remedy = "; --allow-missing skips them" if keys else ""
        match = f" by --match '{inputs.match}', which may need a suffix as in '{{stem}}_x4'" if reference else ""
        raise UsageError(f"{'; '.join(unmatched)}: names without extension are paired{match}{remedy}")
    rows = [
        CommonImage(
            whole.files[key][0].with_suffix("").as_posix(),
            None if reference is None else str(Path(reference, whole.files[key][0])),
            tuple(str(Path(side.name, side.files[key][0])) for side in found),
        )
        for key in keys
    ]
    return rows, [*(text for side in sides for text in side.messages), *(f"skipped: {text}" for text in unmatched)]


@dataclass(frozen=True)
class _Side:
    """The images of one folder by relative folder and stem, and those in formats that are not read."""

    name: str
    files: Files
    unreadable: Files
    messages: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: str, recursive: bool, template: str = "{stem}") -> "_Side":
        found: Listing = images_in(folder, recursive)
        return cls(folder, _by_key(found.pictures, template), _by_key(found.unreadable, template), found.messages)

    @classmethod
    def united(cls, sides: Sequence["_Side"]) -> "_Side":
        """Every key with the first file that has it, sorted by name."""
        united: Files = {}
        for side in sides:
            for key, names in side.files.items():
                united.setdefault(key, names[:1])
        return cls("the other folders", dict(sorted(united.items())), {})

    def ambiguous(self) -> list[str]:
        clashes = [" + ".join(name.as_posix() for name in names) for names in self.files.values() if len(names) > 1]
        if not clashes:
            return []
        return [f"{self.name}: {counted(len(clashes), 'stem')} shared by several files ({first_few(clashes)})"]

    def without_partner(self, other: "_Side") -> list[str]:
        lonely = {key: names for key, names in self.files.items() if key not in other.files}
        there = [
            f"{name.as_posix()}: {other.unreadable[key][0].as_posix()}"
            for key, names in lonely.items()
            if key in other.unreadable
            for name in names
        ]
        gone = [name.as_posix() for key, names in lonely.items() if key not in other.unreadable for name in names]
        told = []
        if there:
            partners = f"{counted(len(there), 'image')} whose partner in {other.name} is there, but unreadable"
            told.append(f"{self.name}: {partners} ({first_few(there)}; {REMEDY})")
        if gone:
            told.append(
                f"{self.name}: {counted(len(gone), 'image')} without a partner in {other.name} ({first_few(gone)})"
            )
        return told


def _by_key(names: Iterable[Path], template: str) -> Files:
    """File names by relative folder and templated stem, in the order given."""
    files: Files = {}
    for name in names:
        stem = template.replace("{stem}", name.stem)
        files.setdefault((name_key(name.parent.as_posix()), name_key(stem)), []).append(name)
    return files

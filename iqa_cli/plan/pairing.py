"""Folder against folder: which distorted images belong to which reference, or to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import name_key
from iqa_cli.ground.folders import FolderContents
from iqa_cli.ground.picture_formats import remedies
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.inputs import Inputs, images_in
from iqa_cli.plan.matching import STEM, Key, found_template, likeliest_template, reference_stem, template_for
from iqa_cli.records import Job
from iqa_cli.storage.names import joined

SKIPPED = "skipped: "
# File names by relative folder and the reference's stem.
Files = dict[Key, list[Path]]


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

    `ref/a/1.png` belongs to `dist/a/1.jpg`. `inputs.match` says what the stem in a folder is for a reference's
    stem; else the one suffix or prefix that fits all names of a folder is found. Names decide, never positions in a
    list, so an extra file on one side cannot shift the other pairs. Without a `reference`, folders are compared with
    each other.

    Returns:
        The images in the order of the references (or by name), and messages saying what was left out.

    Raises:
        UsageError: several files of one folder share a stem, an image has no partner (unless
            `inputs.allow_missing`), or no image is in all folders.
    """
    listed = [images_in(folder, inputs.recursive) for folder in folders]
    told = []
    if reference is None:
        found = [_Side.of(listing, template_for(listing.folder, inputs.match) or STEM) for listing in listed]
        whole = _Side.united(found)
    else:
        whole = _Side.of(images_in(reference, inputs.recursive))
        found = [_paired_side(whole, listing, inputs.match) for listing in listed]
        told = [side.how_paired for side in found if side.how_paired]

    sides = found if reference is None else [whole, *found]
    ambiguous = [text for side in sides for text in side.ambiguous()]
    if ambiguous:
        raise UsageError(f"{'; '.join(ambiguous)}: keep one file per stem")

    unmatched = [text for side in found for text in whole.without_partner(side)]
    unmatched += [text for side in found for text in side.without_partner(whole)]
    keys = [key for key in whole.files if all(key in side.files for side in found)]
    if unmatched and not (inputs.allow_missing and keys):
        remedy = "; --allow-missing skips them" if keys else ""
        hints = "" if reference is None else "".join(whole.hint(side, alone=len(inputs.paths) < 3) for side in found)
        raise UsageError(f"{'; '.join(unmatched)}: names without extension are paired{hints}{remedy}")
    rows = [
        CommonImage(
            whole.called(key),
            None if reference is None else joined(reference, whole.files[key][0]),
            tuple(joined(side.name, side.files[key][0]) for side in found),
        )
        for key in keys
    ]
    return rows, [*(text for side in sides for text in side.messages), *told, *(SKIPPED + text for text in unmatched)]


@dataclass(frozen=True)
class _Side:
    """The images of one folder by relative folder and reference's stem, and those in formats that are not read."""

    name: str
    files: Files
    unreadable: Files
    messages: tuple[str, ...] = ()
    template: str = STEM
    how_paired: str = ""

    @classmethod
    def of(cls, found: FolderContents, template: str = STEM, how_paired: str = "") -> "_Side":
        files, unreadable = (_by_key(paths, template) for paths in (found.pictures, found.unreadable))
        return cls(found.folder, files, unreadable, found.messages, template, how_paired)

    @classmethod
    def united(cls, sides: Sequence["_Side"]) -> "_Side":
        """Every key with the first file that has it, sorted by name."""
        united: Files = {}
        for side in sides:
            for key, names in side.files.items():
                united.setdefault(key, names[:1])
        return cls("the other folders", dict(sorted(united.items())), {})

    def called(self, key: Key) -> str:
        """The name of an image: its file's without extension, and without what a template adds."""
        file = self.files[key][0].with_suffix("")
        return (file if name_key(file.name) == key[1] else file.with_name(key[1])).as_posix()

    def hint(self, other: "_Side", alone: bool) -> str:
        """Which `--match` would pair the other's files, as their names tell."""
        names = [(key[0], name_key(name.stem)) for key, files in other.files.items() for name in files]
        found = likeliest_template(self.files, names)
        if found is None or found[0] == other.template:
            return ""
        template, number = found
        folder = "" if alone else f"{other.name}="
        return f"; --match {folder}'{template}' would pair {number} of {len(names)}"

    def ambiguous(self) -> list[str]:
        clashes = [" + ".join(name.as_posix() for name in names) for names in self.files.values() if len(names) > 1]
        if not clashes:
            return []
        return [f"{self.name}: {counted(len(clashes), 'stem')} shared by several files ({first_few(clashes)})"]

    def without_partner(self, other: "_Side") -> list[str]:
        lonely = {key: names for key, names in self.files.items() if key not in other.files}
        unread = {key: other.unreadable[key][0] for key in lonely if key in other.unreadable}
        there = [f"{name.as_posix()}: {path.as_posix()}" for key, path in unread.items() for name in lonely[key]]
        gone = [name.as_posix() for key, names in lonely.items() if key not in unread for name in names]
        told = []
        if there:
            remedy = remedies(path.suffix.lower() for path in unread.values())
            partners = f"{counted(len(there), 'image')} whose partner in {other.name} is there, but unreadable"
            told.append(f"{self.name}: {partners} ({first_few(there)}; {remedy})")
        if gone:
            told.append(
                f"{self.name}: {counted(len(gone), 'image')} without a partner in {other.name} ({first_few(gone)})"
            )
        return told


def _paired_side(references: _Side, listing: FolderContents, match: Sequence[str]) -> _Side:
    """The side of result files: by the template that was given, else by name, else by the one that fits all names."""
    given = template_for(listing.folder, match)
    plain = _Side.of(listing, given or STEM)
    if given is not None or any(key in references.files for key in plain.files):
        return plain
    template = found_template(references.files, list(plain.files))
    if template is None:
        return plain
    return _Side.of(listing, template, f"{listing.folder}: paired by '{template}', which fits all its files")


def _by_key(names: Iterable[Path], template: str) -> Files:
    """File names by relative folder and reference's stem, in the order given; what does not fit is nobody's."""
    files: Files = {}
    for name in names:
        stem = reference_stem(name_key(name.stem), name_key(template))
        key = (name_key(name.parent.as_posix()), f"\0{name_key(name.stem)}" if stem is None else stem)
        files.setdefault(key, []).append(name)
    return files

"""Folder against folder: which distorted images belong to which reference, or to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.plan.listing import images_in
from iqa_cli.plan.types import Inputs
from iqa_cli.records import Job

# File names by relative folder and stem.
Groups = dict[tuple[str, str], list[Path]]


@dataclass(frozen=True)
class CommonImage:
    """One image in every folder: its name, the reference's path, and the path in each folder."""

    group: str
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
    found = [(folder, _by_key(images_in(folder, inputs.recursive), "{stem}")) for folder in folders]
    if reference is None:
        whole, all_of = "the other folders", _united(groups for _, groups in found)
    else:
        whole, all_of = reference, _by_key(images_in(reference, inputs.recursive), inputs.match)

    ambiguous = [] if reference is None else _ambiguous(reference, all_of)
    ambiguous += [text for folder, groups in found for text in _ambiguous(folder, groups)]
    if ambiguous:
        raise UsageError(f"{'; '.join(ambiguous)}: keep one file per stem")

    unmatched = [text for folder, groups in found for text in _unmatched(whole, all_of, folder, groups)]
    unmatched += [text for folder, groups in found for text in _unmatched(folder, groups, whole, all_of)]
    keys = [key for key in all_of if all(key in groups for _, groups in found)]
    if unmatched and not (inputs.allow_missing and keys):
        remedy = "; --allow-missing skips them" if keys else ""
        match = f" by --match '{inputs.match}', which may need a suffix as in '{{stem}}_x4'" if reference else ""
        raise UsageError(f"{'; '.join(unmatched)}: names without extension are paired{match}{remedy}")
    rows = [
        CommonImage(
            all_of[key][0].with_suffix("").as_posix(),
            None if reference is None else str(Path(reference, all_of[key][0])),
            tuple(str(Path(folder, groups[key][0])) for folder, groups in found),
        )
        for key in keys
    ]
    return rows, [f"skipped: {text}" for text in unmatched]


def _united(all_groups: Iterable[Groups]) -> Groups:
    """Every key with the first file that has it, sorted by name."""
    united: Groups = {}
    for groups in all_groups:
        for key, names in groups.items():
            united.setdefault(key, names[:1])
    return dict(sorted(united.items()))


def _by_key(names: Iterable[Path], template: str) -> Groups:
    """File names by relative folder and templated stem, in the order given."""
    groups: Groups = {}
    for name in names:
        stem = template.replace("{stem}", name.stem)
        # One file system may spell an accented letter as one code point, another as two.
        key = normalize("NFC", name.parent.as_posix()), normalize("NFC", stem)
        groups.setdefault(key, []).append(name)
    return groups


def _ambiguous(folder: str, groups: Groups) -> list[str]:
    clashes = [" + ".join(name.as_posix() for name in names) for names in groups.values() if len(names) > 1]
    if not clashes:
        return []
    return [f"{folder}: {counted(len(clashes), 'stem')} shared by several files ({first_few(clashes)})"]


def _unmatched(folder: str, groups: Groups, other_folder: str, other_groups: Groups) -> list[str]:
    lonely = [name.as_posix() for key, names in groups.items() if key not in other_groups for name in names]
    if not lonely:
        return []
    return [f"{folder}: {counted(len(lonely), 'image')} without a partner in {other_folder} ({first_few(lonely)})"]

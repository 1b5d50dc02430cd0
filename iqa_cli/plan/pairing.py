"""Folder against folder: which distorted image belongs to which reference."""

from collections.abc import Iterable
from pathlib import Path
from unicodedata import normalize

from iqa_cli.errors import UsageError
from iqa_cli.plan.listing import images_in
from iqa_cli.plan.types import Inputs
from iqa_cli.plan.wording import counted, first_few
from iqa_cli.records import Job

# File names by relative folder and stem.
Groups = dict[tuple[str, str], list[Path]]


def pair_folders(reference: str, distorted: str, inputs: Inputs) -> tuple[list[Job], list[str]]:
    """Pair by relative folder and stem, whatever the extension: `ref/a/1.png` with `dist/a/1.jpg`.

    `inputs.match` says what the distorted file's stem is for a reference's stem. Names decide,
    never positions in a list, so an extra file on one side cannot shift the other pairs.

    Returns:
        The jobs in the order of the references, and messages saying what was left out.

    Raises:
        UsageError: several files of one side share a stem, an image has no partner (unless
            `inputs.allow_missing`), or there is no pair at all.
    """
    references = _by_key(images_in(reference, inputs.recursive), inputs.match)
    distorteds = _by_key(images_in(distorted, inputs.recursive), "{stem}")

    ambiguous = _ambiguous(reference, references) + _ambiguous(distorted, distorteds)
    if ambiguous:
        raise UsageError(f"{'; '.join(ambiguous)}: keep one file per stem")

    unmatched = _unmatched(reference, references, distorted, distorteds)
    unmatched += _unmatched(distorted, distorteds, reference, references)
    keys = [key for key in references if key in distorteds]
    if unmatched and not (inputs.allow_missing and keys):
        remedy = "; --allow-missing skips them" if keys else ""
        raise UsageError(
            f"{'; '.join(unmatched)}: names without extension are paired by --match '{inputs.match}', "
            f"which may need a suffix as in '{{stem}}_x4'{remedy}"
        )
    jobs = [
        Job(image=str(Path(distorted, distorteds[key][0])), reference=str(Path(reference, references[key][0])))
        for key in keys
    ]
    return jobs, [f"skipped: {text}" for text in unmatched]


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

"""BAPPS, the Berkeley-Adobe perceptual patch similarity dataset: its validation part of choices between two patches."""

from pathlib import Path

from iqa_cli.datasets.choices import images_of
from iqa_cli.datasets.items import Choice, Dataset, Item
from iqa_cli.datasets.layout import Folder, find_all, require

JUDGED = "2afc/val/*/judge or val/*/judge"  # 2afc/val/traditional: ref, p0, p1 and judge
JUDGEMENTS = 5  # of each triplet of the validation part


def read_bapps(root: Path) -> list[Choice]:
    """All triplets; the judgement is the share of people to whom p1 was nearer to the reference."""
    import numpy as np

    kinds = require(root, JUDGED).parent.parent
    choices = []
    for judgements in find_all(kinds, "*/judge"):
        kind = judgements.parent
        sides = [{path.stem: path for path in Folder(kind / name)} for name in ("ref", "p0", "p1")]
        for path in Folder(judgements):
            # Each file holds one number. A patch that is missing is told by the audit.
            share = float(np.load(path, allow_pickle=False).ravel()[0])
            reference, a, b = (
                side.get(path.stem, kind / name / f"{path.stem}.png")
                for name, side in zip(("ref", "p0", "p1"), sides, strict=True)
            )
            choices.append(Choice(a, b, reference, share, JUDGEMENTS, kind.name, f"{kind.name}/{reference.name}"))
    return choices


def read_patches(root: Path) -> list[Item]:
    """The distorted patches, without labels."""
    return images_of(read_bapps(root))


BAPPS = Dataset(
    name="bapps",
    title="BAPPS (2AFC, validation part)",
    full_reference=True,
    images=72600,
    references=36300,
    score="choices",
    higher_is_better=True,
    low=None,
    high=None,
    page="https://github.com/richzhang/PerceptualSimilarity",
    terms="none found for the images",
    files=(JUDGED,),
    reader=read_patches,
    note="counts are the published ones, rounded to hundreds; files belong together by their names, as patches are "
    "numbered alike in ref, p0, p1 and judge, which could not be confirmed",
    choices=read_bapps,
    pairs=36300,
)

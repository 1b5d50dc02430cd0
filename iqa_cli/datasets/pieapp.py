"""PieAPP, perceptual image-error assessment through pairwise preference: its test part."""

import re
from pathlib import Path

from iqa_cli.datasets.choices import images_of
from iqa_cli.datasets.items import Choice, Dataset, Item
from iqa_cli.datasets.layout import Folder, find_all, require
from iqa_cli.storage.tables import read_cells

LABELS = "labels/test"
NAME = re.compile(r"distort_.+_(inter|intra)_.+\.\w+", re.IGNORECASE)  # within a type of distortion, or between types
JUDGEMENTS = 40  # of each pair


def read_pieapp(root: Path) -> list[Choice]:
    """All pairs of two distorted images; those with the reference itself are left out.

    The files give the share of people who preferred A, in the fourth column.
    """
    references = Folder(require(root, "reference_images/test"))
    distorted = require(root, "distorted_images/test")
    choices = []
    for labels in find_all(require(root, LABELS), "*_pairwise_labels.csv"):
        folders: dict[str, Folder] = {}
        for reference, a, b, share, *_ in _rows(labels):
            images = folders.setdefault(reference, Folder(distorted / Path(reference).stem))
            if reference in (a, b):
                continue
            kind = NAME.fullmatch(a)
            original = references[reference]
            type = kind[1].lower() if kind else ""
            choices.append(
                Choice(images[a], images[b], original, 1 - float(share), JUDGEMENTS, type, group=original.name)
            )
    return choices


def read_distorted(root: Path) -> list[Item]:
    """The distorted images, without labels."""
    return images_of(read_pieapp(root))


def _rows(labels: Path) -> list[list[str]]:
    """Cells below the header, by position: its names differ between the parts of the set."""
    return [[cell.strip() for cell in cells] for cells in read_cells(labels, "label file")[1:] if len(cells) >= 4]


PIEAPP = Dataset(
    name="pieapp",
    title="PieAPP (test part)",
    full_reference=True,
    images=600,
    references=40,
    score="choices",
    higher_is_better=True,
    low=None,
    high=None,
    page="https://github.com/prashnani/PerceptualImageError/blob/master/dataset/dataset_README.md",
    terms="non-commercial and educational use only",
    files=(LABELS, "reference_images/test", "distorted_images/test"),
    reader=read_distorted,
    note="read by the order of columns that its page tells; the names of its columns could not be confirmed",
    choices=read_pieapp,
    pairs=4200,
)

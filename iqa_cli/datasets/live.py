"""LIVE Image Quality Assessment Database, release 2."""

from collections.abc import Iterator
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import read_mat, read_mat_names
from iqa_cli.datasets.layout import Folder, require
from iqa_cli.errors import UsageError

REALIGNED = "dmos_realigned.mat"
LABELS = f"{REALIGNED} or dmos.mat"  # the second is an older alignment of the scores
# In the vectors of 982 the folders follow one another: img1.bmp to imgN.bmp of each.
FOLDERS = (("jp2k", 227), ("jpeg", 233), ("wn", 174), ("gblur", 174), ("fastfading", 174))
TOP = 112.0  # just above the worst DMOS published, 111.77


def read_live(root: Path) -> list[Item]:
    """The 779 distorted images; MOS = 112 − DMOS. The 203 copies of references are left out."""
    labels = require(root, LABELS)
    realigned = labels.name.lower() == REALIGNED
    dmos = read_mat(labels, "dmos_new" if realigned else "dmos")
    stds = read_mat(labels, "dmos_std") if realigned else [None] * len(dmos)
    references = Folder(require(root, "refimgs"))
    reference_names = read_mat_names(require(root, "refnames_all.mat"), "refnames_all")
    rows = zip(_images(root), reference_names, dmos, stds, strict=True)
    return [
        Item(
            image=image,
            reference=references[name],
            mos=TOP - float(score),
            std=None if std is None else float(std),
            type=type,
            group=references[name].name,
        )
        for (type, image, is_copy), name, score, std in rows
        if not is_copy
    ]


def reference_copies(root: Path) -> list[Path]:
    """Images among the distorted ones that are none: the scores were measured against them."""
    return [image for _, image, is_copy in _images(root) if is_copy]


def _images(root: Path) -> Iterator[tuple[str, Path, bool]]:
    """Distortion type and path of every row of the label vectors, and whether it copies a reference."""
    labels = require(root, LABELS)
    orgs = read_mat(labels, "orgs")
    expected = sum(count for _, count in FOLDERS)
    if len(orgs) != expected:
        raise UsageError(f"{labels}: {len(orgs)} rows where LIVE release 2 has {expected}; take the file as published")
    copies = iter(orgs)
    for name, count in FOLDERS:
        folder = Folder(require(root, name))
        for number in range(1, count + 1):
            yield name, folder[f"img{number}.bmp"], bool(next(copies))


LIVE = Dataset(
    name="live",
    title="LIVE (release 2)",
    full_reference=True,
    images=779,
    references=29,
    score="DMOS",
    higher_is_better=False,
    low=0.0,
    high=TOP,
    page="https://live.ece.utexas.edu/research/quality/subjective.htm",
    terms="free use with notice and citation (University of Texas); download by request",
    files=(LABELS, "refnames_all.mat", "refimgs", *(name for name, _ in FOLDERS)),
    reader=read_live,
    left_out=reference_copies,
)

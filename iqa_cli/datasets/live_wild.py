"""LIVE In the Wild Image Quality Challenge Database (CLIVE)."""

import re
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import read_mat, read_mat_names
from iqa_cli.datasets.layout import Folder, require

LABELS = ("Data/AllImages_release.mat", "Data/AllMOS_release.mat", "Data/AllStdDev_release.mat")
TRAINING = re.compile(r"t\d+\.")  # t1 to t7 taught the raters how to vote; they come first


def read_live_wild(root: Path) -> list[Item]:
    """The 1,162 rated photographs; MOS as published, on 0 to 100."""
    images, mos, std = (require(root, path) for path in LABELS)
    folder = Folder(require(root, "Images"))
    rows = zip(
        read_mat_names(images, "AllImages_release"),
        read_mat(mos, "AllMOS_release"),
        read_mat(std, "AllStdDev_release"),
        strict=True,
    )
    return [
        Item(folder[name], None, float(score), float(spread), group=name)
        for name, score, spread in rows
        if not TRAINING.match(name)
    ]


def training_images(root: Path) -> list[Path]:
    """The images t1 to t7, where a copy keeps them among the others."""
    return [path for path in Folder(require(root, "Images")) if TRAINING.match(path.name)]


LIVE_WILD = Dataset(
    name="live-wild",
    title="LIVE In the Wild",
    full_reference=False,
    images=1162,
    references=None,
    score="MOS",
    higher_is_better=True,
    low=0.0,
    high=100.0,
    page="https://live.ece.utexas.edu/research/ChallengeDB/index.html",
    terms="free use with notice and citation (University of Texas); download by request",
    files=(*LABELS, "Images"),
    reader=read_live_wild,
    left_out=training_images,
)

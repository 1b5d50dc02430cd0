"""Toyama, the image quality database of MICT at the University of Toyama."""

import re
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import FORMS, read_scores
from iqa_cli.datasets.layout import Folder, require

REFERENCES = "ref_imgs or refimgs or refimg"
FOLDERS = {"jp2": ("jpeg2000", "JPEG 2000"), "jpg": ("jpeg", "JPEG")}
# kp01_12_jp2.bmp: reference, strength and codec. kp01_00_jp2.bmp and jpeg/kp01.bmp are the reference itself.
NAME = re.compile(r"(kp\d+)_(?!00)\d+_(jp2|jpg)\.bmp")


def read_toyama(root: Path) -> list[Item]:
    """The 168 compressed images; MOS as published, on 1 to 5. The 28 reference rows are left out."""
    references = Folder(require(root, REFERENCES))
    folders = {codec: Folder(require(root, folder)) for codec, (folder, _) in FOLDERS.items()}
    items = []
    for name, mos in read_scores(root).items():
        if match := NAME.fullmatch(name):
            reference, codec = references[f"{match[1]}.bmp"], match[2]
            image = folders[codec][name]
            items.append(Item(image, reference, mos, type=FOLDERS[codec][1], group=reference.name))
    return items


def reference_copies(root: Path) -> list[Path]:
    """Images among the compressed ones that are references."""
    folders = (Folder(require(root, folder)) for folder, _ in FOLDERS.values())
    return [path for folder in folders for path in folder if not NAME.fullmatch(path.name.lower())]


TOYAMA = Dataset(
    name="toyama",
    title="Toyama (MICT)",
    full_reference=True,
    images=168,
    references=14,
    score="MOS",
    higher_is_better=True,
    low=1.0,
    high=5.0,
    page="http://mict.eng.u-toyama.ac.jp/mictdb.html",
    terms="none found",
    files=("jpeg", "jpeg2000", REFERENCES, FORMS),
    reader=read_toyama,
    left_out=reference_copies,
    note="the layout is that of a redistributed copy; the official one could not be confirmed",
)

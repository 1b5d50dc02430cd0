"""IVC, the image quality database of IRCCyN in Nantes: its colour part."""

import re
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import FORMS, read_scores
from iqa_cli.datasets.layout import Folder, require

# avion_j2000_r1.bmp, barba_flou_f3.bmp (blur), boats_jpeg_lumichr_r2.bmp; the reference is avion.bmp.
NAME = re.compile(r"(\w+?)_(flou|j2000|jpeg|jpeg_lumichr|lar)_[fr]\d\.bmp")
TYPES = {
    "flou": "blur",
    "j2000": "JPEG 2000",
    "jpeg": "JPEG",
    "jpeg_lumichr": "JPEG, luma and chroma",
    "lar": "LAR coding",
}


def read_ivc(root: Path) -> list[Item]:
    """The distorted colour images; MOS as published, on 1 to 5."""
    folder = Folder(require(root, "color"))
    items = []
    for name, mos in read_scores(root).items():
        if match := NAME.fullmatch(name):
            reference = folder[f"{match[1]}.bmp"]
            items.append(Item(folder[name], reference, mos, type=TYPES[match[2]], group=reference.name))
    return items


IVC = Dataset(
    name="ivc",
    title="IVC",
    full_reference=True,
    images=185,
    references=10,
    score="MOS",
    higher_is_better=True,
    low=1.0,
    high=5.0,
    page="http://www2.irccyn.ec-nantes.fr/ivcdb/",
    terms="none found; the page may be gone",
    files=("color", FORMS),
    reader=read_ivc,
    note="the form of the score sheet could not be confirmed: any table with a name and its score in a row will do",
)

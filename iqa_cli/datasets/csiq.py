"""CSIQ, the Categorical Subjective Image Quality database."""

from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import names, numbers, read_sheet
from iqa_cli.datasets.layout import Folder, require

LABELS = "csiq.DMOS.xlsx"
TOP = 1.0  # DMOS runs from 0 to 1
# The type in the sheet, the folder, and how file names spell it: 1600.AWGN.1.png.
TYPES = {
    "noise": ("awgn", "AWGN"),
    "blur": ("blur", "BLUR"),
    "contrast": ("contrast", "contrast"),
    "fnoise": ("fnoise", "fnoise"),
    "jpeg": ("jpeg", "JPEG"),
    "jpeg 2000": ("jpeg2000", "jpeg2000"),
}


def read_csiq(root: Path) -> list[Item]:
    """All distorted images; MOS = 1 − DMOS."""
    columns = ("image", "dst_type", "dst_lev", "dmos", "dmos_std")
    # Three rows of title stand above the header. Pictures are named by words and by numbers (1600).
    options = {"sheet_name": "all_by_image", "header": 3, "dtype": {"image": str}}
    sheet = read_sheet(require(root, LABELS), *columns, **options).dropna(subset="image")
    references = Folder(require(root, "src_imgs"))
    folders = {type: Folder(require(root, f"dst_imgs/{folder}")) for type, (folder, _) in TYPES.items()}
    scores = zip(numbers(sheet["dmos"]), numbers(sheet["dmos_std"]), strict=True)
    rows = zip(names(sheet["image"]), names(sheet["dst_type"]), sheet["dst_lev"], scores, strict=True)
    items = []
    for picture, type, level, (dmos, std) in rows:
        reference = references[f"{picture}.png"]
        image = folders[type][f"{picture}.{TYPES[type][1]}.{int(level)}.png"]
        items.append(Item(image, reference, TOP - dmos, std, type=type, group=reference.name))
    return items


CSIQ = Dataset(
    name="csiq",
    title="CSIQ",
    full_reference=True,
    images=866,
    references=30,
    score="DMOS",
    higher_is_better=False,
    low=0.0,
    high=TOP,
    page="https://s2.smu.edu/~eclarson/csiq.html",
    terms="none found on its page",
    files=(LABELS, "src_imgs", "dst_imgs"),
    reader=read_csiq,
)

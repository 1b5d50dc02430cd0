"""TID2008 and TID2013: one layout, told apart by the four and five levels of each distortion."""

import re
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import parts, read_text_lines
from iqa_cli.datasets.layout import Folder, find, require

LABELS = "mos_with_names.txt"  # lines such as "5.51429 I01_01_1.bmp": reference, type and level
NAME = re.compile(r"(i\d+)_(\d+)_(\d+)\.bmp", re.IGNORECASE)
FILES = (LABELS, "distorted_images", "reference_images")

# The first 17 are those of TID2008 too.
TYPES = (
    "additive Gaussian noise",
    "additive noise in colour components",
    "spatially correlated noise",
    "masked noise",
    "high frequency noise",
    "impulse noise",
    "quantization noise",
    "Gaussian blur",
    "image denoising",
    "JPEG",
    "JPEG 2000",
    "JPEG transmission errors",
    "JPEG 2000 transmission errors",
    "non eccentricity pattern noise",
    "local block-wise distortions",
    "mean shift",
    "contrast change",
    "change of colour saturation",
    "multiplicative Gaussian noise",
    "comfort noise",
    "lossy compression of noisy images",
    "colour quantization with dither",
    "chromatic aberrations",
    "sparse sampling and reconstruction",
)


def read_tid(root: Path) -> list[Item]:
    """All distorted images; MOS as published, on 0 to 9."""
    distorted = Folder(require(root, "distorted_images"))
    references = Folder(require(root, "reference_images"))
    rows = [line.split() for line in read_text_lines(require(root, LABELS))]
    deviations = find(root, "mos_std.txt")  # in the order of the labels
    stds = [float(line) for line in deviations.read_text().split()] if deviations else [None] * len(rows)
    items = []
    for (mos, name), std in zip(rows, stds, strict=True):
        reference_name, type, _ = parts(NAME, name)
        reference = references[f"{reference_name}.bmp"]
        items.append(Item(distorted[name], reference, float(mos), std, type=TYPES[int(type) - 1], group=reference.name))
    return items


def has_five_levels(root: Path) -> bool:
    """True for TID2013."""
    return "_5.bmp" in require(root, LABELS).read_text(errors="replace").lower()


def has_four_levels(root: Path) -> bool:
    """True for TID2008."""
    return not has_five_levels(root)


TID2008 = Dataset(
    name="tid2008",
    title="TID2008",
    full_reference=True,
    images=1700,
    references=25,
    score="MOS",
    higher_is_better=True,
    low=0.0,
    high=9.0,
    page="https://www.ponomarenko.info/tid2008.htm",
    terms="education and research only, free, no modification without permission",
    files=FILES,
    reader=read_tid,
    recognise=has_four_levels,
)

TID2013 = Dataset(
    name="tid2013",
    title="TID2013",
    full_reference=True,
    images=3000,
    references=25,
    score="MOS",
    higher_is_better=True,
    low=0.0,
    high=9.0,
    page="https://www.ponomarenko.info/tid2013.htm",
    terms="taken to be those of TID2008: education and research only",
    files=FILES,
    reader=read_tid,
    recognise=has_five_levels,
)

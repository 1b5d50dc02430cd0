"""PIPAL: its training part, and the images of the NTIRE 2021 challenge whose labels are not public."""

import re
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import parts, read_text_lines
from iqa_cli.datasets.layout import Folder, find_all, require

NAME = re.compile(r"(a\d+)_(\d+)_\d+\.bmp", re.IGNORECASE)
PAGE = "https://www.jasongt.com/projectpages/pipal.html"
REFERENCES = {"valid": "val*_ref*", "test": "test_ref* or ntire20*test*_ref*"}
DISTORTED = {"valid": "val*_dis*", "test": "test_dis* or ntire20*test*_dis*"}


def read_training(root: Path) -> list[Item]:
    """The rated images; MOS is the Elo score as published. The type is the number of its group, 00 to 06."""
    references = Folder(require(root, "Train_Ref"))
    distorted = Folder(*filter(Path.is_dir, find_all(root, "Distortion*")))
    rows = (line.split(",") for labels in find_all(root, "Train_Label/*.txt") for line in read_text_lines(labels))
    return [_item(distorted[name.strip()], references, float(elo)) for name, elo in rows]


def read_validation(root: Path) -> list[Item]:
    """The images of the 2021 validation part, every MOS NaN: scores go to the challenge server."""
    return _unrated(root, "valid")


def read_test(root: Path) -> list[Item]:
    """The images of the 2021 test part, every MOS NaN: scores go to the challenge server."""
    return _unrated(root, "test")


def _unrated(root: Path, part: str) -> list[Item]:
    references = Folder(require(root, REFERENCES[part]))
    images = find_all(require(root, DISTORTED[part]), "*.bmp")
    return [_item(image, references, float("nan")) for image in images]


def _item(image: Path, references: Folder, mos: float) -> Item:
    """From A0001_gg_vv.bmp: reference, group of distortions, variant."""
    name, group = parts(NAME, image.name)
    reference = references[f"{name}.bmp"]
    return Item(image, reference, mos, type=group, group=reference.name)


PIPAL = Dataset(
    name="pipal",
    title="PIPAL (training part)",
    full_reference=True,
    images=23200,
    references=200,
    score="Elo",
    higher_is_better=True,
    # Elo scores have no ends of their own: these are the worst and the best of the training part.
    low=916.7136,
    high=1835.9856,
    page=PAGE,
    terms="none found on its page",
    files=("Train_Ref", "Train_Label", "Distortion*"),
    reader=read_training,
)

PIPAL_VALID = Dataset(
    name="pipal-valid",
    title="PIPAL (NTIRE 2021 validation part, unrated)",
    full_reference=True,
    images=1000,
    references=25,
    score="not public",
    higher_is_better=True,
    low=None,
    high=None,
    page=PAGE,
    terms="none found on its page",
    files=(REFERENCES["valid"], DISTORTED["valid"]),
    reader=read_validation,
    note="folder names as users of the challenge report them (Val_Ref, Val_Distort)",
)

PIPAL_TEST = Dataset(
    name="pipal-test",
    title="PIPAL (NTIRE 2021 test part, unrated)",
    full_reference=True,
    images=1650,
    references=25,
    score="not public",
    higher_is_better=True,
    low=None,
    high=None,
    page=PAGE,
    terms="none found on its page",
    files=(REFERENCES["test"], DISTORTED["test"]),
    reader=read_test,
    note="folder names not confirmed; Test_Ref with Test_Dis..., and those of NTIRE 2022, are taken",
)

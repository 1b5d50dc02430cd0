"""BIQ2021, a large-scale blind image quality assessment database."""

from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import names, numbers, read_labels
from iqa_cli.datasets.layout import Folder, find, require

# The authors' GitHub page has had both pairs of names; `mos.csv` is a part of the set in one table.
PAIRS = (("Train (Images and MOS).csv", "Test (Images and MOS).csv"), ("Train.csv", "Test.csv"), ("mos.csv",))


def read_biq2021(root: Path) -> list[Item]:
    """The photographs of both official parts; MOS as published, on 0 to 1.

    To keep the parts apart, give the label file of one of them as the list of a split.
    """
    folder = Folder(require(root, "Images"))
    tables = next(found for pair in PAIRS if (found := [path for name in pair if (path := find(root, name))]))
    items = []
    for table in tables:
        labels = read_labels(table, "mos")
        file_names = names(labels.iloc[:, 0])  # the column is called "Image Name", or image
        items += [
            Item(folder[name], None, mos, group=name)
            for name, mos in zip(file_names, numbers(labels["mos"]), strict=True)
        ]
    return items


BIQ2021 = Dataset(
    name="biq2021",
    title="BIQ2021",
    full_reference=False,
    images=12000,
    references=None,
    score="MOS",
    higher_is_better=True,
    low=0.0,
    high=1.0,
    page="https://github.com/nisarahmedrana/BIQ2021",
    terms="no licence file; published for research",
    files=(" or ".join(name for pair in PAIRS for name in pair), "Images"),
    reader=read_biq2021,
    note="its workbook BIQ2021.xlsx, with standard deviations, is not read: its columns could not be confirmed",
)

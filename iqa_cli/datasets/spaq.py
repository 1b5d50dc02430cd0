"""SPAQ, smartphone photography attribute and quality."""

from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import names, numbers, read_labels
from iqa_cli.datasets.layout import Folder, require

SHEET = "MOS and Image attribute scores.xlsx"
LABELS = f"Annotations/{SHEET} or {SHEET}"


def read_spaq(root: Path) -> list[Item]:
    """All photographs; MOS as published, on 0 to 100."""
    labels = read_labels(require(root, LABELS), "image name", "mos")
    folder = Folder(require(root, "TestImage"))
    return [
        Item(folder[name], None, mos, group=name)
        for name, mos in zip(names(labels["image name"]), numbers(labels["mos"]), strict=True)
    ]


SPAQ = Dataset(
    name="spaq",
    title="SPAQ",
    full_reference=False,
    images=11125,
    references=None,
    score="MOS",
    higher_is_better=True,
    low=0.0,
    high=100.0,
    page="https://github.com/h4nwei/SPAQ",
    terms="education and research only, keep the notice; no commercial use without permission",
    files=(LABELS, "TestImage"),
    reader=read_spaq,
)

"""KADID-10k, the Konstanz artificially distorted image quality database."""

import re
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import names, numbers, parts, read_labels
from iqa_cli.datasets.layout import Folder, require

RATINGS = 30  # of each image
NAME = re.compile(r"i\d+_(\d+)_\d+\.png", re.IGNORECASE)  # I01_TT_LL.png: reference, type and level


def read_kadid10k(root: Path) -> list[Item]:
    """All distorted images; the scores are called DMOS but run from 1 to 5, higher is better."""
    from iqa_cli.distortions import DISTORTIONS

    labels = read_labels(require(root, "dmos.csv"), "dist_img", "ref_img", "dmos", "var")
    images = Folder(require(root, "images"))
    # The column called var holds standard deviations: 0.496 beside 4.57 is that of 17 ratings of 5 and
    # 13 of 4, while no thirty whole ratings with that mean have such a variance.
    rows = zip(
        names(labels["dist_img"]),
        names(labels["ref_img"]),
        numbers(labels["dmos"]),
        numbers(labels["var"]),
        strict=True,
    )
    items = []
    for name, reference_name, mos, std in rows:
        reference = images[reference_name]
        (type,) = parts(NAME, name)
        items.append(
            Item(
                images[name], reference, mos, std, type=DISTORTIONS[int(type)].name, group=reference.name, count=RATINGS
            )
        )
    return items


KADID10K = Dataset(
    name="kadid10k",
    title="KADID-10k",
    full_reference=True,
    images=10125,
    references=81,
    score="DMOS",
    higher_is_better=True,
    low=1.0,
    high=5.0,
    page="https://database.mmsp-kn.de/kadid-10k-database.html",
    terms="no formal licence; free for research, cite it",
    files=("dmos.csv", "images"),
    reader=read_kadid10k,
)

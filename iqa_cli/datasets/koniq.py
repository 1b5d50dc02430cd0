"""KonIQ-10k at full size (1024x768) and at half size (512x384)."""

from functools import partial
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.label_files import names, numbers, read_labels
from iqa_cli.datasets.layout import Folder, require

# The first counts votes; the second, from the authors' GitHub page, has them as fractions.
LABELS = (
    "koniq10k_scores_and_distributions.csv"
    " or koniq10k_distributions_sets.csv"
    " or koniq10k_scores_and_distributions/koniq10k_scores_and_distributions.csv"
)
FULL = "1024x768 or koniq10k_1024x768"
HALF = "512x384 or koniq10k_512x384"
VOTES = ("c1", "c2", "c3", "c4", "c5")
PAGE = "https://database.mmsp-kn.de/koniq-10k-database.html"
TERMS = "none found on its page; the photographs are from YFCC100M, under Creative Commons licences"


def read_koniq(images: str, root: Path) -> list[Item]:
    """All photographs; MOS is the mean vote, 1 to 5.

    The MOS column is not used: it is the mean vote in the one label file, a z-score stretched to
    0 to 100 in the other. SD is in votes in both.
    """
    labels = read_labels(require(root, LABELS), "image_name", *VOTES, "sd")
    folder = Folder(require(root, images))
    votes = list(zip(*(numbers(labels[column]) for column in VOTES), strict=True))
    totals = numbers(labels["c_total"]) if "c_total" in labels.columns else [_total(counts) for counts in votes]
    return [
        Item(folder[name], None, _mean(counts), std, votes=counts, group=name, count=total)
        for name, counts, std, total in zip(
            names(labels["image_name"]), votes, numbers(labels["sd"]), totals, strict=True
        )
    ]


def _total(votes: tuple[float, ...]) -> float | None:
    """How many voted; fractions do not tell."""
    total = sum(votes)
    return total if total >= len(VOTES) else None


def _mean(votes: tuple[float, ...]) -> float:
    total = sum(votes)
    return sum(level * count for level, count in enumerate(votes, start=1)) / total if total else float("nan")


KONIQ10K = Dataset(
    name="koniq10k",
    title="KonIQ-10k",
    full_reference=False,
    images=10073,
    references=None,
    score="MOS",
    higher_is_better=True,
    low=1.0,
    high=5.0,
    page=PAGE,
    terms=TERMS,
    files=(LABELS, FULL),
    reader=partial(read_koniq, FULL),
)

KONIQ10K_512 = Dataset(
    name="koniq10k-512",
    title="KonIQ-10k at 512x384",
    full_reference=False,
    images=10073,
    references=None,
    score="MOS",
    higher_is_better=True,
    low=1.0,
    high=5.0,
    page=PAGE,
    terms=TERMS,
    files=(LABELS, HALF),
    reader=partial(read_koniq, HALF),
)

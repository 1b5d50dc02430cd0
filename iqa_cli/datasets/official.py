"""The datasets by name, and reading one from its folder."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from iqa_cli.datasets.bapps import BAPPS
from iqa_cli.datasets.biq2021 import BIQ2021
from iqa_cli.datasets.csiq import CSIQ
from iqa_cli.datasets.items import Choice, Dataset, Item
from iqa_cli.datasets.ivc import IVC
from iqa_cli.datasets.kadid10k import KADID10K
from iqa_cli.datasets.koniq import KONIQ10K, KONIQ10K_512
from iqa_cli.datasets.layout import find
from iqa_cli.datasets.live import LIVE
from iqa_cli.datasets.live_wild import LIVE_WILD
from iqa_cli.datasets.pieapp import PIEAPP
from iqa_cli.datasets.pipal import PIPAL, PIPAL_TEST, PIPAL_VALID
from iqa_cli.datasets.spaq import SPAQ
from iqa_cli.datasets.tid import TID2008, TID2013
from iqa_cli.datasets.toyama import TOYAMA
from iqa_cli.errors import IqaError, UsageError
from iqa_cli.ground.folders import entries

_ALL = (
    *(LIVE, TID2008, TID2013, CSIQ, IVC, TOYAMA, KADID10K, PIPAL, PIPAL_VALID, PIPAL_TEST),
    *(KONIQ10K, KONIQ10K_512, LIVE_WILD, BIQ2021, SPAQ),
    *(BAPPS, PIEAPP),
)

T = TypeVar("T")

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in _ALL}


def find_dataset(name: str) -> Dataset:
    """The dataset of that name. Raises UsageError, which lists the names, when there is none."""
    if name not in DATASETS:
        raise UsageError(f"unknown dataset {name!r}: choose {', '.join(DATASETS)}")
    return DATASETS[name]


def load(name: str, root: str | Path) -> list[Item]:
    """All rated images of a dataset in its official layout.

    Whether the images exist and can be decoded is for the audit to say.

    Raises:
        UsageError: the name is unknown; the folder or a file of the layout is missing, or belongs to
            another dataset; a label file cannot be read.
        MissingExtraError: the labels are a spreadsheet and openpyxl is not installed.
    """
    dataset = find_dataset(name)
    return _read(dataset, Path(root), dataset.reader)


def load_choices(name: str, root: str | Path) -> list[Choice]:
    """All pairs of a dataset of choices, as `load` reads rated images; none of a dataset that has no choices."""
    dataset = find_dataset(name)
    return _read(dataset, Path(root), dataset.choices) if dataset.choices else []


def _read(dataset: Dataset, root: Path, reader: Callable[[Path], list[T]]) -> list[T]:
    _check_layout(dataset, root)
    try:
        found = reader(root)
    except IqaError:
        raise
    except Exception as error:  # a label file can be broken in any way
        reason = " ".join(str(error).split())
        raise UsageError(
            f"{root}: the labels of {dataset.title} cannot be read ({type(error).__name__}: {reason});"
            f" take them anew from {dataset.page}"
        ) from error
    if not found:
        raise UsageError(f"{root}: the labels of {dataset.title} are empty; take them anew from {dataset.page}")
    return found


def _check_layout(dataset: Dataset, root: Path) -> None:
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; {dataset.title} is to be had at {dataset.page}")
    if _fits(dataset, root):
        return
    others = [other for other in DATASETS.values() if _fits(other, root)]
    if others:
        raise UsageError(f"{root}: this looks like {others[0].title}, not {dataset.title}: ask for {others[0].name}")
    inside = [folder for folder in entries(root) if folder.is_dir() and _fits(dataset, folder)]
    if inside:
        raise UsageError(f"{root}: {dataset.title} is one folder further down: give {inside[0]}")
    missing = [wanted for wanted in dataset.files if find(root, wanted) is None]
    looked_for = "; ".join(missing)
    raise UsageError(
        f"{root}: this is not {dataset.title} (looked for {looked_for}); it is to be had at {dataset.page}"
    )


def _fits(dataset: Dataset, root: Path) -> bool:
    return all(find(root, wanted) for wanted in dataset.files) and dataset.recognise(root)

"""One rated image, one choice between two, and one dataset declared as data."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.ground.box import Box


@dataclass(frozen=True)
class Item:
    """An image and what people said of it.

    `mos` and `std` are in the dataset's own units, but higher is always better: difference scores
    (DMOS) come as a fixed top minus DMOS, which leaves `std` as it is. A NaN `mos` is a label that is
    missing or kept secret. `votes` are counts or fractions of the levels 1 (bad) to 5 (excellent).
    `type` names the distortion, `mask` and `box` what of the image is scored. `group` is what must
    stay on one side of a split: the file name of the reference, or of the image itself where there is none.
    `count` is how many people rated the image, where that is known.
    """

    image: Path
    reference: Path | None
    mos: float
    std: float | None = None
    votes: tuple[float, ...] | None = None
    type: str = ""
    group: str = ""
    count: float | None = None
    mask: Path | None = None
    box: Box | None = None


@dataclass(frozen=True)
class Choice:
    """Two images that people chose between: which is better, or nearer to the reference.

    `preference` is the share of people who preferred `image_b`, 0 to 1, and 0.5 where they were evenly parted: what
    BAPPS calls the judgement. `count` is how many were asked. `type` and `group` are those of an `Item`; an empty
    `group` is the reference, or without one the pair itself.
    """

    image_a: Path
    image_b: Path
    reference: Path | None
    preference: float
    count: float = 1.0
    type: str = ""
    group: str = ""


def nothing_left_out(root: Path) -> Collection[Path]:
    """Most datasets rate all their images."""
    return ()


def always(root: Path) -> bool:
    """Most datasets are known by the names of their files alone."""
    return True


@dataclass(frozen=True)
class Dataset:
    """What there is to know of a dataset, and how to read it.

    `images` and `references` are the official counts. `score` and `higher_is_better` say how it was
    published. `low` and `high` are the ends of the scale of `Item.mos`, where quality is 1 and 5 on
    the five-point scale; None where labels are not public.

    `files` must all be in the folder; " or " parts the names one of them may have, `*` stands for
    anything, and case does not matter. `recognise` tells apart datasets whose files have the same
    names. `reader` returns the rated images, `left_out` those it leaves out on purpose. `note`
    says what of the layout could not be confirmed. Where people chose between two images, `choices` returns what they
    chose, of officially so many `pairs`; `reader` then returns the images, without labels.
    """

    name: str
    title: str
    full_reference: bool
    images: int
    references: int | None
    score: str
    higher_is_better: bool
    low: float | None
    high: float | None
    page: str
    terms: str
    files: tuple[str, ...]
    reader: Callable[[Path], list[Item]]
    left_out: Callable[[Path], Collection[Path]] = nothing_left_out
    recognise: Callable[[Path], bool] = always
    note: str = ""
    choices: Callable[[Path], list[Choice]] | None = None
    pairs: int | None = None

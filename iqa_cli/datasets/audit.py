"""What is wrong with the data, found all at once before hours of training or scoring."""

import math
import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.ground.folders import pictures_in
from iqa_cli.ground.frame_names import file_of
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.storage.access import exists
from iqa_cli.storage.names import is_local_file, is_url, name_of

# Of the width of the scale. Scores made from differences or z-scores pass its ends a little: LIVE has
# a DMOS of -2.64, BIQ2021 a MOS of -0.03.
SLACK = 0.05
EXAMPLES = 3


class Kind(StrEnum):
    """What can be wrong, in the words of the message."""

    MISSING_IMAGE = "missing image"
    MISSING_REFERENCE = "missing reference"
    UNREADABLE = "unreadable image"
    OUT_OF_RANGE = "label out of range"
    NAN = "NaN label"
    INFINITE = "infinite label"
    DUPLICATE = "duplicate image"
    UNLABELLED = "image without label"
    TOO_SMALL = "too small"
    SIZES_DIFFER = "size is not its reference's"


@dataclass(frozen=True)
class Problem:
    """One finding: its kind, the image (or unreadable reference) it concerns, and one line on it."""

    kind: Kind
    image: Path
    message: str


def audit(items: Sequence[Item], low: float | None = None, high: float | None = None) -> list[Problem]:
    """Missing and repeated images, missing references, and labels that are no scores. No image is opened.

    Args:
        items: rated images, in any order.
        low: lower end of the scale; without it, labels are not looked at (they may be secret).
        high: upper end of the scale. Labels may pass both ends by 5 % of the width.
    """
    problems = _files(items)
    if low is not None and high is not None:
        problems += _labels(items, low, high)
    return problems


def audit_dataset(dataset: Dataset, root: Path, items: Sequence[Item]) -> list[Problem]:
    """Like `audit`, on the dataset's own scale, and images in its folders that no label names."""
    return audit(items, dataset.low, dataset.high) + _unlabelled(items, dataset.left_out(root))


def describe(problems: Iterable[Problem]) -> str:
    """All findings in one message: their number, then a line for each kind with up to 3 examples."""
    by_kind: dict[str, list[str]] = {}
    for problem in problems:
        by_kind.setdefault(problem.kind, []).append(problem.message)
    total = counted(sum(map(len, by_kind.values())), "problem")
    lines = [
        # Many images share a missing reference, which is named once.
        f"{kind}: {len(found)} ({first_few(list(dict.fromkeys(found)), '; ', EXAMPLES)})"
        for kind, found in by_kind.items()
    ]
    return "\n  ".join([f"{total} in the data", *lines])


def without_bad(items: Sequence[Item], problems: Iterable[Problem]) -> list[Item]:
    """The items that can be used as they are; of an image listed twice, the first."""
    bad = {problem.image for problem in problems if problem.kind is not Kind.DUPLICATE}
    first = {item.image: item for item in reversed(items)}
    return [item for item in items if first[item.image] is item and bad.isdisjoint({item.image, item.reference})]


def _there(image: Path) -> bool:
    """Whether an image is there; of a frame its file. One at a URL is taken for there: to ask for each takes long."""
    name = name_of(image)
    if is_local_file(name):
        return any(map(os.path.isfile, (name, file_of(name))))  # pathlib raises where it may not look
    return is_url(name) or exists(name) or exists(file_of(name))


def _files(items: Sequence[Item]) -> list[Problem]:
    problems = [Problem(Kind.MISSING_IMAGE, item.image, str(item.image)) for item in items if not _there(item.image)]
    missing = Counter(item.reference for item in items if item.reference and not _there(item.reference))
    problems += [
        Problem(Kind.MISSING_REFERENCE, item.image, f"{item.reference}, of {counted(missing[item.reference], 'image')}")
        for item in items
        if item.reference is not None and item.reference in missing
    ]
    repeated = Counter(item.image for item in items)
    problems += [
        Problem(Kind.DUPLICATE, image, f"{image} is listed {count} times")
        for image, count in repeated.items()
        if count > 1
    ]
    return problems


def _labels(items: Sequence[Item], low: float, high: float) -> list[Problem]:
    slack = SLACK * (high - low)
    problems = []
    for item in items:
        if math.isnan(item.mos):
            problems.append(Problem(Kind.NAN, item.image, str(item.image)))
        elif math.isinf(item.mos) or (item.std is not None and math.isinf(item.std)):
            problems.append(Problem(Kind.INFINITE, item.image, str(item.image)))
        elif not low - slack <= item.mos <= high + slack:
            message = f"{item.image} has {item.mos:g}, outside {low:g} to {high:g}"
            problems.append(Problem(Kind.OUT_OF_RANGE, item.image, message))
    return problems


def _unlabelled(items: Sequence[Item], left_out: Collection[Path]) -> list[Problem]:
    known = {item.image for item in items} | {item.reference for item in items} | set(left_out)
    folders = sorted({item.image.parent for item in items})
    pictures = [folder / name for folder in folders if folder.is_dir() for name in pictures_in(folder).pictures]
    return [Problem(Kind.UNLABELLED, path, str(path)) for path in pictures if path not in known]

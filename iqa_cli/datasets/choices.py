"""What people chose between two images: rows of one pair taken together, and the images there are to score."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from iqa_cli.datasets.items import Choice, Item
from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import counted, first_few


def merged(choices: Iterable[Choice]) -> list[Choice]:
    """One choice a pair: rows of the same two images, in either order, count together.

    The preference is that of all who were asked, in the order of the images of the first row. So a log with one vote a
    row is worth what a table of shares is.
    """
    pairs: dict[tuple, Choice] = {}
    for choice in choices:
        key = (choice.reference, choice.type, choice.group, frozenset((choice.image_a, choice.image_b)))
        first = pairs.get(key)
        if first is None:
            pairs[key] = choice
            continue
        same_order = first.image_a == choice.image_a
        share = choice.preference if same_order else 1 - choice.preference
        count = first.count + choice.count
        preference = (first.preference * first.count + share * choice.count) / count
        pairs[key] = replace(first, preference=preference, count=count)
    return list(pairs.values())


def images_of(choices: Sequence[Choice]) -> list[Item]:
    """The images of all pairs, each once, without labels: what models score.

    Raises UsageError when an image is paired with two references, for its scores could not be told apart.
    """
    items: dict[Path, Item] = {}
    twice = []
    for choice in choices:
        for image in (choice.image_a, choice.image_b):
            item = Item(image, choice.reference, float("nan"), type=choice.type, group=_group(choice, image))
            if items.setdefault(image, item).reference != choice.reference:
                twice.append(str(image))
    if twice:
        raise UsageError(
            f"{counted(len(set(twice)), 'image')} with several references ({first_few(list(dict.fromkeys(twice)))}); "
            "give each reference a copy of its own"
        )
    return list(items.values())


def _group(choice: Choice, image: Path) -> str:
    return choice.group or str(choice.reference or image)

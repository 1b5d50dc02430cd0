"""Which pictures make batch number n: a function of the seed and n alone, so that a run can be resumed anywhere."""

from collections.abc import Hashable, Sequence

import numpy as np


def epoch(groups: Sequence[Hashable], batch: int, seed: Sequence[int]) -> list[list[int]]:
    """All items in random order, in batches of one group each (images of one size), batches in random order.

    A group's remainder is left out, another one each epoch; a group smaller than a batch makes one of its own.

    Args:
        groups: the group of each item.
        batch: items in a batch.
        seed: of the order.
    """
    rng = np.random.default_rng(seed)
    members: dict[Hashable, list[int]] = {}
    for item in rng.permutation(len(groups)):
        members.setdefault(groups[item], []).append(int(item))
    batches = [own[i : i + batch] for own in members.values() for i in range(0, max(len(own) - batch, 0) + 1, batch)]
    return [batches[i] for i in rng.permutation(len(batches))]


def batch_at(step: int, groups: Sequence[Hashable], batch: int, seed: Sequence[int]) -> list[int]:
    """The items of batch number `step` when epochs follow one another."""
    number, place = divmod(step, steps_an_epoch(groups, batch))
    return epoch(groups, batch, [*seed, number])[place]


def steps_an_epoch(groups: Sequence[Hashable], batch: int) -> int:
    """Batches in an epoch."""
    sizes: dict[Hashable, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    return sum(max(size // batch, 1) for size in sizes.values())


def evenly(items: list, most: int | None) -> list:
    """At most `most` items, evenly taken."""
    return items if most is None else items[:: max(1, len(items) // most)][:most]

"""Batches: that they follow from seed and step alone, and how processes share them."""

from collections import Counter
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from miniature import RATED, SYNTHETIC, batches_of, examples

from iqa_cli.training import picture_files
from iqa_cli.training.batches import Batch, Batches
from iqa_cli.training.gather import Data


def same(a, b):
    """Whether two batches hold the same."""

    def equal(x, y):
        return torch.equal(x, y) if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor) else x == y

    return all(
        equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Batch) if f.name not in ("total", "weight")
    )


def test_a_batch_is_a_function_of_its_step_and_the_seed(material):
    found, again = (batches_of((SYNTHETIC, RATED), material) for _ in range(2))
    for step in (0, 5):
        assert same(found[step], again[step]) and same(found[step], found[step])
        assert not same(found[step], found[step + 1])
    other = Batches(replace(found.recipe, seed=8), material)
    assert not same(found[0], other[0]) and not same(found[5], other[5])
    assert len(found) == 7


@pytest.mark.parametrize("kind", ["synthetic", "rated", "joined", "pairs"])
def test_the_parts_of_two_processes_make_the_batch_of_one(material, kind):
    stage = {
        "synthetic": replace(SYNTHETIC, batch=4),
        "rated": RATED,
        "joined": replace(RATED, distorted=3, degraded=0.5, grid=2),
        "pairs": RATED,
    }[kind]
    if kind == "pairs":
        material = replace(material, rated=examples(material.photographs, material.photographs[::-1]))
    whole, first, second = (batches_of((stage,), material, rank, world)[1] for rank, world in ((0, 1), (0, 2), (1, 2)))
    assert whole.total == first.total == second.total == len(whole.score)
    pairs = [(first, second)]
    if kind == "joined":  # first the rated ones, then the others: both are shared in turn
        pairs = [(rows(first, 0, 2), rows(second, 0, 2)), (rows(first, 2, 9), rows(second, 2, 9))]
    together = [interleaved(*pair, stage.versions if kind == "synthetic" else 1) for pair in pairs]
    for name in ("distorted", "score", "distribution", "reference"):
        parts = [getattr(part, name) for part in together if getattr(part, name) is not None]
        expected = getattr(whole, name)
        assert (expected is None and not parts) or torch.equal(torch.cat(parts), expected), name


def rows(batch, start, stop):
    return Batch(batch.distorted[start:stop], batch.score[start:stop], batch.distribution[start:stop])


def interleaved(first, second, versions):
    """The photographs of two processes in turn, each with its versions."""

    def merged(a, b, each):
        if a is None:
            return None
        groups = [list(torch.split(part, each)) for part in (a, b)]
        return torch.cat([groups[n % 2][n // 2] for n in range(len(groups[0]) + len(groups[1]))])

    names = ("distorted", "score", "distribution")
    return Batch(
        **{n: merged(getattr(first, n), getattr(second, n), versions) for n in names},
        reference=merged(first.reference, second.reference, 1),
    )


def test_where_images_of_one_size_are_fewer_than_processes_each_takes_them_all(pictures):
    material = Data([], [], examples(pictures((50, 60), (40, 40))), [])
    stage = replace(RATED, crop=0, batch=3)
    for step in range(2):
        whole = batches_of((stage,), material)[step]
        parts = [batches_of((stage,), material, rank, 3)[step] for rank in range(3)]
        assert all(same(part, whole) for part in parts)
        assert [part.total for part in parts] == [3 * len(whole.score)] * 3  # so the mean loss stays what it is


def test_a_batch_tells_the_source_of_each_image_and_distorted_photographs_are_one_of_their_own(material):
    named = [replace(e, source=f"biq2021 ss0{3 - number % 3}") for number, e in enumerate(material.rated)]
    of = {round(e.score, 4): ["biq2021 ss01", "biq2021 ss02", "biq2021 ss03"].index(e.source) for e in named}
    batch = batches_of((replace(RATED, batch=6, distorted=2),), replace(material, rated=named))[0]
    assert batch.source.tolist() == [*(of[round(score, 4)] for score in batch.score.tolist()[:6]), -1, -1]
    assert torch.equal(torch.cat([batch.part(n, 3).source for n in range(3)]), batch.source)


def test_a_batch_is_cut_into_parts_that_keep_references_with_their_versions(material):
    batch = batches_of((SYNTHETIC,), material)[0]
    parts = [batch.part(number, 2) for number in range(2)]
    assert [len(part.reference) for part in parts] == [2, 1]
    assert [len(part.score) for part in parts] == [8, 4] and all(part.total == 12 for part in parts)
    for name in ("distorted", "score", "distribution", "reference"):
        assert torch.equal(torch.cat([getattr(part, name) for part in parts]), getattr(batch, name))


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(1, 5), st.integers(0, 99)
)  # sizes of images
def test_an_epoch_takes_each_image_at_most_once_in_full_batches_of_one_resolution(groups, batch, seed):
    found = picture_files.epoch(groups, batch, [seed])
    items = [item for members in found for item in members]
    assert len(items) == len(set(items))
    sizes = Counter(groups)
    for members in found:
        (group,) = {groups[item] for item in members}
        assert len(members) == min(batch, sizes[group])
    left_out = Counter(groups) - Counter(groups[item] for item in items)
    assert left_out == Counter({g: n % batch for g, n in sizes.items() if n > batch and n % batch})
    assert len(found) == picture_files.steps_an_epoch(groups, batch)


def test_every_image_comes_once_in_an_epoch_and_epochs_differ():
    groups = ["small"] * 6 + ["large"] * 4
    epochs = [[picture_files.batch_at(step, groups, 2, [3]) for step in range(5 * e, 5 * e + 5)] for e in range(3)]
    for found in epochs:
        assert sorted(item for members in found for item in members) == list(range(10))
    assert epochs[0] != epochs[1] != epochs[2]


def test_what_an_epoch_leaves_out_comes_in_another():
    seen = {item for step in range(20) for item in picture_files.batch_at(step, ["a"] * 5, 2, [0])}
    assert seen == set(range(5))


def test_whole_images_come_in_batches_of_one_resolution(pictures):
    material = Data([], [], examples(pictures(*[(48, 64)] * 3, *[(40, 40)] * 3)), [])
    found = batches_of((replace(RATED, crop=0, batch=3),), material)
    assert {tuple(found[step].distorted.shape) for step in range(2)} == {(3, 3, 48, 64), (3, 3, 40, 40)}


def test_a_stage_takes_the_images_that_hold_its_crops(pictures):
    material = Data([], [], examples(pictures((40, 90), *[(80, 90)] * 2)), [])
    found = batches_of((replace(RATED, batch=2),), material)
    assert all(set(found[step].score.tolist()) == {3.0, 4.5} for step in range(4))

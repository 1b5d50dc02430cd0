"""Batches: what they hold, that they follow from seed and step alone, and how processes share them."""

from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from iqa_cli.distortions import expected_score, expected_std
from iqa_cli.training import content, sampling, synthesis
from iqa_cli.training.batches import Batch, Batches
from iqa_cli.training.content import calibrate, measure
from iqa_cli.training.data import Data
from iqa_cli.training.examples import Example
from iqa_cli.training.labels import level_distribution
from iqa_cli.training.pictures import Picture, Shelf
from iqa_cli.training.recipe import Recipe, Stage
from iqa_cli.training.synthesis import PRISTINE_SCORE, degrade, mosaic, to_tensor, turn

SYNTHETIC = Stage("synthetic", steps=3, crop=64, batch=3, versions=4)
RATED = Stage("rated", steps=4, crop=48, batch=4)


@pytest.fixture
def pictures(photo, saved):
    """`pictures(size, ...)`: photographs of those heights and widths."""

    def made(*sizes):
        paths = [saved(f"{number}.png", photo(*size, number)) for number, size in enumerate(sizes)]
        return [Picture(path, size=size[::-1]) for path, size in zip(paths, sizes, strict=True)]

    return made


def examples(images, references=None):
    scores = np.linspace(1.5, 4.5, len(images)).tolist()
    return [
        Example(image, references and references[n], score, level_distribution(torch.tensor([score]), 0.7)[0])
        for n, (image, score) in enumerate(zip(images, scores, strict=True))
    ]


def batches_of(stages, data, rank=0, world=1, **changed):
    return Batches(Recipe("triq", stages, seed=7, **changed) if changed or stages else None, data, rank, world)


@pytest.fixture
def data(pictures):
    found = pictures(*[(80, 80)] * 6)
    return Data(found, [], examples(found), [])


def same(a, b):
    """Whether two batches hold the same."""

    def equal(x, y):
        return torch.equal(x, y) if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor) else x is y is None

    return all(equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Batch) if f.name != "total")


# A function of seed and step


def test_a_batch_is_a_function_of_its_step_and_the_seed(data):
    found, again = (batches_of((SYNTHETIC, RATED), data) for _ in range(2))
    for step in (0, 5):
        assert same(found[step], again[step]) and same(found[step], found[step])
        assert not same(found[step], found[step + 1])
    other = Batches(replace(found.recipe, seed=8), data)
    assert not same(found[0], other[0]) and not same(found[5], other[5])
    assert len(found) == 7


@pytest.mark.parametrize("kind", ["synthetic", "rated", "joined", "pairs"])
def test_the_parts_of_two_processes_make_the_batch_of_one(data, kind):
    stage = {
        "synthetic": replace(SYNTHETIC, batch=4),
        "rated": RATED,
        "joined": replace(RATED, distorted=3, degraded=0.5, grid=2),
        "pairs": RATED,
    }[kind]
    if kind == "pairs":
        data = replace(data, rated=examples(data.photographs, data.photographs[::-1]))
    whole, first, second = (batches_of((stage,), data, rank, world)[1] for rank, world in ((0, 1), (0, 2), (1, 2)))
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
    data = Data([], [], examples(pictures((50, 60), (40, 40))), [])
    stage = replace(RATED, crop=0, batch=3)
    for step in range(2):
        whole = batches_of((stage,), data)[step]
        parts = [batches_of((stage,), data, rank, 3)[step] for rank in range(3)]
        assert all(same(part, whole) for part in parts)
        assert [part.total for part in parts] == [3 * len(whole.score)] * 3  # so the mean loss stays what it is


def test_a_batch_is_cut_into_parts_that_keep_references_with_their_versions(data):
    batch = batches_of((SYNTHETIC,), data)[0]
    parts = [batch.part(number, 2) for number in range(2)]
    assert [len(part.reference) for part in parts] == [2, 1]
    assert [len(part.score) for part in parts] == [8, 4] and all(part.total == 12 for part in parts)
    for name in ("distorted", "score", "distribution", "reference"):
        assert torch.equal(torch.cat([getattr(part, name) for part in parts]), getattr(batch, name))


# Sampling


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(1, 5), st.integers(0, 99)
)  # sizes of images
def test_an_epoch_takes_each_image_at_most_once_in_full_batches_of_one_resolution(groups, batch, seed):
    found = sampling.epoch(groups, batch, [seed])
    items = [item for members in found for item in members]
    assert len(items) == len(set(items))
    sizes = Counter(groups)
    for members in found:
        (group,) = {groups[item] for item in members}
        assert len(members) == min(batch, sizes[group])
    left_out = Counter(groups) - Counter(groups[item] for item in items)
    assert left_out == Counter({g: n % batch for g, n in sizes.items() if n > batch and n % batch})
    assert len(found) == sampling.steps_an_epoch(groups, batch)


def test_every_image_comes_once_in_an_epoch_and_epochs_differ():
    groups = ["small"] * 6 + ["large"] * 4
    epochs = [[sampling.batch_at(step, groups, 2, [3]) for step in range(5 * e, 5 * e + 5)] for e in range(3)]
    for found in epochs:
        assert sorted(item for members in found for item in members) == list(range(10))
    assert epochs[0] != epochs[1] != epochs[2]


def test_what_an_epoch_leaves_out_comes_in_another():
    seen = {item for step in range(20) for item in sampling.batch_at(step, ["a"] * 5, 2, [0])}
    assert seen == set(range(5))


def test_whole_images_come_in_batches_of_one_resolution(pictures):
    data = Data([], [], examples(pictures(*[(48, 64)] * 3, *[(40, 40)] * 3)), [])
    found = batches_of((replace(RATED, crop=0, batch=3),), data)
    assert {tuple(found[step].distorted.shape) for step in range(2)} == {(3, 3, 48, 64), (3, 3, 40, 40)}


def test_a_stage_takes_the_images_that_hold_its_crops(pictures):
    data = Data([], [], examples(pictures((40, 90), *[(80, 90)] * 2)), [])
    found = batches_of((replace(RATED, batch=2),), data)
    assert all(set(found[step].score.tolist()) == {3.0, 4.5} for step in range(4))


# Synthesis


def test_a_synthetic_batch_holds_versions_of_each_reference_in_turn(data):
    batch = batches_of((SYNTHETIC,), data)[1]
    assert batch.distorted.shape == (12, 3, 64, 64) and batch.reference.shape == (3, 3, 64, 64)
    assert batch.distorted.dtype == batch.reference.dtype == torch.uint8
    assert ((batch.score >= 1) & (batch.score <= 5)).all() and batch.total == 12
    torch.testing.assert_close(batch.distribution, level_distribution(batch.score, data.spread))


def test_an_undistorted_version_has_the_score_of_one(data, monkeypatch):
    monkeypatch.setattr(synthesis, "PRISTINE_SHARE", 1.0)
    batch = batches_of((SYNTHETIC,), data)[0]
    assert torch.equal(batch.distorted, batch.reference.repeat_interleave(4, dim=0))
    assert batch.score.tolist() == pytest.approx(12 * [PRISTINE_SCORE])


def test_a_rated_batch_holds_different_photographs_with_their_labels(data):
    batch = batches_of((RATED,), data)[0]
    assert batch.distorted.shape == (4, 3, 48, 48) and batch.reference is None
    labels = {round(e.score, 4): e.distribution for e in data.rated}
    scores = [round(score, 4) for score in batch.score.tolist()]
    assert len(set(scores)) == 4 and set(scores) <= labels.keys()
    assert all(torch.equal(d, labels[s]) for d, s in zip(batch.distribution, scores, strict=True))


def test_both_images_of_a_pair_are_cut_and_turned_alike_and_in_all_ways(pictures):
    one = pictures((80, 80))
    found = batches_of((replace(RATED, steps=60, batch=1, crop=80),), Data([], [], examples(one, one), []))
    seen = [found[step] for step in range(60)]
    assert all(torch.equal(batch.distorted, batch.reference) for batch in seen)
    assert len({batch.distorted.numpy().tobytes() for batch in seen}) == 8


def test_a_photograph_without_reference_is_flipped_sideways_only(pictures):
    one = pictures((80, 70))
    found = batches_of((replace(RATED, steps=20, batch=1, crop=0),), Data([], [], examples(one), []))
    image = to_tensor([one[0].read()])
    seen = [found[step].distorted for step in range(20)]
    assert {tensor.numpy().tobytes() for tensor in seen} == {i.numpy().tobytes() for i in (image, image.flip(3))}


def test_a_turned_image_is_one_of_eight(photo):
    image = photo(6, 6)
    expected = {np.rot90(i, k).tobytes() for i in (image, image[:, ::-1]) for k in range(4)}
    assert {turn(image, np.random.default_rng(n)).tobytes() for n in range(80)} == expected


def test_a_mosaic_has_a_window_of_each_cell_at_its_place():
    rows, columns = np.mgrid[:90, :60]
    image = np.dstack([rows, columns, rows]).astype(np.uint8)
    found = mosaic(image, 20, 2, np.random.default_rng(0))
    assert found.shape == (20, 20, 3)
    for y in range(2):
        for x in range(2):
            window = found[10 * y : 10 * y + 10, 10 * x : 10 * x + 10]
            top, left = window[0, 0, :2]
            assert 45 * y <= top <= 45 * y + 35 and 30 * x <= left <= 30 * x + 20
            assert np.array_equal(window, image[top : top + 10, left : left + 10])
    assert np.array_equal(mosaic(image, 0, 2, np.random.default_rng(0)), image)


def test_a_degraded_photograph_loses_as_much_as_a_pristine_one_does(photo, monkeypatch):
    monkeypatch.setattr(synthesis, "random_cell", lambda rng, types: (1, 4.0))
    share = (expected_score(1, 4) - 1) / (PRISTINE_SCORE - 1)
    pixels, score = degrade(photo(40, 40), 3.0, np.random.default_rng(0))
    assert score == pytest.approx(1 + 2 * share) and 1 < score < 3
    assert pixels.dtype == np.uint8 and pixels.std() < photo(40, 40).std()  # type 1 blurs


def test_a_stage_may_name_the_types_that_degrade_its_photographs(photo, monkeypatch):
    seen = []
    monkeypatch.setattr(synthesis, "distort", lambda image, kind, level, rng: seen.append(kind) or image)
    for number in range(40):
        degrade(photo(8, 8), 3.0, np.random.default_rng(number), types=(10, 17))
    assert set(seen) == {10, 17}


def test_pictures_are_decoded_once_as_long_as_there_is_room(pictures, monkeypatch):
    found = pictures((40, 40), (40, 40))
    reads = []
    read = Picture.read
    monkeypatch.setattr(Picture, "read", lambda self: reads.append(self) or read(self))
    shelf = Shelf(limit=40 * 40 * 3)
    for picture in (*found, *found):
        assert shelf(picture).shape == (40, 40, 3)
    assert reads == [found[0], found[1], found[1]]


# Labels that depend on content

CELL = (10, 3.0)  # JPEG


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """Pieces of photographs, and what a calibration on them found; small, or it would take minutes."""
    from skimage import data as photographs

    found = []
    for number, whole in enumerate((photographs.astronaut(), photographs.coffee(), photographs.chelsea())):
        for part, left in enumerate((0, 200)):
            path = tmp_path_factory.mktemp("photos") / f"{number}{part}.png"
            Image.fromarray(whole[100:228, left : left + 128]).save(path)
            found.append(Picture(path, size=(128, 128)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "LEVELS", np.array([2.0, 3.0, 4.0]))
        patch.setattr(content, "CROP", 64)
        patch.setattr(content, "DISTORTIONS", {kind: content.DISTORTIONS[kind] for kind in range(1, 11)})
        yield found, calibrate(found, seed=0)


@pytest.fixture(scope="module")
def labelled(calibrated):
    """Crops of one cell with their labels: scores, and HaarPSI and negated MDSI of each."""
    photographs, measured = calibrated
    stage = replace(SYNTHETIC, steps=6, batch=6, versions=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthesis, "random_cell", lambda rng: CELL)
        patch.setattr(synthesis, "PRISTINE_SHARE", 0.0)
        found = batches_of((stage,), Data(photographs, [], [], [], content=measured), content=0.6)
        batches = [found[step] for step in range(6)]
    units = [[i.float().div(255).contiguous() for i in (b.reference, b.distorted)] for b in batches]
    return torch.cat([b.score for b in batches]).numpy(), np.concatenate([measure(*pair) for pair in units])


def test_within_a_cell_what_metrics_see_as_worse_gets_the_lower_label(labelled):
    scores, seen = labelled
    free = np.abs(scores - expected_score(*CELL)) < 0.99 * 0.6 * content.MOST * expected_std(*CELL)  # not cut off
    assert free.sum() > 20
    scores, seen = scores[free], seen[free]
    for n in range(len(scores)):
        worse = (seen < seen[n]).all(axis=1)  # both metrics agree
        assert (scores[worse] < scores[n]).all()
    assert np.ptp(scores) > 0.3 * expected_std(*CELL)


def test_the_labels_of_a_cell_stay_about_its_published_mean_and_within_its_spread(labelled):
    scores, _ = labelled
    spread = 0.6 * expected_std(*CELL)
    assert abs(scores.mean() - expected_score(*CELL)) < 0.5 * spread
    assert np.abs(scores - expected_score(*CELL)).max() <= content.MOST * spread + 1e-6


@pytest.mark.parametrize(("kind", "column", "level"), [(1, 0, 2.0), (10, 2, 4.0)])
def test_the_mean_of_a_cell_deviates_by_nothing(calibrated, kind, column, level):
    _, found = calibrated
    mean, spread = found.mean[kind - 1, column], found.spread[kind - 1, column]
    assert found.deviation(mean, kind, level) == pytest.approx(0, abs=1e-9)
    assert found.deviation(mean + spread / 2, kind, level) > 0 > found.deviation(mean - spread / 2, kind, level)

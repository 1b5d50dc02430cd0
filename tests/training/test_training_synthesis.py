"""What a batch holds: crops, distorted versions, mosaics, degraded photographs, with their scores."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from miniature import RATED, SYNTHETIC, batches_of, examples

from iqa_cli.distortions import expected_score
from iqa_cli.training import synthesis
from iqa_cli.training.examples import level_distribution
from iqa_cli.training.gather import Data
from iqa_cli.training.picture_files import Picture, Shelf
from iqa_cli.training.synthesis import PRISTINE_SCORE, degrade, mosaic, to_tensor, turn


def test_a_synthetic_batch_holds_versions_of_each_reference_in_turn(material):
    batch = batches_of((SYNTHETIC,), material)[1]
    assert batch.distorted.shape == (12, 3, 64, 64) and batch.reference.shape == (3, 3, 64, 64)
    assert batch.distorted.dtype == batch.reference.dtype == torch.uint8
    assert ((batch.score >= 1) & (batch.score <= 5)).all() and batch.total == 12
    torch.testing.assert_close(batch.distribution, level_distribution(batch.score, material.spread))


def test_an_undistorted_version_has_the_score_of_one(material, monkeypatch):
    monkeypatch.setattr(synthesis, "PRISTINE_SHARE", 1.0)
    batch = batches_of((SYNTHETIC,), material)[0]
    assert torch.equal(batch.distorted, batch.reference.repeat_interleave(4, dim=0))
    assert batch.score.tolist() == pytest.approx(12 * [PRISTINE_SCORE])


def test_a_rated_batch_holds_different_photographs_with_their_labels(material):
    batch = batches_of((RATED,), material)[0]
    assert batch.distorted.shape == (4, 3, 48, 48) and batch.reference is None
    labels = {round(e.score, 4): e.distribution for e in material.rated}
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

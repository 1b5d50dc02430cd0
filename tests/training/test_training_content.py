"""Labels that depend on content: an image moves within the cell of its distortion type and level."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from PIL import Image

from iqa_cli.distortions import expected_score, expected_std
from iqa_cli.training import content, synthesis
from iqa_cli.training.batches import Batch, Batches
from iqa_cli.training.content import calibrate, measure
from iqa_cli.training.examples import Example, level_distribution
from iqa_cli.training.gather import Data
from iqa_cli.training.picture_files import Picture
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage

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

"""Labels that metrics move: within the cell of a distortion's type and level, and among all cells."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from miniature import SYNTHETIC, batches_of
from PIL import Image
from scipy import stats
from skimage import data as photographs

from iqa_cli.distortions import DISTORTIONS, expected_score, expected_std
from iqa_cli.training import recipe, synthesis, teachers
from iqa_cli.training.cells import CONTENT, cell_score, cell_spread
from iqa_cli.training.gather import Data
from iqa_cli.training.picture_files import Picture
from iqa_cli.training.synthesis import PRISTINE_SCORE
from iqa_cli.training.teachers import METRICS, calibrate, measure, monotone_map

CELL = (10, 3.0)  # JPEG
PAIR = ("haarpsi", "mdsi")
TYPES = range(1, 11)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """Pieces of photographs, and what a calibration on them found; small, or it would take minutes."""
    found = []
    for number, whole in enumerate((photographs.astronaut(), photographs.coffee(), photographs.chelsea())):
        for part, left in enumerate((0, 200)):
            path = tmp_path_factory.mktemp("photos") / f"{number}{part}.png"
            Image.fromarray(whole[100:228, left : left + 128]).save(path)
            found.append(Picture(path, size=(128, 128)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teachers, "LEVELS", np.array([2.0, 3.0, 4.0]))
        patch.setattr(teachers, "BEYOND", np.array([8.0]))
        patch.setattr(teachers, "CROP", 64)
        patch.setattr(teachers, "DISTORTIONS", {kind: DISTORTIONS[kind] for kind in TYPES})
        yield found, calibrate(found, 0, PAIR, beyond=True)


@pytest.fixture(scope="module")
def labelled(calibrated):
    """`labelled(cell, ...)`: crops distorted so, their labels by what the recipe says, and their two metrics.

    Without a cell, each crop has one of its own among `TYPES`.
    """

    def made(cell=CELL, steps=6, **how):
        pictures, found = calibrated
        stage = replace(SYNTHETIC, steps=steps, batch=6, versions=1)
        with pytest.MonkeyPatch.context() as patch:
            drawn = synthesis.random_cell
            patch.setattr(synthesis, "random_cell", lambda rng, beyond: cell or drawn(rng, TYPES))
            patch.setattr(synthesis, "PRISTINE_SHARE", 0.0)
            batches = list(map(batches_of((stage,), Data(pictures, [], [], [], teachers=found), **how).__getitem__,
                               range(steps)))  # fmt: skip
        units = [[i.float().div(255).contiguous() for i in (b.reference, b.distorted)] for b in batches]
        seen = np.concatenate([measure(*pair, PAIR) for pair in units])
        return torch.cat([b.score for b in batches]).numpy(), seen

    return made


# Within a cell


@pytest.fixture(scope="module")
def of_one_cell(labelled):
    return labelled(content=0.6)


def test_within_a_cell_what_metrics_see_as_worse_gets_the_lower_label(of_one_cell):
    scores, seen = of_one_cell
    free = np.abs(scores - expected_score(*CELL)) < 0.99 * 0.6 * teachers.MOST * expected_std(*CELL)  # not cut off
    assert free.sum() > 20
    scores, seen = scores[free], seen[free]
    for n in range(len(scores)):
        worse = (seen < seen[n]).all(axis=1)  # both metrics agree
        assert (scores[worse] < scores[n]).all()
    assert np.ptp(scores) > 0.3 * expected_std(*CELL)


def test_the_labels_of_a_cell_stay_about_its_published_mean_and_within_its_spread(of_one_cell):
    scores, _ = of_one_cell
    spread = 0.6 * expected_std(*CELL)
    assert abs(scores.mean() - expected_score(*CELL)) < 0.5 * spread
    assert np.abs(scores - expected_score(*CELL)).max() <= teachers.MOST * spread + 1e-6


@pytest.mark.parametrize(("kind", "column", "level"), [(1, 0, 2.0), (10, 2, 4.0), (10, 3, 8.0)])
def test_the_mean_of_a_cell_deviates_by_nothing(calibrated, kind, column, level):
    _, found = calibrated
    mean, spread = found.mean[kind - 1, column], found.spread[kind - 1, column]
    assert found.deviation(mean, kind, level) == pytest.approx(0, abs=1e-9)
    assert found.deviation(mean + spread / 2, kind, level) > 0 > found.deviation(mean - spread / 2, kind, level)


def test_each_type_has_the_content_that_its_share_gives_it(labelled, of_one_cell):
    scores, _ = of_one_cell
    by_type = [0.0] * 25
    by_type[CELL[0] - 1] = 0.6
    assert np.array_equal(labelled(content=tuple(by_type))[0], scores)
    assert set(labelled(steps=1, content={"gaussian blur": 0.6})[0]) == {np.float32(expected_score(*CELL))}
    assert CONTENT[10] == 0  # metrics do not order what JPEG does to photographs
    assert set(labelled(steps=1, content="kadid10k")[0]) == {np.float32(expected_score(*CELL))}


# Among all cells


def test_with_metrics_alone_labels_follow_them_whatever_the_type(labelled):
    scores, seen = labelled(None, 12, consensus=1.0)
    assert len(scores) == 72 and np.ptp(scores) > 1
    for n in range(len(scores)):
        worse = (seen < seen[n]).all(axis=1)
        assert (scores[worse] <= scores[n] + 1e-6).all()


def test_a_half_of_the_consensus_is_halfway_between_it_and_the_cells_mean(labelled):
    whole, half = (labelled(None, 2, consensus=share)[0] for share in (1.0, 0.5))
    mean, _ = labelled(None, 2)[0], None
    assert half == pytest.approx((mean + whole) / 2, abs=1e-5) and np.abs(whole - mean).max() > 0.2


def test_types_may_be_spared_the_consensus(labelled):
    mean, spared = (labelled(steps=1, **how)[0] for how in ({}, {"consensus": {"others": 0.5, "JPEG": 0}}))
    assert np.array_equal(mean, spared)


def test_content_is_moved_before_the_consensus_takes_its_share(labelled):
    content, consensus, both = (
        labelled(steps=2, **how)[0]
        for how in ({"content": 0.6}, {"consensus": 1.0}, {"content": 0.6, "consensus": 0.25})
    )
    assert both == pytest.approx(0.75 * content + 0.25 * consensus, abs=1e-5)


def test_the_map_of_a_metric_is_the_rising_one_and_keeps_the_mean_score():
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, 3000)
    clean = 1 + 4 * values**3
    at, scores = monotone_map(values, clean + rng.normal(0, 0.4, 3000))
    assert (np.diff(at) > 0).all() and (np.diff(scores) >= 0).all()
    assert np.abs(np.interp(values, at, scores) - clean).max() < 0.35
    assert scores.mean() == pytest.approx(clean.mean(), abs=0.05)


def test_the_map_of_few_or_of_equal_values_is_their_mean():
    at, scores = monotone_map(np.array([0.5, 0.5, 0.5]), np.array([1.0, 2.0, 6.0]))
    assert at.tolist() == [0.5] and scores.tolist() == [3.0]
    assert np.interp([0.1, 0.9], at, scores).tolist() == [3.0, 3.0]


def test_what_metrics_say_of_many_distortions_agrees_with_people(calibrated, labelled):
    _, found = calibrated
    said = [found.consensus(place) for place in found.mean.reshape(-1, 2)]
    people = [cell_score(kind, level) for kind in TYPES for level in found.levels]
    assert stats.spearmanr(said, people).statistic > 0.7
    assert min(said) >= 1 and max(said) <= PRISTINE_SCORE


# The metrics


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_rises_with_quality_at_its_own_size(name):
    photo = torch.from_numpy(photographs.astronaut()[100:228, 100:228] / 255.0).float().permute(2, 0, 1)[None]
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))
    worse = torch.cat([(photo + strength * noise).clamp(0, 1) for strength in (0.0, 0.03, 0.1, 0.3)])
    (seen,) = measure(photo.expand_as(worse), worse, [name]).T
    assert seen.shape == (4,) and (np.diff(seen) < 0).all()


def test_recipes_know_the_metrics_that_there_are():
    assert tuple(METRICS) == recipe.METRICS


# Beyond the fifth level


def test_photographs_may_be_distorted_more_strongly_than_people_were_asked_about(calibrated):
    pictures, _ = calibrated
    drawn = []
    stage = replace(SYNTHETIC, steps=10, batch=6, versions=1, beyond=1.0)
    with pytest.MonkeyPatch.context() as patch:
        cell = synthesis.random_cell
        patch.setattr(synthesis, "random_cell", lambda rng, beyond: drawn.append(cell(rng, beyond=beyond)) or drawn[-1])
        patch.setattr(synthesis, "PRISTINE_SHARE", 0.0)
        found = batches_of((stage,), Data(pictures, [], [], []))
        scores = torch.cat([found[step].score for step in range(10)]).tolist()
    assert scores == pytest.approx([cell_score(*cell) for cell in drawn])
    beyond = {kind for kind, level in drawn if level > 5}
    assert len(beyond) > 10 and not beyond & {5, 7, 18, 25}
    assert all((level > 5) == (kind in beyond) for kind, level in drawn)


def test_metrics_move_the_labels_beyond_the_fifth_level_within_a_narrower_spread(labelled):
    scores, _ = labelled((1, 8.0), 3, content=1.0)
    assert np.abs(scores - cell_score(1, 8)).max() <= teachers.MOST * cell_spread(1, 8) + 1e-6
    assert np.ptp(scores) > 0

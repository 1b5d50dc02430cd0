"""Flaws and how they come about, against what they mean in closed form."""

import numpy as np
import pytest
import skimage

from iqa_cli.distortions import DISTORTIONS
from iqa_cli.explaining.flaws import FLAWS, NAMES, OTHERS, Way, goes_with, pairs
from iqa_cli.explaining.spoiling import COMPOSED, applied, spoil

PHOTO = np.float32(skimage.data.astronaut()[60:220, 100:292] / 255)
WAYS = [(flaw, way) for flaw in FLAWS for way in flaw.ways]


def drawn(seed=0):
    return np.random.default_rng(seed)


def detail(image):
    return float(np.abs(np.diff(image, axis=1)).mean())


@pytest.mark.parametrize(("flaw", "way"), WAYS, ids=[f"{flaw.name}-{way.what}" for flaw, way in WAYS])
def test_every_way_changes_a_photograph_at_all_its_levels_and_more_at_the_last(flaw, way):
    changes = [np.abs(applied(PHOTO, way, level, drawn()) - PHOTO).mean() for level in (way.low, way.high)]
    assert changes[1] > changes[0] > 0.0003


@pytest.mark.parametrize("flaw", FLAWS, ids=NAMES)
def test_a_spoiled_photograph_has_the_values_of_a_file_and_is_the_same_by_the_same_seed(flaw):
    before = PHOTO.copy()
    spoiled = spoil(PHOTO, [flaw], drawn(3))
    assert spoiled.dtype == np.float32
    assert spoiled.shape == PHOTO.shape
    assert np.allclose(spoiled * 255, np.rint(spoiled * 255), atol=1e-4)
    assert np.array_equal(spoiled, spoil(PHOTO, [flaw], drawn(3)))
    assert np.array_equal(PHOTO, before)


def test_no_flaw_leaves_a_photograph_as_it_is():
    assert np.array_equal(spoil(PHOTO, [], drawn()), PHOTO)


def test_declared_types_are_those_of_the_distortions_and_no_other_leaves_a_known_trace():
    taken = {way.what for _, way in WAYS if isinstance(way.what, int)}
    assert taken <= DISTORTIONS.keys()
    assert not taken & set(OTHERS)
    assert {way.what for _, way in WAYS if isinstance(way.what, str)} == COMPOSED.keys()


def test_two_flaws_of_a_pair_go_together_both_ways_and_the_earlier_stands_first():
    for first, second in pairs():
        assert goes_with(first, second)
        assert goes_with(second, first)
        assert first.stage <= second.stage
    by_name = {flaw.name: flaw for flaw in FLAWS}
    assert not goes_with(by_name["over-exposure"], by_name["under-exposure"])


def test_a_stop_more_doubles_the_light_and_what_is_lighter_than_white_is_white():
    grey = np.full((8, 8, 3), 0.2, np.float32)  # 0.0331 in linear light
    one_stop = np.interp(1.0, COMPOSED["exposure up"][1], (1, 2, 3, 4, 5))
    lighter = applied(grey, Way("exposure up", 1, 5), one_stop, drawn())
    assert lighter.mean() == pytest.approx(1.055 * (2 * 0.0331) ** (1 / 2.4) - 0.055, abs=0.003)
    assert applied(np.full_like(grey, 0.9), Way("exposure up", 1, 5), 5, drawn()).min() == 1


def test_haze_takes_contrast_and_an_enlargement_detail():
    assert applied(PHOTO, Way("haze", 1, 5), 3, drawn()).std() == pytest.approx(PHOTO.std() * 0.55, rel=0.02)
    assert detail(applied(PHOTO, Way("enlargement", 1, 5), 4, drawn())) < 0.7 * detail(PHOTO)


def test_a_cast_gives_grey_a_hue():
    tinted = applied(np.full((8, 8, 3), 0.5, np.float32), Way("cast", 1, 5), 4, drawn())
    red, green, blue = tinted[0, 0]
    assert max(red, green, blue) - min(red, green, blue) > 0.1

"""Where crops lie: closed forms, brute force and numpy.pad as oracles."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_cli.errors import UsageError
from iqa_cli.executing.pieces import reflected
from iqa_cli.options.crops import CropRule, grid_shape, mirrored, windows, windows_on

sides = st.integers(192, 3000)
sizes = st.sampled_from([64, 192, 256])
counts = st.integers(1, 60)
rules = st.builds(CropRule, st.one_of(st.none(), counts), st.one_of(st.none(), st.integers(0, 2**31)))


def tops_and_lefts(corners):
    return [sorted(set(side)) for side in zip(*corners, strict=True)]


@given(sides, sides, sizes, rules)
def test_crops_lie_inside_the_image(height, width, size, rule):
    height, width = max(height, size), max(width, size)
    for top, left in windows(height, width, size, rule):
        assert 0 <= top <= height - size and 0 <= left <= width - size


@given(sides, sides, sizes, counts)
def test_a_grid_never_has_more_crops_than_asked_for_nor_one_twice(height, width, size, count):
    corners = windows(max(height, size), max(width, size), size, CropRule(count))
    assert 1 <= len(corners) == len(set(corners)) <= count


@given(sides, sides, sizes, st.integers(4, 60))
def test_four_crops_or_more_reach_every_border(height, width, size, count):
    height, width = max(height, size), max(width, size)
    for side, corners in zip(
        (height, width), tops_and_lefts(windows(height, width, size, CropRule(count))), strict=True
    ):
        assert (corners[0], corners[-1]) == (0, side - size)
        steps = [b - a for a, b in pairwise(corners)]
        assert not steps or max(steps) - min(steps) <= 1


@pytest.mark.parametrize(("height", "width"), [(3000, 4000), (384, 384), (1080, 1920)])
@pytest.mark.parametrize("count", [5, 7, 11, 13])
def test_a_prime_count_makes_a_grid_and_no_strip(height, width, count):
    assert min(grid_shape(height, width, 192, count)) > 1


def test_twenty_crops_of_256_in_512_by_384_form_a_grid_of_4_by_5():
    tops, lefts = tops_and_lefts(windows(384, 512, 256, CropRule(20)))
    assert tops == [0, 43, 85, 128]
    assert lefts == [0, 64, 128, 192, 256]
    assert grid_shape(384, 512, 256, 20) == (4, 5)


@pytest.mark.parametrize("rule", [CropRule(20), CropRule(None)], ids=str)
@pytest.mark.parametrize("size", [192, 256])
def test_an_image_of_exactly_one_crop_gives_one(size, rule):
    assert windows(size, size, size, rule) == [(0, 0)]


@given(sides, sides, sizes)
def test_a_full_cover_sees_every_pixel_and_neighbours_overlap_by_half(height, width, size):
    height, width = max(height, size), max(width, size)
    corners = windows(height, width, size, CropRule(None))
    tops, lefts = tops_and_lefts(corners)
    assert sorted(corners) == [(top, left) for top in tops for left in lefts]
    for side, places in ((height, tops), (width, lefts)):
        assert (places[0], places[-1]) == (0, side - size)
        assert all(b - a <= size / 2 for a, b in pairwise(places))
        assert len(places) <= 2 or (side - size) / (len(places) - 2) > size / 2  # one less would not do


@given(sides, sides, rules)
def test_images_of_one_size_get_the_same_crops(height, width, rule):
    assert windows(height, width, 192, rule) == windows(height, width, 192, rule)


def test_a_seed_repeats_its_crops_and_another_seed_has_others():
    first, again, other = (windows(700, 900, 256, CropRule(20, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 20
    # Drawn from 0 to the last place inclusive: every place of a short side turns up.
    assert {top for top, _ in windows(258, 900, 256, CropRule(200, 0))} == {0, 1, 2}


@pytest.mark.parametrize("count", [0, -3])
def test_fewer_than_one_crop_is_refused(count):
    with pytest.raises(UsageError, match=f"{count} crops"):
        CropRule(count)


@given(st.integers(1, 50), st.integers(1, 300))
def test_mirroring_is_numpys_reflection(length, wanted):
    axis = np.arange(length)
    assert np.array_equal(axis[mirrored(length, wanted)], np.pad(axis, (0, max(0, wanted - length)), mode="reflect"))


@pytest.mark.parametrize("shape", [(40, 30), (40, 100), (100, 30), (64, 64), (100, 90)], ids=str)
def test_an_image_is_extended_at_the_right_and_the_bottom_only_as_far_as_it_must(shape):
    pixels = np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
    missing = [(0, max(0, 64 - side)) for side in shape]
    assert np.array_equal(reflected(pixels, 64), np.pad(pixels, [*missing, (0, 0)], mode="reflect"))


@given(sides, sides, sizes)
def test_by_themselves_neighbours_overlap_by_a_quarter_and_are_the_fewest_that_do(height, width, size):
    height, width = max(height, size), max(width, size)
    corners = windows(height, width, size, CropRule())
    if len(corners) == 20 or corners == windows(height, width, size, CropRule(20)):
        return  # a large image has the grid of twenty
    for side, places in zip((height, width), tops_and_lefts(corners), strict=True):
        assert (places[0], places[-1]) == ((side - size) // 2 if len(places) == 1 else 0, side - size)
        assert max((b - a for a, b in pairwise(places)), default=0) <= size * 3 // 4 + 1
        # One less would lie further apart.
        assert len(places) == 1 or side - size > (len(places) - 2) * size * 3 / 4


@pytest.mark.parametrize("count", ["auto", 20, 3])
def test_an_image_no_larger_than_a_crop_is_looked_at_once_with_a_seed_too(count):
    assert windows(256, 256, 256, CropRule.of(count, 7)) == [(0, 0)]
    assert windows_on(np.eye(256), 256, CropRule.of(count, 7)) == [(0, 0)]


def test_random_crops_are_twenty_unless_a_number_says_otherwise():
    assert len(windows(384, 512, 256, CropRule.of("auto", 3))) == 20
    assert len(windows(384, 512, 256, CropRule.of(5, 3))) == 5

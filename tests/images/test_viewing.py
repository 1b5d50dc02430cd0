"""Pictures as a screen shows them: sizes, exact means, and pictures that fit already."""

import numpy as np
import pytest

from iqa_cli.images.viewing import shown, shown_size


@pytest.mark.parametrize(
    ("height", "width", "long_side"), [(7, 5, 3), (9, 12, 11), (30, 17, 11), (8, 8, 4), (40, 3, 6)]
)
def test_each_pixel_is_the_mean_of_the_area_it_covers(height, width, long_side):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    rows, columns = shown_size(height, width, long_side)
    finer = np.repeat(np.repeat(pixels / 255, rows, axis=0), columns, axis=1)  # which both sizes divide
    expected = finer.reshape(rows, height, columns, width, 3).mean(axis=(1, 3))
    for given in (pixels, (pixels / 255).astype(np.float32)):
        assert shown(given, long_side) == pytest.approx(expected, abs=1e-6)
        assert shown(given, long_side).dtype == np.float32
    assert shown(pixels[..., 0], long_side) == pytest.approx(expected[..., 0], abs=1e-6)  # a mask


def test_the_longer_side_is_the_one_asked_for_and_the_shape_stays():
    assert shown_size(3000, 4000, 1920) == (1440, 1920)
    assert shown_size(4000, 3000, 1920) == (1920, 1440)
    assert shown_size(5000, 2, 100) == (100, 1)


@pytest.mark.parametrize("long_side", [None, 12, 100])
def test_a_picture_that_fits_is_left_as_it_is(long_side):
    pixels = np.zeros((9, 12, 3), np.uint8)
    assert shown(pixels, long_side) is pixels


def test_white_and_black_stay_so():
    for value, white in ((255, np.uint8), (1, np.float32)):
        for height in (700, 701, 777):
            assert shown(np.full((height, 1000, 3), value, white), 333).max() == pytest.approx(1, abs=1e-6)
            assert shown(np.zeros((height, 1000, 3), white), 333).min() >= 0
            assert shown(np.full((height, 1000, 3), value, white), 333).max() <= 1

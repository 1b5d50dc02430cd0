"""Pixels as numbers: one rule for 8 bits, one set of luma weights."""

import numpy as np
import pytest
from PIL import Image

from iqa_cli.ground.pixels import LUMA, from_pillow, luma, to_floats, to_pillow, to_uint8
from iqa_cli.models.luma import LUMA as RULES


def test_every_8_bit_value_comes_back():
    values = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_uint8(values / 255), values)
    assert np.array_equal(to_uint8((values / 255).astype(np.float32)), values)


def test_halves_are_rounded_upwards_as_matlab_does():
    assert to_uint8(np.array([0.5, 1.5, 2.5, 127.5, 254.5]) / 255).tolist() == [1, 2, 3, 128, 255]


def test_pictures_of_pillow_go_there_and_back():
    colours = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(to_pillow(from_pillow(Image.fromarray(colours)))), colours)


def test_luma_weighs_white_as_one_and_both_rules_of_the_models_weigh_alike():
    assert luma(np.ones((2, 2, 3), np.float32)) == pytest.approx(1)
    assert RULES["full"] == (*LUMA, 0)
    assert [255 * weight for weight in RULES["bt601"][:3]] == pytest.approx([65.481, 128.553, 24.966])


def test_8_bits_become_floats_correctly_rounded_and_floats_stay():
    values = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_floats(values), (values / 255).astype(np.float32))
    floats = np.array([0.25, 1], np.float32)
    assert to_floats(floats) is floats

"""Which photographs show the same, by pictures that are moved, lit and compressed as photographs are."""

import io
import tracemalloc
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from iqa_cli.ground.pixels import reduced
from iqa_cli.ranking import fingerprints
from iqa_cli.ranking.fingerprints import ALIKE, ALIKE_SOON, BITS, fingerprint, same_scene

NOON = datetime(2026, 5, 1, 12)


def compressed(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def enlarged(pixels, width, height):
    return np.asarray(Image.fromarray(pixels).resize((width, height)))


VARIANTS = {
    "recompressed": lambda pixels: compressed(pixels, 30),
    "smaller": lambda pixels: enlarged(pixels, 150, 110),
    "larger": lambda pixels: enlarged(pixels, 900, 660),
    "darker": lambda pixels: (pixels * 0.5).astype(np.uint8),
    "shifted": lambda pixels: pixels[8:, 10:],
    "cropped": lambda pixels: pixels[9:-9, 12:-12],
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_photograph_and_a_version_of_it_show_the_same_and_others_do_not(photo, name):
    one, others = photo(220, 300), [photo(220, 300, number) for number in (1, 2)]
    found = same_scene([fingerprint(pixels) for pixels in (one, VARIANTS[name](one), *others)], [None] * 4)
    assert found[0] == found[1] and len(set(found)) == 3


def test_floats_and_eight_bits_have_one_fingerprint(photo):
    pixels = photo(400, 600)
    whole = fingerprint(pixels)
    assert whole.shape == (6, BITS)
    assert (fingerprint(pixels.astype(np.float32) / 255) != whole).mean() < 0.02


def prints_that_differ_in(*bits):
    """Fingerprints whose hashes, all six alike, differ from the first one's in so many bits."""
    first = np.zeros((6, BITS), bool)
    found = [first]
    for count in bits:
        other = first.copy()
        other[:, :count] = True
        found.append(other)
    return found


def test_more_bits_may_differ_between_photographs_of_the_same_moment():
    for bits, seconds, same in (
        (ALIKE, 3600, True),
        (ALIKE + 1, 3600, False),
        (ALIKE_SOON, 10, True),
        (ALIKE_SOON, 11, False),
        (ALIKE_SOON + 1, 0, False),
    ):
        first, second = same_scene(prints_that_differ_in(bits), [NOON, NOON + timedelta(seconds=seconds)])
        assert (first == second) == same, (bits, seconds)


def test_without_a_capture_time_the_hashes_alone_decide():
    for taken in ([None, NOON], [None, None]):
        assert len(set(same_scene(prints_that_differ_in(ALIKE + 1), taken))) == 2
        assert len(set(same_scene(prints_that_differ_in(ALIKE), taken))) == 1


def test_a_chain_of_pairs_is_one_group():
    assert len(set(same_scene(prints_that_differ_in(ALIKE, 2 * ALIKE, 3 * ALIKE), [None] * 4))) == 1


def test_groups_of_many_are_those_of_a_plain_comparison_of_all_pairs():
    rng = np.random.default_rng(0)
    scenes = rng.integers(0, 2, (300, 1, BITS)).astype(bool)
    prints = [scenes[number] ^ (rng.random((6, BITS)) < 0.03) for number in rng.integers(0, 300, 1200)]
    found = np.array(same_scene(prints, [None] * len(prints)))
    hashes = np.stack(prints)
    whole, parts = hashes[:, 0], hashes.reshape(len(prints) * 6, BITS)
    for place in range(0, len(prints), 97):  # who is alike is in its group
        bits = (parts != whole[place]).sum(axis=1).reshape(-1, 6).min(axis=1)
        assert (found[bits <= ALIKE] == found[place]).all()
        assert (bits[found == found[place]] <= BITS // 3).all()  # and nobody who is far


@pytest.mark.parametrize("block", [1, 2, 5, 100])
def test_groups_reach_over_blocks_and_are_numbered_in_the_order_of_their_photographs(monkeypatch, block):
    monkeypatch.setattr(fingerprints, "BLOCK", block)
    chain, far = prints_that_differ_in(*range(ALIKE, 6 * ALIKE, ALIKE)), np.ones((6, BITS), bool)
    mixed = [far, chain[0], chain[4], chain[2], chain[5], far, chain[3], chain[1]]
    assert same_scene(mixed, [None] * 8) == [0, 1, 1, 1, 1, 0, 1, 1]
    apart = [far, chain[0], chain[4], far, chain[2], chain[1]]  # chain[3] joins them no more
    assert same_scene(apart, [None] * 6) == [0, 1, 2, 0, 1, 1]


def test_photographs_that_all_look_alike_take_memory_with_their_number_and_not_with_its_square(monkeypatch):
    monkeypatch.setattr(fingerprints, "BLOCK", 8)

    def peak(count):
        prints = [np.zeros((6, BITS), bool)] * count
        tracemalloc.start()
        try:
            assert set(same_scene(prints, [None] * count)) == {0}
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(8)  # imports
    assert peak(1200) < 3 * peak(400) * 1.2


def test_nothing_is_in_no_group():
    assert same_scene([], []) == []


@pytest.mark.parametrize(("height", "width"), [(3, 5), (1, 4000), (100, 30), (2000, 1000)])
def test_a_reduced_picture_is_never_larger_than_asked_and_keeps_its_shape(height, width):
    for pixels in (np.full((height, width, 3), 0.5, np.float32), np.full((height, width, 3), 128, np.uint8)):
        small = reduced(pixels, 64)
        assert max(small.size) <= 64 and min(small.size) >= 1
        assert small.getpixel((0, 0)) == (128, 128, 128)

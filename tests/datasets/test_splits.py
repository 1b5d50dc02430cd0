"""Splits of rated images, and the spatial information that one of them goes by."""

import math
from collections import Counter
from pathlib import Path

import layouts
import numpy as np
import pytest
from PIL import Image

from iqa_cli.datasets import Item, load
from iqa_cli.datasets.splits import (
    by_group,
    by_names,
    official_lists,
    spatial_information,
    spatial_information_of,
    stratified,
)
from iqa_cli.errors import UsageError


def items_of(groups, each=3):
    return [
        Item(Path(f"{group}_{number}.png"), Path(f"{group}.png"), 1.0 + number, group=str(group))
        for group in range(groups)
        for number in range(each)
    ]


def test_a_split_by_group_keeps_references_apart_and_repeats_itself():
    items = items_of(10)
    split = by_group(items, 0.2, seed=1)
    train, test = ({item.group for item in part} for part in (split.train, split.test))
    assert (len(train), len(test), train & test) == (8, 2, set())
    assert sorted(split.train + split.test, key=str) == sorted(items, key=str)
    assert {item.group for item in by_group(items[::-1], 0.2, seed=1).test} == test
    assert len({by_group(items, 0.2, seed).test for seed in range(20)}) > 5


@pytest.mark.parametrize(("share", "expected"), [(0.01, 1), (0.99, 2)])
def test_a_split_by_group_leaves_neither_side_empty(share, expected):
    assert len({item.group for item in by_group(items_of(3), share, seed=0).test}) == expected


def test_one_group_cannot_be_split():
    with pytest.raises(UsageError, match="nothing to test on"):
        by_group(items_of(1), 0.5, seed=0)


def test_the_stratified_split_takes_the_share_of_every_cell():
    rng = np.random.default_rng(0)
    items = [Item(Path(f"{n}.png"), None, mos, group=str(n)) for n, mos in enumerate(rng.uniform(1, 5, 400))]
    si = rng.uniform(20, 80, 400)
    split = stratified(items, si, 0.25, seed=3)
    assert set(split.train).isdisjoint(split.test)
    assert len(split.train) + len(split.test) == 400
    # The cells anew, by counting: above the median or not, and fifths of the range of MOS.
    mos = [item.mos for item in items]
    width = (max(mos) - min(mos)) / 5
    middle = sorted(si)[199:201]

    def cell(item):
        band = min(4, math.floor((item.mos - min(mos)) / width))
        return bool(si[int(item.image.stem)] > sum(middle) / 2), band

    whole, test = Counter(map(cell, items)), Counter(map(cell, split.test))
    assert len(whole) == 10
    assert all(abs(test[key] - 0.25 * whole[key]) <= 0.5 for key in whole)
    assert stratified(items, si, 0.25, seed=3) == split
    assert stratified(items, si, 0.25, seed=4) != split


def test_a_text_list_names_the_test_images(tmp_path):
    listing = tmp_path / "test.txt"
    listing.write_text('1024x768/b.jpg\n"c.jpg"\n\nabsent.jpg\n')
    lists = official_lists(listing)
    assert lists == {"test": {"1024x768/b.jpg", "c.jpg", "absent.jpg"}}
    items = [Item(Path(name), None, 1.0) for name in ("a.jpg", "B.JPG", "c.jpg")]
    split = by_names(items, lists["test"])
    assert [item.image.name for item in split.test] == ["B.JPG", "c.jpg"]
    assert [item.image.name for item in split.train] == ["a.jpg"]


def test_the_sets_of_koniq_serve_both_sizes(tmp_path):
    layouts.write_koniq(tmp_path, fractions=True)
    layouts.write_koniq(tmp_path, folder="512x384", fractions=True)
    lists = official_lists(tmp_path / "koniq10k_distributions_sets.csv")
    assert {part: len(names) for part, names in lists.items()} == {"training": 4, "validation": 3, "test": 3}
    for name in ("koniq10k", "koniq10k-512"):
        assert {item.image.name for item in by_names(load(name, tmp_path), lists["test"]).test} == lists["test"]


def test_a_label_file_of_biq2021_is_a_list(tmp_path):
    layouts.write_biq2021(tmp_path)
    lists = official_lists(tmp_path / "Test (Images and MOS).csv")
    split = by_names(load("biq2021", tmp_path), lists["test"])
    assert (len(split.train), len(split.test)) == (8, 2)


def test_a_list_without_names_or_of_other_images_is_refused(tmp_path):
    (tmp_path / "list.txt").write_text("image\n")
    with pytest.raises(UsageError, match="no file name in it"):
        official_lists(tmp_path / "list.txt")
    with pytest.raises(UsageError, match="cannot read this list"):
        official_lists(tmp_path / "nowhere.txt")
    with pytest.raises(UsageError, match="nothing to test on"):
        by_names(items_of(2), {"other.png"})


def test_a_flat_frame_has_no_spatial_information():
    assert spatial_information(np.full((9, 12), 77.0)) == 0


@pytest.mark.parametrize("axis", [0, 1])
def test_a_step_edge_has_the_spatial_information_of_its_closed_form(axis):
    # The Sobel operator gives 4 h on the two lines beside a step of h and nothing elsewhere, so over
    # n lines the deviation is 4 h sqrt(p (1 - p)) with p = 2 / n; the outermost lines do not count.
    height, lines = 50.0, 20
    luma = np.zeros((lines, lines))
    luma[:, lines // 2 :] = height
    share = 2 / (lines - 2)
    expected = 4 * height * math.sqrt(share * (1 - share))
    assert spatial_information(luma if axis else luma.T) == pytest.approx(expected)


def test_a_diagonal_ramp_has_one_gradient_everywhere_and_so_none_of_it():
    rows, columns = np.mgrid[:16, :16]
    assert spatial_information(3.0 * rows + 2.0 * columns) == pytest.approx(0, abs=1e-9)


def test_an_image_file_is_measured_on_its_luma(tmp_path):
    pixels = np.zeros((20, 20, 3), dtype=np.uint8)
    pixels[:, 10:] = (0, 200, 0)  # green alone weighs 0.587
    Image.fromarray(pixels).save(tmp_path / "green.png")
    share = 2 / 18
    expected = 4 * 200 * 0.587 * math.sqrt(share * (1 - share))
    assert spatial_information_of(tmp_path / "green.png") == pytest.approx(expected, rel=1e-5)


def test_a_list_names_images_in_any_spelling_and_with_either_slash(tmp_path):
    (tmp_path / "test.csv").write_bytes("\ufeffimages\\CAF\u00c9.png\r\n b.jpg\r\n".encode())
    items = [Item(Path(name), None, 1.0) for name in ("a.png", "cafe\u0301.png", "b.jpg")]
    split = by_names(items, official_lists(tmp_path / "test.csv")["test"])
    assert [item.image.name for item in split.test] == ["cafe\u0301.png", "b.jpg"]

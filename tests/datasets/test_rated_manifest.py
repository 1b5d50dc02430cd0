"""Rated images of one's own."""

import math

import pytest

from iqa_cli.datasets import (
    Item,
    read_manifest,
)
from iqa_cli.errors import UsageError


def test_a_manifest_of_pairs_takes_std_type_and_group_and_passes_over_the_rest(tmp_path):
    table = tmp_path / "manifest.csv"
    table.write_text(
        "reference,distorted,type,level,mos,std,group\na.png,d/a1.png,JPEG,2,3.5,0.4,\nb.png,d/b1.png,,1,,,g\n"
    )
    first, second = read_manifest(table)
    assert first == Item(
        tmp_path / "d/a1.png", tmp_path / "a.png", 3.5, 0.4, type="JPEG", group=str(tmp_path / "a.png")
    )
    assert math.isnan(second.mos)
    assert (second.std, second.type, second.group) == (None, "", "g")


def test_a_manifest_of_single_images_needs_no_reference(tmp_path):
    table = tmp_path / "manifest.csv"
    table.write_text("image,mos\nx.jpg,71\n")
    assert read_manifest(table) == [Item(tmp_path / "x.jpg", None, 71.0, group=str(tmp_path / "x.jpg"))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,score\nx.jpg,3\n", "no column mos"),
        ("image,mos\nx.jpg,good\n", "must be numbers, found 'good' for .*x.jpg"),
    ],
)
def test_a_manifest_without_numbers_is_refused(tmp_path, text, message):
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_manifest(tmp_path / "manifest.csv")

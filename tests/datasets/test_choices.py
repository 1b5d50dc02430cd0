"""Choices between two images: manifests of one's own, and the data sets that have them."""

import numpy as np
import pytest
from layouts import write_bapps, write_csv, write_pieapp

from iqa_cli.datasets import holds_choices, images_of, load_choices, read_choices
from iqa_cli.errors import UsageError

HEADER = ["reference", "image_a", "image_b", "preference", "count", "type"]


def manifest(folder, header, *rows):
    write_csv(folder / "pairs.csv", header, rows)
    return folder / "pairs.csv"


def test_a_preference_is_the_share_who_preferred_b_or_a_word(tmp_path):
    rows = [("r.png", f"{n}.png", "x.png", told, 5, "jpeg") for n, told in enumerate(("0.8", "a", "B", " tie "))]
    found = read_choices(manifest(tmp_path, HEADER, *rows))
    assert [choice.preference for choice in found] == [0.8, 0, 1, 0.5]
    assert found[0].image_a == tmp_path / "0.png"
    assert (found[0].reference, found[0].count, found[0].type) == (tmp_path / "r.png", 5, "jpeg")


def test_votes_of_the_same_pair_count_together_in_either_order(tmp_path):
    header = ["image_a", "image_b", "preference"]
    rows = [("x.png", "y.png", "b"), ("y.png", "x.png", "a"), ("x.png", "y.png", "a"), ("x.png", "y.png", "tie")]
    (found,) = read_choices(manifest(tmp_path, header, *rows))
    assert (found.preference, found.count, found.image_b.name) == (2.5 / 4, 4, "y.png")


def test_shares_of_the_same_pair_are_weighted_by_how_many_were_asked(tmp_path):
    header = ["image_a", "image_b", "preference", "count"]
    (found,) = read_choices(manifest(tmp_path, header, ("x.png", "y.png", 1, 30), ("y.png", "x.png", 1, 10)))
    assert (found.preference, found.count) == (0.75, 40)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("r.png", "a.png", "b.png", "1.2", "", ""), "line 2: preference '1.2': the share of people who preferred"),
        (("r.png", "a.png", "b.png", "", "", ""), "line 2: preference ''"),
        (("r.png", "a.png", "b.png", "b", "0", ""), "line 2: count '0'"),
        (("r.png", "a.png", "b.png", "b", "many", ""), "line 2: count 'many'"),
        (("r.png", "a.png", "", "b", "", ""), "line 2: no path under image_b"),
        (("r.png", "a.png", "a.png", "b", "", ""), "line 2: image_a and image_b are one image"),
    ],
)
def test_a_bad_row_is_told_by_its_line(tmp_path, row, told):
    with pytest.raises(UsageError, match=told):
        read_choices(manifest(tmp_path, HEADER, row))


def test_a_manifest_without_a_column_or_rows_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no column image_b, preference"):
        read_choices(manifest(tmp_path, ["image_a"], ("a.png",)))
    with pytest.raises(UsageError, match="no rows below the header"):
        read_choices(manifest(tmp_path, HEADER))


def test_a_manifest_of_pairs_is_known_by_its_columns(tmp_path):
    assert holds_choices(manifest(tmp_path, HEADER))
    assert not holds_choices(manifest(tmp_path, ["image", "mos"], ("a.png", 3)))
    assert not holds_choices(tmp_path / "gone.csv")


def test_images_in_several_pairs_are_there_once_and_two_references_of_one_are_refused(tmp_path):
    rows = [("r.png", "a.png", "b.png", "b", "", ""), ("r.png", "b.png", "c.png", "a", "", "")]
    items = images_of(read_choices(manifest(tmp_path, HEADER, *rows)))
    assert [item.image.name for item in items] == ["a.png", "b.png", "c.png"]
    assert np.isnan([item.mos for item in items]).all()
    rows.append(("other.png", "a.png", "d.png", "b", "", ""))
    with pytest.raises(UsageError, match="1 image with several references"):
        images_of(read_choices(manifest(tmp_path, HEADER, *rows)))


def test_bapps_judgements_are_shares_of_p1_and_its_folders_types(tmp_path):
    write_bapps(tmp_path)
    found = load_choices("bapps", tmp_path)
    assert [round(choice.preference, 3) for choice in found] == [0.8, 0.2, 0.8] * 2
    assert [choice.type for choice in found] == ["cnn"] * 3 + ["traditional"] * 3
    assert found[1].image_a.parts[-2:] == ("p0", "000001.png")
    assert (found[1].count, found[1].group) == (5, "cnn/000001.png")


def test_pieapp_gives_shares_of_a_which_are_turned_and_pairs_with_the_reference_are_left_out(tmp_path):
    write_pieapp(tmp_path, references=1, images=3)
    found = load_choices("pieapp", tmp_path)
    assert [(choice.image_a.stem[-1], choice.image_b.stem[-1]) for choice in found] == [
        ("0", "1"),
        ("0", "2"),
        ("1", "2"),
    ]
    assert [choice.preference for choice in found] == pytest.approx([0.25, 0.125, 0.25])
    assert [choice.type for choice in found] == ["intra", "intra", "inter"]
    assert {(choice.count, choice.group) for choice in found} == {(40, "ref_1.png")}

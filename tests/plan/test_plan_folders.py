"""Folder against folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import alone, complaint, full, images, pairs, touch


def test_folders_pair_by_stem_whatever_the_extension(here):
    touch("ref/001.png", "ref/002.PNG", "dist/002.jpg", "dist/001.JPEG")
    plan = full("ref", "dist")
    assert pairs(plan) == [("ref/001.png", "dist/001.JPEG"), ("ref/002.PNG", "dist/002.jpg")]
    assert (plan.total, plan.paired, plan.messages) == (2, True, ())


def test_folders_pair_by_relative_folder_when_recursive(here):
    touch("ref/a/1.png", "ref/b/1.png", "dist/b/1.jpg", "dist/a/1.jpg")
    assert pairs(full("ref", "dist", recursive=True)) == [
        ("ref/a/1.png", "dist/a/1.jpg"),
        ("ref/b/1.png", "dist/b/1.jpg"),
    ]


def test_the_same_name_in_another_subfolder_is_no_partner(here):
    touch("ref/a/1.png", "dist/b/1.png")
    message = complaint(full, "ref", "dist", recursive=True)
    assert "a/1.png" in message and "b/1.png" in message


def test_only_the_last_suffix_is_the_extension(here):
    touch("ref/a.v1.png", "ref/a.v2.png", "dist/a.v2.jpg", "dist/a.v1.jpg")
    assert pairs(full("ref", "dist"))[0] == ("ref/a.v1.png", "dist/a.v1.jpg")


def test_a_template_finds_suffixed_names(here):
    touch("ref/a/1.png", "ref/a/2.png", "dist/a/1_x4.png", "dist/a/2_x4.png")
    plan = full("ref", "dist", recursive=True, match=("{stem}_x4",))
    assert pairs(plan) == [("ref/a/1.png", "dist/a/1_x4.png"), ("ref/a/2.png", "dist/a/2_x4.png")]


def test_other_braces_in_a_template_are_plain_text(here):
    touch("ref/1.png", "dist/{x}1{}.png")
    assert images(full("ref", "dist", match=("{x}{stem}{}",))) == ["dist/{x}1{}.png"]


@pytest.mark.parametrize("paired", [True, False])
def test_a_template_without_stem_is_an_error(here, paired):
    touch("a.png", "b.png")
    assert "{stem}" in complaint(full if paired else alone, "a.png", "b.png", match=("_x4",))


def test_names_pair_across_unicode_spellings(here):
    composed, decomposed = "\u00e9t\u00e9 1", "e\u0301te\u0301 1"
    touch(f"ref/{composed}.png", f"dist/{decomposed}.png")
    assert len(pairs(full("ref", "dist"))) == 1


def test_each_distorted_folder_is_paired_in_turn(here):
    touch("ref/1.png", "ref/2.png", "d1/1.png", "d1/2.png", "d2/1.jpg", "d2/2.jpg")
    assert images(full("ref", "d2", "d1")) == ["d2/1.jpg", "d2/2.jpg", "d1/1.png", "d1/2.png"]


def test_several_result_folders_are_told_apart_and_one_needs_no_telling(here):
    touch("ref/1.png", "d1/1.png", "d2/1.jpg")
    assert full("ref", "d2", "d1").folders == ("d2", "d1")
    assert full("ref", "d1").folders == full("ref/1.png", "d1").folders == alone("d1").folders == ()
    assert full("ref/1.png", "d1", "d2/1.jpg").folders == alone("d1", "d2/1.jpg").folders == ("d1",)


def test_what_the_reference_folder_holds_besides_is_told_once(here):
    touch("ref/1.png", "ref/labels.txt", "d1/1.png", "d2/1.png", "d2/log.csv")
    assert full("ref", "d1", "d2").messages == ("ref: passed over 1 .txt", "d2: passed over 1 .csv")


def test_a_folder_that_is_not_there_costs_its_own_row_unless_it_is_the_reference(here):
    touch("ref/1.png", "d1/1.png")
    plan = full("ref", "gone", "d1")
    assert pairs(plan) == [("ref", "gone"), ("ref/1.png", "d1/1.png")] and plan.folders == ("gone", "d1")
    assert complaint(full, "gone", "d1").startswith("no such file or folder: gone;")
    assert complaint(full, "ref", "gone").startswith("no such file or folder: gone;")


def test_unmatched_names_are_an_error_that_lists_them(here):
    touch("ref/1.png", "ref/2.png", "dist/1.png", "dist/3.png")
    message = complaint(full, "ref", "dist")
    assert "ref: 1 image without a partner in dist (2.png)" in message
    assert "dist: 1 image without a partner in ref (3.png)" in message
    assert "--allow-missing" in message and "--match" not in message


def test_long_lists_of_unmatched_names_are_cut_after_five(here):
    touch("dist/x.png", "ref/x.png", *(f"ref/{i}.png" for i in range(8)))
    message = complaint(full, "ref", "dist")
    assert "8 images" in message and "(0.png, 1.png, 2.png, 3.png, 4.png and 3 more)" in message


def test_one_extra_and_one_missing_file_do_not_shift_the_pairs(here):
    touch(*(f"ref/{i}.png" for i in (1, 2, 3, 4)), *(f"dist/{i}.png" for i in (0, 1, 2, 4)))
    complaint(full, "ref", "dist")
    plan = full("ref", "dist", allow_missing=True)
    assert pairs(plan) == [(f"ref/{i}.png", f"dist/{i}.png") for i in (1, 2, 4)]
    skipped = " ".join(plan.messages)
    assert "3.png" in skipped and "0.png" in skipped and plan.total == 3


@given(
    references=st.sets(st.integers(0, 30), min_size=1),
    distorted=st.sets(st.integers(0, 30), min_size=1),
)
def test_pairs_are_the_intersection_of_the_names(tmp_path_factory, references, distorted):
    root = tmp_path_factory.mktemp("pairs")
    touch(*(root / f"ref/{i}.png" for i in references), *(root / f"dist/{i}.bmp" for i in distorted))
    typed = str(root / "ref"), str(root / "dist")
    if not references & distorted:
        complaint(full, *typed, allow_missing=True)
        return
    plan = full(*typed, allow_missing=True)
    assert {int(Path(job.image).stem) for job in plan.jobs} == references & distorted
    assert all(Path(reference).stem == Path(image).stem for reference, image in pairs(plan))
    assert bool(plan.messages) == (references != distorted)


def test_skipping_everything_is_an_error_even_when_missing_is_allowed(here):
    touch("ref/1.png", "dist/2.png")
    message = complaint(full, "ref", "dist", allow_missing=True)
    assert "1.png" in message and "--allow-missing" not in message


@pytest.mark.parametrize("side", ["ref", "dist"])
@pytest.mark.parametrize("allow_missing", [False, True])
def test_two_files_with_one_stem_are_always_an_error(here, side, allow_missing):
    touch("ref/1.png", "dist/1.png", f"{side}/1.jpg")
    message = complaint(full, "ref", "dist", allow_missing=allow_missing)
    assert f"{side}: 1 stem shared by several files (1.jpg + 1.png)" in message


def test_a_reference_folder_against_a_file_is_an_error(here):
    touch("ref/1.png", "x.png")
    message = complaint(full, "ref", "x.png")
    assert "x.png is a file" in message and "ref is a folder" in message


@pytest.mark.parametrize("allow_missing", [False, True])
def test_a_partner_in_a_format_that_is_not_read_is_there_but_unreadable(here, allow_missing):
    touch("ref/1.png", "ref/2.png", "dist/1.jpg", "dist/2.EXR")
    told = "ref: 1 image whose partner in dist is there, but unreadable (2.png: 2.EXR; EXR cannot be read: convert"
    if allow_missing:
        plan = full("ref", "dist", allow_missing=True)
        assert len(pairs(plan)) == 1 and any(told in message for message in plan.messages)
        assert any("dist: passed over 1 .exr" in message for message in plan.messages)
    else:
        message = complaint(full, "ref", "dist")
        assert told in message and "without a partner" not in message


def test_what_systems_drop_beside_the_images_has_no_partner_to_miss(here):
    touch("ref/1.png", "ref/._1.png", "dist/1.png", "dist/@eaDir/1.png/SMALL.jpg", "dist/~$1.png")
    assert pairs(full("ref", "dist", recursive=True)) == [("ref/1.png", "dist/1.png")]


def test_maps_drawn_into_a_scored_folder_are_passed_over_aloud(here):
    touch("ref/1.png", "dist/1.png", "dist/1.png.iqt.attention.png", "dist/maps/1.png.iqt.quality.png")
    plan = full("ref", "dist", recursive=True)
    assert pairs(plan) == [("ref/1.png", "dist/1.png")]
    assert "passed over 2 maps drawn by iqa" in plan.messages[0]

"""Images alone, and one reference file against others."""

import os
from pathlib import Path

import pytest
from planning import alone, complaint, full, images, pairs, touch


def test_named_images_keep_their_order_and_spelling(here):
    touch("b.png", "a.png")
    plan = alone("./b.png", "a.png")
    assert images(plan) == ["./b.png", "a.png"]
    assert [job.reference for job in plan.jobs] == [None, None]
    assert (plan.total, plan.paired, plan.messages) == (2, False, ())


def test_a_folder_stands_for_its_images_sorted(here):
    touch("d/b.png", "d/a.JPG", "d/c.Jpeg", "z.png")
    assert images(alone("z.png", "d")) == ["z.png", "d/a.JPG", "d/b.png", "d/c.Jpeg"]


def test_hidden_files_and_other_suffixes_in_a_folder_are_passed_over(here):
    touch("d/a.png", "d/.b.png", "d/notes.txt", "d/png", "d/.cache/c.png", "d/.png")
    assert images(alone("d", recursive=True)) == ["d/a.png"]


def test_a_hidden_folder_counts_when_it_is_named(here):
    touch(".d/a.png")
    assert images(alone(".d")) == [".d/a.png"]


def test_subfolders_are_looked_into_only_when_recursive(here):
    touch("d/a.png", "d/sub/b.png", "d/sub/deep/c.png", "d.png/e.png", "d/f.png/g.txt")
    assert images(alone("d")) == ["d/a.png"]
    assert images(alone("d", recursive=True)) == ["d/a.png", "d/sub/b.png", "d/sub/deep/c.png"]


def test_a_named_file_is_planned_whatever_its_suffix(here):
    touch("scan.data", ".hidden")
    assert images(alone("scan.data", ".hidden")) == ["scan.data", ".hidden"]


def test_spaces_and_letters_of_any_script_survive(here):
    touch("mes photos/été 1.png", "mes photos/写真.jpg")
    assert sorted(images(alone("mes photos"))) == ["mes photos/été 1.png", "mes photos/写真.jpg"]


def test_a_missing_path_among_several_costs_its_own_row(here):
    touch("a.png", "c.png", "ref.png")
    assert images(alone("a.png", "gone.png", "*.jpg", "c.png")) == ["a.png", "gone.png", "*.jpg", "c.png"]
    assert pairs(full("ref.png", "gone.png", "a.png")) == [("ref.png", "gone.png"), ("ref.png", "a.png")]


def test_where_nothing_can_be_scored_missing_paths_are_an_error_that_names_them(here):
    touch("ref.png")
    assert complaint(alone, "b.png", "c.png") == "no such file or folder: b.png, c.png; check the spelling"
    assert "a.jpg" not in complaint(full, "ref.png", "b.png")
    assert complaint(full, "gone.png", "ref.png").startswith("no such file or folder: gone.png;")
    message = complaint(alone, "*.jpg")
    assert message == "no such file or folder: *.jpg; a pattern that matches nothing arrives as it was typed"


@pytest.mark.parametrize(("typed", "words"), [("ssim", "a model is"), ("PSNR,ssim", "models are")])
def test_a_model_among_the_paths_is_answered_with_the_option_it_belongs_to(here, typed, words):
    touch("ref.png", "a.png")
    wanted = f"{typed}: no such file, but {words} called so: -m {typed}"
    assert complaint(full, "ref.png", "a.png", typed) == complaint(alone, typed) == wanted
    touch(typed)
    assert images(alone(typed)) == [typed]


@pytest.mark.parametrize(("recursive", "name", "hint"), [(False, "d/sub/a.png", True), (True, "d/sub/a.txt", False)])
def test_a_folder_without_images_is_an_error_that_says_what_is_there(here, recursive, name, hint):
    touch("d/notes.txt", name)
    message = complaint(alone, "d", recursive=recursive)
    assert message.startswith("d: no image in this folder; it has ") and ".txt" in message
    assert ("--recursive" in message) is hint


def test_a_folder_that_cannot_be_listed_is_an_error(here, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    touch("d/a.png")
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        message = complaint(alone, "d")
    assert message.startswith("d: cannot list this folder (Permission denied)")


def test_nothing_at_all_is_an_error(here):
    assert "nothing to score" in complaint(alone)


# One reference file


def test_the_first_file_is_the_reference_of_all_others(here):
    touch("ref.png", "b.jpg", "a.jpg")
    plan = full("ref.png", "b.jpg", "a.jpg")
    assert pairs(plan) == [("ref.png", "b.jpg"), ("ref.png", "a.jpg")]
    assert (plan.total, plan.paired, plan.messages) == (2, True, ())


def test_a_folder_among_the_distorted_stands_for_its_images(here):
    touch("ref.png", "x.png", "d/2.png", "d/1.png", "d/sub/3.png")
    assert images(full("ref.png", "x.png", "d")) == ["x.png", "d/1.png", "d/2.png"]
    assert images(full("ref.png", "d", recursive=True)) == ["d/1.png", "d/2.png", "d/sub/3.png"]


def test_the_reference_is_left_out_of_its_own_folder_aloud(here):
    touch("d/ref.png", "d/a.png")
    plan = full("./d/../d/ref.png", "d")
    assert images(plan) == ["d/a.png"]
    assert len(plan.messages) == 1 and "ref.png" in plan.messages[0]


def test_the_reference_named_as_distorted_is_scored(here):
    touch("ref.png")
    assert pairs(full("ref.png", "ref.png")) == [("ref.png", "ref.png")]


def test_a_folder_that_holds_only_the_reference_is_an_error(here):
    touch("d/ref.png")
    assert "but the reference itself" in complaint(full, "d/ref.png", "d")


def test_an_image_given_by_itself_and_by_its_folder_is_told(here):
    touch("d/a.png", "d/b.png")
    assert alone("d", "./d/a.png", "d/b.png").messages == (
        "2 images given more than once, with a row each time: ./d/a.png, d/b.png",
    )
    touch("ref.png")
    assert full("ref.png", "d", "d/a.png").messages == ("1 image given more than once, with a row each time: d/a.png",)
    assert alone("d", "ref.png").messages == ()


def test_a_dangling_link_is_left_to_the_loader(here):
    touch("ref.png")
    Path("d").mkdir()
    Path("d/gone.png").symlink_to("nowhere.png")
    assert images(full("ref.png", "d")) == ["d/gone.png"]


@pytest.mark.parametrize("paths", [(), ("only.png",)])
def test_a_full_reference_model_needs_two_paths(here, paths):
    touch("only.png")
    message = complaint(full, *paths)
    assert "REFERENCE DISTORTED" in message and "triq" in message


def test_pictures_that_cannot_be_read_are_told_and_counted(here):
    touch("d/a.jpg", "d/1.EXR", "d/2.EXR", "d/3.EXR")
    plan = alone("d")
    assert images(plan) == ["d/a.jpg"]
    assert plan.messages[0].startswith("d: passed over 3 .exr; EXR cannot be read: convert")
    touch("r.png")
    assert full("r.png", "d").messages == plan.messages


def test_a_folder_of_nothing_but_unreadable_pictures_says_so(here):
    touch("d/1.exr")
    message = complaint(alone, "d")
    assert "no image that can be read in this folder" in message and "EXR" in message and "PNG" in message


def test_a_pipe_in_a_folder_is_passed_over_aloud(here):
    touch("d/a.png")
    os.mkfifo("d/b.png")
    plan = alone("d")
    assert images(plan) == ["d/a.png"] and "b.png" in plan.messages[0]

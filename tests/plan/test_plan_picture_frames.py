"""All frames of picture files that hold several, as jobs."""

import pytest
from PIL import Image
from planning import alone, complaint, full, images, pairs

from iqa_cli.ground.frame_names import file_of, parted


def moving(path, count, form=None):
    frames = [Image.new("RGB", (16, 12), (60 * number, 10, 10)) for number in range(count)]
    frames[0].save(path, form, save_all=True, append_images=frames[1:])


def test_names_of_frames_are_told_from_other_names():
    assert parted("a/b.gif#3") == ("a/b.gif", 3)
    assert parted("b.bmp#3") == ("b.bmp#3", None)  # a format of one picture
    assert parted("b.gif#x") == ("b.gif#x", None)
    assert file_of("a/b.tif#0") == "a/b.tif"


def test_each_frame_has_a_job_and_a_single_picture_keeps_its_name(here):
    moving("a.gif", 3)
    moving("b.tif", 2)
    moving("c.png", 1)
    plan = alone("a.gif", "b.tif", "c.png", frame="all")
    assert images(plan) == ["a.gif#0", "a.gif#1", "a.gif#2", "b.tif#0", "b.tif#1", "c.png"]
    assert plan.total == 6
    assert images(alone("a.gif", "c.png")) == ["a.gif", "c.png"]
    assert images(alone("a.gif", "c.png", frame="1")) == ["a.gif", "c.png"]


def test_files_of_several_frames_have_a_mean_each(here):
    moving("a.gif", 3)
    moving("b.tif", 2)
    assert alone("a.gif", "b.tif", frame="all").folders == ("a.gif", "b.tif")


def test_a_pair_is_gone_through_together_or_against_one_reference(here):
    moving("r.gif", 3)
    moving("d.webp", 3)
    moving("short.gif", 2)
    moving("still.png", 1)
    assert pairs(full("r.gif", "d.webp", frame="all")) == [(f"r.gif#{n}", f"d.webp#{n}") for n in range(3)]
    assert pairs(full("r.gif", "short.gif", frame="all"))[-1] == ("r.gif#2", "short.gif#2")  # which its row will tell
    assert pairs(full("still.png", "d.webp", frame="all")) == [("still.png", f"d.webp#{n}") for n in range(3)]
    assert pairs(full("r.gif", "still.png", frame="all")) == [("r.gif", "still.png")]


@pytest.mark.parametrize("rule", ["", "last", "-1", "1.5"])
def test_a_rule_that_is_none_is_refused(here, rule):
    moving("a.gif", 2)
    assert complaint(alone, "a.gif", frame=rule) == f"--frame {rule}: say first, all, or which, counted from 0"

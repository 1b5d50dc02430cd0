"""Which images of a run are those of an earlier one."""

import time

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.gate.baseline import Baseline, check_shared, rows_of
from iqa_cli.records import Job


def earlier(*jobs):
    return Baseline("old.csv", jobs, {"psnr": [1.0] * len(jobs)}, {})


@pytest.mark.parametrize(
    ("then", "now", "rows"),
    [
        (["out/a", "out/b"], ["out/b", "out/a"], [1, 0]),
        (["v1/a", "v1/b"], ["v2/b", "v2/c"], [1, None]),
        (["v1/x/a", "v1/y/a"], ["/ci/v2/y/a", "/ci/v2/x/a"], [1, 0]),
        (["./out\\a"], ["out/a"], [0]),
        (["out/a", "out/b"], ["out/b", "other/a"], [1, None]),
        (["a", "a"], ["a", "a"], [0, 1]),
        (["a"], [], []),
    ],
)
def test_images_are_the_same_by_path_or_below_the_folder_they_share(then, now, rows):
    baseline = earlier(*(Job(image, "ref.png") for image in then))
    assert rows_of([Job(image, "ref.png") for image in now], baseline) == rows


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize(
    ("then", "now", "rows"),
    [
        (["v1/a", "v1/night/a"], ["v2/night/a"], [1]),
        (["v1/a", "v1/b", "v1/night/a"], ["v2/night/a", "v2/night/b"], [2, None]),
        (["v1/night/a"], ["v2/a", "v2/night/a"], [None, 0]),
        (["v1/day/a", "v1/night/a"], ["/ci/v2/night/a"], [1]),
        (["v1/a", "v1/night/a"], ["v2/a", "v2/night/a"], [0, 1]),
        (["v1/a", "v1/raw/b"], ["/data/raw/a", "/data/raw/raw/b"], [0, 1]),
    ],
)
def test_a_run_over_a_part_of_the_folders_is_held_against_these_and_no_images_of_other_folders(then, now, rows, suffix):
    baseline = earlier(*(Job(f"{image}.png") for image in then))
    assert rows_of([Job(f"{image}{suffix}") for image in now], baseline) == rows


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (["v1/a", "v1/b", "v1/night/a"], ["v2/night/a", "v2/night/b"]),
        (["old/a", "old/b", "old/new/a"], ["new/a", "new/b"]),
        (["/w/base/out/a", "/w/base/a", "/w/base/b"], ["out/a", "out/b"]),
    ],
)
def test_a_run_is_refused_that_is_like_a_part_of_the_folders_and_more_like_all_of_them(then, now):
    with pytest.raises(UsageError, match=r"old\.csv: .* in several folders, and which are meant is open"):
        check_shared([Job(f"{image}.png") for image in now], earlier(*(Job(f"{image}.png") for image in then)))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (["v1/a", "v1/night/a", "v1/night/b"], ["v2/night/a", "v2/night/b", "v2/night/c"]),
        (["v1/a", "v1/night/a"], ["v2/a", "v2/night/a"]),
        (["v1/a", "v1/b"], ["v2/b", "v2/c"]),
        (["a", "night/a", "night/b"], ["night/a", "x/b"]),
    ],
)
def test_a_run_passes_whose_images_can_be_those_of_one_folder_alone(then, now):
    check_shared([Job(f"{image}.png") for image in now], earlier(*(Job(f"{image}.png") for image in then)))


def test_a_baseline_without_any_score_of_these_images_is_refused():
    images = [Job("a.png"), Job("b.png")]
    nothing = Baseline("old.csv", images, {"ssim": [0.9, 0.8], "psnr": [None, None]}, {})
    with pytest.raises(UsageError, match="has no score of psnr for any of these images"):
        check_shared(images, nothing)
    check_shared(images, Baseline("old.csv", images, {"psnr": [None, 30.0]}, {}))


def test_references_of_a_part_of_the_folders_are_told_apart_as_images_are():
    baseline = earlier(*(Job("v1/a.png", reference) for reference in ("GT/a.png", "GT/night/a.png")))
    assert rows_of([Job("v2/a.png", "new/night/a.png")], baseline) == [1]


def test_one_image_against_several_references_is_told_apart_by_them():
    baseline = earlier(Job("a", "r1"), Job("a", "r2"))
    assert rows_of([Job("a", "r2"), Job("a", "r1")], baseline) == [1, 0]


@pytest.mark.parametrize(
    ("then", "now", "rows"),
    [
        (["v/a.png", "v/b.png", "v/c.png"], ["v/a.png", "v/b.jpg", "v/c.JPG"], [0, 1, 2]),
        (["v1/x/a.png", "v1/y/a.png"], ["v2/x/a.jpg", "v2/y/a.jpg"], [0, 1]),
        (["a.png", "b.png", "b.bmp"], ["a.png", "b.jpg"], [0, None]),
        (["a.png", "b.png"], ["a.png", "b.jpg", "b.bmp"], [0, None, None]),
        (["a.png", "c.mp4#1"], ["a.png", "c.mp4#2"], [0, None]),
    ],
)
def test_an_image_whose_suffix_alone_changed_is_the_same_where_it_is_alone_with_its_name(then, now, rows):
    baseline = earlier(*(Job(image, "ref.png") for image in then))
    assert rows_of([Job(image, "ref.png") for image in now], baseline) == rows


def test_images_of_which_many_have_no_partner_are_told_apart_in_little_time():
    then = [Job(f"v1/{n}.png") for n in range(30_000)]
    now = [Job(f"v1/{n + 20_000}.jpg") for n in range(30_000)]
    began = time.process_time()
    assert rows_of(now, earlier(*then)) == [*range(20_000, 30_000), *[None] * 20_000]
    assert time.process_time() - began < 10

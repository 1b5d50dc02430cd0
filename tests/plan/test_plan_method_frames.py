"""All frames of picture files in a comparison: which frame of which method shows which image."""

from pathlib import Path

import pytest
from PIL import Image
from planning import complaint

from iqa_cli.plan import Inputs
from iqa_cli.plan.method_frames import methods_with_all_frames
from iqa_cli.plan.methods import plan_methods


def moving(path, count):
    Path(path).parent.mkdir(exist_ok=True)
    frames = [Image.new("RGB", (16, 12), (60 * number, 10, 10)) for number in range(count)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def planned(*paths, ref=None, frame="all", full=True, **options):
    inputs = Inputs(paths, frame=frame, **options)
    return methods_with_all_frames(plan_methods(inputs, ref, (), full), inputs)


def rows(plan):
    return [(job.reference, job.image, *job.extra.values()) for job in plan.jobs]


def test_frames_of_the_methods_files_belong_together_by_number_and_a_single_picture_keeps_its_name(here):
    for folder in "rab":
        moving(f"{folder}/scan.tif", 2)
        moving(f"{folder}/one.png", 1)
    plan = planned("a", "b", ref="r")
    assert plan.images == ("one", "scan#0", "scan#1")
    assert rows(plan)[:2] == [("r/one.png", "a/one.png", "a", "one"), ("r/one.png", "b/one.png", "b", "one")]
    assert rows(plan)[4:] == [
        ("r/scan.tif#1", "a/scan.tif#1", "a", "scan#1"),
        ("r/scan.tif#1", "b/scan.tif#1", "b", "scan#1"),
    ]
    assert planned("a", "b", ref="r", frame="1").images == ("one", "scan")


def test_a_reference_of_one_picture_is_compared_with_each_frame(here):
    moving("r.png", 1)
    moving("a.gif", 3)
    moving("b.gif", 3)
    plan = planned("r.png", "a.gif", "b.gif")
    assert {job.reference for job in plan.jobs} == {"r.png"}
    assert (plan.methods, plan.images, plan.single) == (("a.gif", "b.gif"), ("r#0", "r#1", "r#2"), False)


def test_candidates_of_one_picture_stay_candidates_of_one_image(here):
    for name in ("r.gif", "a.png", "b.png"):
        moving(name, 3 if name == "r.gif" else 1)
    plan = planned("r.gif", "a.png", "b.png")
    assert plan.single and plan.images == ("r",) and [job.reference for job in plan.jobs] == ["r.gif", "r.gif"]


def test_other_numbers_of_frames_are_refused_by_name_or_taken_as_far_as_all_have_them(here):
    for folder, count in (("r", 3), ("a", 3), ("b", 2)):
        moving(f"{folder}/scan.tif", count)
    told = complaint(planned, "a", "b", ref="r")
    assert told.startswith("r/scan.tif has 3 frames, a/scan.tif has 3 frames, b/scan.tif has 2 frames: frames are")
    assert told.endswith("--allow-missing takes those that all have")
    plan = planned("a", "b", ref="r", allow_missing=True)
    assert plan.images == ("scan#0", "scan#1")
    assert "b/scan.tif has 2 frames" in plan.messages[-1]


def test_a_damaged_file_has_a_row_for_each_frame_of_the_others_and_ends_no_run(here):
    for folder in "ab":
        moving(f"{folder}/scan.tif", 2)
    Path("b/scan.tif").write_text("no picture")
    plan = planned("a", "b", full=False)
    assert [job.image for job in plan.jobs] == ["a/scan.tif#0", "b/scan.tif#0", "a/scan.tif#1", "b/scan.tif#1"]


@pytest.mark.parametrize("rule", ["last", "-1"])
def test_a_rule_of_frames_that_is_none_is_refused_here_too(here, rule):
    moving("a.gif", 2)
    assert complaint(planned, "a.gif", full=False, frame=rule).startswith(f"--frame {rule}: say first, all")

"""Clips become jobs of their frames."""

from pathlib import Path

import pytest
from clip_files import save_clip

from iqa_cli.errors import UsageError
from iqa_cli.ground.frame_names import file_of, is_clip, parted
from iqa_cli.plan import Inputs, build_plan
from iqa_cli.plan.clip_frames import FrameRule

pytest.importorskip("av")


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, frames in (("ref.mp4", 10), ("dist.mp4", 10), ("short.mp4", 6)):
        save_clip(name, frames)


def test_frames_are_taken_evenly_from_the_middle_of_equal_parts_or_every_nth_or_all():
    assert FrameRule.parse("4").numbers(20) == [2, 7, 12, 17]
    assert FrameRule.parse("1").numbers(9) == [4]
    assert FrameRule.parse("30").numbers(5) == [0, 1, 2, 3, 4]
    assert FrameRule.parse("1/4").numbers(10) == [0, 4, 8]
    assert FrameRule.parse("all").numbers(3) == [0, 1, 2]
    for wrong in ("0", "1/0", "ten", "2/3", ""):
        with pytest.raises(UsageError, match="--frames"):
            FrameRule.parse(wrong)


@pytest.mark.parametrize("frames", [1, 7, 20, 1000])
def test_evenly_taken_frames_are_different_ones_of_the_clip(frames):
    for length in range(1, 60):
        found = FrameRule(frames).numbers(length)
        assert found == sorted(set(found)) and found[0] >= 0 and found[-1] < length
        assert len(found) == min(frames, length)


def test_names_of_frames_are_told_from_files_with_a_number_sign():
    assert parted("a/b.mp4#12") == ("a/b.mp4", 12)
    assert parted("b.bmp#12") == ("b.bmp#12", None)
    assert parted("b.mp4#x") == ("b.mp4#x", None)
    assert (file_of("b.MOV#1"), is_clip("b.MOV"), is_clip("b.png")) == ("b.MOV", True, False)


def test_two_clips_are_compared_frame_by_frame_with_the_time_of_each(clips):
    plan = build_plan(Inputs(("ref.mp4", "dist.mp4"), frames="2"), True)
    assert [(job.reference, job.image, job.extra["time"]) for job in plan.jobs] == [
        ("ref.mp4#2", "dist.mp4#2", "0.080"),
        ("ref.mp4#7", "dist.mp4#7", "0.280"),
    ]
    assert (plan.total, plan.paired, plan.folders) == (2, True, ())


def test_a_clip_alone_and_beside_images_has_times_where_it_is_one(clips):
    plan = build_plan(Inputs(("dist.mp4", "photo.png"), frames="1/5"), False)
    assert [(job.image, job.extra["time"]) for job in plan.jobs] == [
        ("dist.mp4#0", "0.000"),
        ("dist.mp4#5", "0.200"),
        ("photo.png", ""),
    ]


def test_clips_of_different_lengths_cost_their_row_and_the_others_go_on(clips):
    plan = build_plan(Inputs(("ref.mp4", "short.mp4", "dist.mp4"), frames="1"), True)
    assert [job.image for job in plan.jobs] == ["short.mp4", "dist.mp4#5"]
    assert any("short.mp4: 6 frames, but its reference ref.mp4 has 10" in message for message in plan.messages)
    assert plan.folders == ("short.mp4", "dist.mp4")


def test_frames_of_a_clip_may_be_compared_with_one_image(clips):
    Path("still.png").touch()
    plan = build_plan(Inputs(("still.png", "dist.mp4"), frames="1"), True)
    assert [(job.reference, job.image) for job in plan.jobs] == [("still.png", "dist.mp4#5")]


def test_a_manifest_names_clips_and_single_frames_and_has_no_time_of_its_own(clips, tmp_path):
    (tmp_path / "m.csv").write_text("image,note\ndist.mp4,x\nref.mp4#3,y\n")
    plan = build_plan(Inputs(manifest="m.csv", frames="1"), False)
    assert [(job.image, dict(job.extra)) for job in plan.jobs] == [
        ("dist.mp4#5", {"note": "x", "time": "0.200"}),
        ("ref.mp4#3", {"note": "y", "time": "0.120"}),
    ]
    (tmp_path / "m.csv").write_text("image\nref.mp4#3\nref.mp4#99\n")
    plan = build_plan(Inputs(manifest="m.csv"), False)
    assert [(job.image, job.extra["time"]) for job in plan.jobs] == [("ref.mp4#3", "0.120"), ("ref.mp4#99", "")]
    (tmp_path / "m.csv").write_text("image,time\nref.mp4#3,noon\n")
    assert [dict(job.extra) for job in build_plan(Inputs(manifest="m.csv"), False).jobs] == [{"time": "noon"}]
    (tmp_path / "m.csv").write_text("image,time\ndist.mp4,noon\n")
    with pytest.raises(UsageError, match="a column time of their own"):
        build_plan(Inputs(manifest="m.csv"), False)

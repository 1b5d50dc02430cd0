"""Tars on the command line: a row for each picture, columns by the JSON beside it, pairs as of folders."""

import pytest
from tar_files import member, picture, pictures_tar, tar_of

from iqa_cli.errors import UsageError
from iqa_cli.plan import Inputs, build_plan

RESERVED = ("triq", "status", "error", "notes", "details")


def planned(*paths, pairs=False, **more):
    return build_plan(Inputs(tuple(map(str, paths)), **more), pairs, reserved=lambda paired: RESERVED)


def test_a_tar_is_a_row_for_each_picture_with_its_folders(tmp_path):
    tar = pictures_tar(tmp_path / "00001.tar", "b.png", "sub/a.png", "c.txt")
    assert [job.image for job in planned(tar).jobs] == [f"{tar}/b.png", f"{tar}/sub/a.png"]


def test_scalars_of_the_json_beside_a_picture_become_columns(tmp_path):
    said = {"a": {"caption": "x", "width": 24, "exif": {}, "none": None, "good": True}, "b": {"caption": "y"}}
    tar = pictures_tar(tmp_path / "00001.tar", "a.png", "b.png", "b.mask.png", "c.png", said=said)
    rows = {job.image.rpartition("/")[2]: dict(job.extra) for job in planned(tar).jobs}
    assert rows["a.png"] == {"caption": "x", "width": "24", "none": "", "good": "true"}
    assert rows["b.png"] == rows["b.mask.png"] == {"caption": "y", "width": "", "none": "", "good": ""}
    assert rows["c.png"] == dict.fromkeys(rows["a.png"], "")


def test_columns_that_the_output_has_itself_get_another_name(tmp_path):
    tar = pictures_tar(tmp_path / "a.tar", "a.png", said={"a": {"status": "success", "image": "a", "json_status": 1}})
    plan = planned(tar)
    assert dict(plan.jobs[0].extra) == {"json_status": "success", "json_image": "a", "json_json_status": "1"}
    assert "status is called json_status" in plan.messages[-1]


def test_json_that_is_no_object_costs_its_columns_alone(tmp_path):
    tar = pictures_tar(tmp_path / "a.tar", "a.png", "b.png", said={"a": [1], "b": {"x": 1}})
    plan = planned(tar)
    assert [dict(job.extra) for job in plan.jobs] == [{"x": ""}, {"x": "1"}]
    assert "1 JSON file without columns, no object of JSON: a.json" in plan.messages[0]


def test_several_tars_and_files_are_planned_in_the_order_typed(tmp_path):
    one, two = (
        pictures_tar(tmp_path / "1.tar", "a.png", said={"a": {"x": 1}}),
        pictures_tar(tmp_path / "2.tar", "a.png"),
    )
    (tmp_path / "c.png").write_bytes(picture(0))
    plan = planned(two, tmp_path / "c.png", one)
    assert [job.image for job in plan.jobs] == [f"{two}/a.png", str(tmp_path / "c.png"), f"{one}/a.png"]
    assert [job.extra["x"] for job in plan.jobs] == ["", "", "1"]
    assert plan.folders == (str(two), str(one))


def test_tars_pair_as_folders_do(tmp_path):
    refs = pictures_tar(tmp_path / "refs.tar", "a.png", "b.png", said={"a": {"x": 1}})
    dists = pictures_tar(tmp_path / "dists.tar", "b_x4.jpg", "a_x4.jpg")
    plan = planned(refs, dists, pairs=None)
    assert plan.paired
    assert [(job.reference, job.image) for job in plan.jobs] == [
        (f"{refs}/a.png", f"{dists}/a_x4.jpg"),
        (f"{refs}/b.png", f"{dists}/b_x4.jpg"),
    ]
    assert [job.extra["x"] for job in plan.jobs] == ["1", ""]


def test_a_cut_tar_has_a_row_for_what_is_lost(tmp_path):
    tar = tmp_path / "cut.tar"
    tar.write_bytes(tar_of(*(member(f"{i}.png", picture(i)) for i in range(3)))[:2800])
    plan = planned(tar)
    assert plan.jobs[-1].image == str(tar)
    assert "cut off" in plan.messages[-1]


def test_an_empty_tar_and_one_without_pictures_are_refused(tmp_path):
    empty = tmp_path / "empty.tar"
    for data in (b"", tar_of(), tar_of(member("a.txt", b"x"))):
        empty.write_bytes(data)
        with pytest.raises(UsageError, match=r"empty\.tar: no image in this tar"):
            planned(empty)


def test_a_compressed_tar_is_refused_by_name(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(UsageError, match=r"a\.tar\.gz: a compressed tar.*gunzip it once"):
        planned(tmp_path / "a.tar.gz")


def test_a_manifest_names_members_of_tars_beside_it_and_urls(tmp_path):
    tar = pictures_tar(tmp_path / "1.tar", "a.png")
    (tmp_path / "list.csv").write_text("image,note\n1.tar/a.png,x\nmemory://b/c.png,y\n")
    plan = build_plan(Inputs((), str(tmp_path / "list.csv")), False)
    assert [job.image for job in plan.jobs] == [f"{tar}/a.png", "memory://b/c.png"]


def test_a_manifest_in_a_tar_names_members_there(tmp_path):
    tar = tmp_path / "1.tar"
    tar.write_bytes(tar_of(member("sub/list.csv", b"image\na.png\n../b.png\n"), member("sub/a.png", picture(0))))
    plan = build_plan(Inputs((), f"{tar}/sub/list.csv"), False)
    assert [job.image for job in plan.jobs] == [f"{tar}/sub/a.png", f"{tar}/b.png"]

"""Where no model is named, what is given says whether there are references."""

import io
from pathlib import Path

import pytest
from PIL import Image
from planning import complaint, images, pairs, touch, write

from iqa_cli.plan import Inputs, build_plan
from iqa_cli.registry import FIRST, FULL, NONE


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current directory: four files of one size, one of another, and two folders that pair."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "c.png", "d.png"):
        Image.new("RGB", (4, 6)).save(name)
    Image.new("RGB", (6, 4)).save("turned.png")
    Image.new("RGB", (7, 4)).save("other.png")
    touch("ref/1.png", "ref/2.png", "dist/1.png", "dist/2.png", "more/1.png", "more/2.png")


def undecided(*paths, **options):
    return build_plan(Inputs(paths=paths, **options), full_reference=None)


@pytest.mark.parametrize(
    ("paths", "jobs"),
    [
        (("a.png", "b.png"), [("a.png", "b.png")]),
        (("a.png", "ref"), [("a.png", "ref/1.png"), ("a.png", "ref/2.png")]),
        (("ref", "dist"), [("ref/1.png", "dist/1.png"), ("ref/2.png", "dist/2.png")]),
    ],
)
def test_the_first_of_two_is_the_reference(paths, jobs):
    plan = undecided(*paths)
    assert plan.paired
    assert pairs(plan) == jobs


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (("a.png",), ["a.png"]),
        (("ref",), ["ref/1.png", "ref/2.png"]),
        (("ref", "a.png"), ["ref/1.png", "ref/2.png", "a.png"]),
        (("a.png", "b.png", "other.png"), ["a.png", "b.png", "other.png"]),
    ],
)
def test_one_path_files_after_a_folder_and_files_of_several_sizes_are_judged_alone(paths, found):
    plan = undecided(*paths)
    assert not plan.paired
    assert images(plan) == found


@pytest.mark.parametrize(
    "paths", [("a.png", "b.png", "c.png"), ("a.png", "b.png", "turned.png"), ("ref", "dist", "more")]
)
def test_what_may_be_either_is_asked_for(paths):
    message = complaint(undecided, *paths)
    reference, alone = FIRST[FULL], FIRST[NONE]
    asked = f"is {paths[0]} the reference of the 2 others?"
    assert message == f"{asked} Then add -m {reference}; -m {alone} judges each image alone"


def test_a_rule_of_how_names_pair_means_that_there_is_a_reference():
    touch("x4/1_x4.png", "x4/2_x4.png", "y4/1_x4.png", "y4/2_x4.png")
    plan = undecided("ref", "x4", "y4", match=("{stem}_x4",))
    assert pairs(plan)[0] == ("ref/1.png", "x4/1_x4.png")


@pytest.mark.parametrize(
    ("header", "paired"), [("reference,distorted\na.png,b.png\n", True), ("image\na.png\n", False)]
)
def test_the_columns_of_a_manifest_decide_and_which_output_columns_they_must_not_be(header, paired):
    write("m.csv", header)
    asked = []

    def reserved(paired):
        asked.append(paired)
        return ()

    assert build_plan(Inputs(manifest="m.csv"), None, reserved=reserved).paired == paired
    assert build_plan(Inputs(paths=("-",)), None, io.StringIO(header)).paired == paired
    assert asked == [paired]


def test_nothing_and_what_is_not_there_are_told():
    assert complaint(undecided).startswith("nothing to score: give REFERENCE DISTORTED")
    assert complaint(undecided, "gone.png", "a.png").startswith("no such file or folder: gone.png;")
    assert images(undecided("a.png", "gone.png", "other.png")) == ["a.png", "gone.png", "other.png"]
    Path("a.png").write_text("no image")  # is the row's to tell
    assert undecided("a.png", "b.png").paired

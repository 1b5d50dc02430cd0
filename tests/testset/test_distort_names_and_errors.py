"""`iqa distort`: names of files, and what goes wrong."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from testset_files import pixels, rows, save

from iqa_cli.distortions import DISTORTIONS

# --- names ---------------------------------------------------------------------------------------


def test_photographs_of_one_name_do_not_overwrite_each_other(iqa):
    done = iqa("distort", "photos", "more", "--out", "set", "--types", "22", "--levels", "5", "--jobs", "1")
    assert done.code == 0
    assert "more/cat.png becomes cat-2" in done.err
    assert [row["distorted"] for row in rows()] == [f"distorted/{name}_22_5.png" for name in ("cat", "dog", "cat-2")]
    for name, original in (("cat", "photos/cat.png"), ("cat-2", "more/cat.png")):
        assert np.array_equal(pixels(f"set/references/{name}.png"), pixels(original))


def test_photographs_of_one_name_get_noise_of_their_own_and_the_first_the_same_as_alone(iqa):
    for name in ("one/grey", "two/grey"):
        save(f"{name}.png", np.full((24, 24, 3), 128, np.uint8))
    arguments = ("--types", "11", "--levels", "5", "--jobs", "1")
    iqa("distort", "one", "two", "--out", "set", *arguments)
    iqa("distort", "two", "--out", "alone", *arguments)
    first, second = (pixels(f"set/distorted/{name}_11_5.png").astype(float) for name in ("grey", "grey-2"))
    assert np.array_equal(pixels("alone/distorted/grey_11_5.png"), first)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1


def test_names_that_differ_by_case_alone_are_told_apart(iqa, photo):
    save("more/CAT.jpg", photo(48, 64))
    save("more/cat-2.jpg", photo(48, 64))
    iqa("distort", "more", "--out", "set", "--types", "22", "--levels", "5", "--jobs", "1")
    names = [Path(row["reference"]).stem for row in rows()]
    assert len({name.casefold() for name in names}) == 3


def test_a_photograph_named_twice_is_made_once_and_the_test_set_is_no_source(iqa):
    arguments = ("distort", "photos", "photos/cat.png", "-r", "--out", "photos/set", "--types", "22", "--levels", "5")
    iqa(*arguments, "--jobs", "1")
    assert iqa(*arguments, "--jobs", "1", "--resume").code == 0
    assert [row["reference"] for row in rows("photos/set")] == ["references/cat.png", "references/dog.png"]


def test_a_name_too_long_for_files_made_of_it_is_cut_and_ends_in_a_hash(iqa, photo):
    stems = ["ü" * 124 + "a", "ü" * 124 + "b"]  # 249 bytes: with a suffix no file system takes more
    for number, stem in enumerate(stems):
        save(f"long/{stem}.png", photo(16, 16, number))
    done = iqa("distort", "long", "--out", "set", "--types", "22", "--levels", "2.5", "--jobs", "1")
    assert done.code == 0
    assert done.err.count("its name is too long") == 2
    names = [Path(row["distorted"]).name for row in rows()]
    assert len(set(names)) == 2 and all(len(name.encode()) < 230 for name in names)
    for stem, row in zip(stems, rows(), strict=True):
        assert np.array_equal(pixels(Path("set", row["reference"])), pixels(f"long/{stem}.png"))


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_bad_photograph_costs_its_own_rows(iqa):
    Path("photos/bad.jpg").write_bytes(b"no picture")
    done = iqa("distort", "photos", "--out", "set", "--types", "1", "--levels", "1", "--jobs", "1")
    assert done.code == 1
    assert "photos/bad.jpg" in done.err and len(done.err.splitlines()) == 1 + 1
    assert "3 images, 1 failed, in " in done.err
    assert [row["reference"] for row in rows()] == ["references/cat.png", "references/dog.png"]


@pytest.mark.parametrize("typed", ["10", "jpeg", "JPEG", "JPEG 2000,10", "jpeg2000", "color-shift", "white noise"])
def test_types_are_numbers_or_names_in_any_case(iqa, typed):
    assert iqa("distort", "photos/cat.png", "--out", "set", "--types", typed, "--levels", "1", "--jobs", "1").code == 0
    known = {"jpeg": 10, "jpeg2000": 9, "colorshift": 5, "whitenoise": 11, "10": 10}
    expected = sorted(DISTORTIONS[known[re.sub(r"\W", "", name.lower())]].type for name in typed.split(","))
    assert [row["type"] for row in rows()] == [DISTORTIONS[type].name for type in expected]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--types", "26"), "--types 26"),
        (("--types", "jpg"), "did you mean 'JPEG'"),
        (("--types", "sepia"), "iqa distort --list"),
        (("--types", "1,,2"), "nothing between"),
        (("--levels", "6"), "from 1 to 5"),
        (("--levels", "nan"), "from 1 to 5"),
        (("--levels", "high"), "from 1 to 5"),
    ],
)
def test_wrong_types_and_levels_are_told_before_anything_is_written(iqa, arguments, message):
    done = iqa("distort", "photos", "--out", "set", *arguments)
    assert done.code == 2
    assert message in done.err and len(done.err.splitlines()) == 1
    assert not Path("set").exists()


def test_the_limit_of_pixels_is_max_pixels_alone_not_what_pillow_takes_for_a_bomb(iqa, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    arguments = ("photos/cat.png", "--out", "set", "--types", "9,10,22", "--levels", "1", "--jobs", "1")
    assert iqa("distort", *arguments).code == 0 and len(rows()) == 3
    assert iqa("distort", *arguments, "--resume").code == 0
    assert iqa("distort", *arguments, "--overwrite", "--max-pixels", "3000").code == 1
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_a_file_that_cannot_be_written_costs_its_own_row(iqa):
    Path("set/distorted/cat_22_2.png").mkdir(parents=True)  # a folder where the file should be
    Path("set/references/dog.png").mkdir(parents=True)
    arguments = ("photos", "--out", "set", "--types", "22", "--levels", "1,2", "--jobs", "1", "--resume")
    done = iqa("distort", *arguments)
    assert done.code == 1
    assert {row["distorted"] for row in rows()} == {"distorted/cat_22_1.png"}
    assert [line.split(": ")[1] for line in done.err.splitlines()[:-1]] == [
        "set/references/dog.png",
        "set/distorted/cat_22_2.png",
    ]


def test_a_side_that_jpeg_does_not_take_costs_the_rows_of_that_type(iqa):
    save("photos/long.png", np.zeros((2, 65_501, 3), np.uint8))
    done = iqa("distort", "photos", "--out", "set", "--types", "10,22", "--levels", "1", "--jobs", "1")
    assert done.code == 1 and len(rows()) == 5
    told, *rest = done.err.splitlines()
    assert "set/distorted/long_10_1.png: cannot be made: JPEG takes 65500 px a side at most" in told
    assert len(rest) == 1 and "6 images, 1 failed" in rest[0]


def test_overwrite_makes_another_test_set_in_the_place_of_the_one_that_is_there(iqa):
    assert iqa("distort", "photos", "--out", "set", "--types", "1,2", "--levels", "1", "--jobs", "1").code == 0
    Path("set/notes.txt").write_text("mine")
    command = ("distort", "photos/cat.png", "--out", "set", "--types", "11", "--levels", "3", "--jobs", "1")
    assert "--overwrite" in iqa(*command).err
    assert "give one of them" in iqa(*command, "--overwrite", "--resume").err
    done = iqa(*command, "--overwrite")
    assert done.code == 0 and done.err.splitlines()[-1].endswith(": set/manifest.csv")
    assert "1 image, 0 failed, in " in done.err
    files = sorted(path.relative_to("set").as_posix() for path in Path("set").rglob("*") if path.is_file())
    assert files == ["distorted/cat_11_3.png", "manifest.csv", "notes.txt", "references/cat.png"]

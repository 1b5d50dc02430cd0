"""Which row of a score file belongs to which image."""

from pathlib import Path
from unicodedata import normalize

import pytest

from iqa_cli.datasets.name_matching import listed, match, shortest_names
from iqa_cli.errors import UsageError


def matched(images, names):
    return [None if place is None else names[place] for place in match([Path(image) for image in images], names)]


def test_images_find_their_rows_by_path_or_file_name_in_any_case_and_with_either_slash():
    images = ["/data/set/A.png", "/data/set/b.png", "/data/set/c.png", "/data/set/d.png"]
    assert matched(images, ["c.PNG", "/data/set/A.png", r"copy\b.png"]) == [
        "/data/set/A.png",
        r"copy\b.png",
        "c.PNG",
        None,
    ]


def test_images_of_one_name_find_their_rows_by_the_folders_before_it():
    images = ["/live/jp2k/img1.bmp", "/live/jpeg/img1.bmp", "/live/wn/img1.bmp"]
    assert matched(images, ["jpeg/img1.bmp", "jp2k/img1.bmp"]) == ["jp2k/img1.bmp", "jpeg/img1.bmp", None]


def test_a_row_with_the_very_path_comes_before_one_that_ends_alike():
    assert matched(["a/1.png"], ["x/a/1.png", "a/1.png"]) == ["a/1.png"]


@pytest.mark.parametrize(("on_disk", "in_file"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_an_accent_spelt_in_another_way_is_the_same_name(on_disk, in_file):
    image, name = (normalize(form, "Bücher/café.png") for form in (on_disk, in_file))
    assert image != name
    assert matched([image], [name]) == [name]


@pytest.mark.parametrize("names", [["img1.bmp"], ["x/img1.bmp", "y/img1.bmp"]])
def test_file_names_that_could_mean_several_images_are_refused(names):
    with pytest.raises(UsageError, match="ambiguous"):
        match([Path("/live/jp2k/img1.bmp"), Path("/live/jpeg/img1.bmp")], names)


def test_images_are_named_by_as_few_folders_as_find_them_again():
    files = ("live/jp2k/img1.bmp", "live/jpeg/img1.bmp", "live/jpeg/IMG2.bmp", "tid/jpeg/img1.bmp", "img2.bmp")
    images = [Path(file) for file in files]
    names = shortest_names(images, images)
    assert names == ["jp2k/img1.bmp", "live/jpeg/img1.bmp", "jpeg/IMG2.bmp", "tid/jpeg/img1.bmp", "img2.bmp"]
    for chosen in (slice(0, 1), slice(1, 4), slice(2, 5)):
        found = matched(files, names[chosen])
        assert [file for file, name in zip(files, found, strict=True) if name] == list(files[chosen])
    assert list(listed(images, names).values()) == images


def test_a_list_may_name_an_image_twice_but_no_two_by_one_name():
    a, b = Path("d/a.png"), Path("e/b.png")
    images = [a, Path("d/b.png"), b]
    assert listed(images, ["a.png", "x/A.png", "./a.png"]) == {"a.png": a, "x/A.png": a, "./a.png": a}
    assert listed(images, ["e/b.png", "c.png"]) == {"e/b.png": b, "c.png": None}
    with pytest.raises(UsageError, match=r"1 name of the list .* several images \(b.png: d/b.png or e/b.png\)"):
        listed(images, ["a.png", "b.png"])

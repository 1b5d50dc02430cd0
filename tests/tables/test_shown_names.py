"""Paths without the folder they share, and names cut in the middle."""

import pytest
from rich.cells import cell_len

from iqa_cli.tables import shown_names
from iqa_cli.tables.shown_names import cut_in_the_middle, without_common_folder


@pytest.mark.parametrize(
    ("paths", "folder", "left"),
    [
        (["a/b/1.png", "a/b/2.png"], "a/b/", ["1.png", "2.png"]),
        (["a/b/1.png", "a/c/1.png"], "a/", ["b/1.png", "c/1.png"]),
        (["a/1.png"], "a/", ["1.png"]),
        (["/x/a/1.png", "/x/ab/1.png"], "/x/", ["a/1.png", "ab/1.png"]),
        (["/a/1.png", "/b/1.png"], "", ["/a/1.png", "/b/1.png"]),
        (["a/1.png", "/a/1.png"], "", ["a/1.png", "/a/1.png"]),
        (["1.png", "a/1.png"], "", ["1.png", "a/1.png"]),
        (["a/1.png", "", "a/2.png"], "a/", ["1.png", "", "2.png"]),
        (["", ""], "", ["", ""]),
        ([], "", []),
    ],
)
def test_the_folder_that_all_share_is_left_out_and_only_that(paths, folder, left):
    assert without_common_folder(paths) == (folder, left)


@pytest.mark.parametrize(
    ("slashes", "paths", "folder", "left"),
    [
        ("/\\", ["C:\\a\\b\\1.png", "C:\\a\\c/1.png"], "C:\\a\\", ["b\\1.png", "c/1.png"]),
        ("/\\", ["\\1.png", "\\a\\1.png"], "", ["\\1.png", "\\a\\1.png"]),
        ("/", ["a\\1.png", "a\\2.png"], "", ["a\\1.png", "a\\2.png"]),
    ],
)
def test_a_backslash_parts_folders_where_the_system_has_it_so(monkeypatch, slashes, paths, folder, left):
    monkeypatch.setattr(shown_names, "SLASHES", slashes)
    assert without_common_folder(paths) == (folder, left)


def test_a_long_name_keeps_its_beginning_and_its_end():
    assert cut_in_the_middle(["abcdefghij.png", "short.png"], 9) == ["abcd….png", "short.png"]


@pytest.mark.parametrize("end", ["run.png", "e.png", ".png"])
def test_names_that_a_cut_would_make_alike_are_cut_elsewhere(end):
    names = [f"{'model_' * 3}lr{rate}{'_epoch' * 4}{end}" for rate in (1, 2, 3)]
    cut = cut_in_the_middle(names, 24)
    assert len(set(cut)) == 3 and all(cell_len(name) <= 24 for name in cut)


def test_a_name_that_stands_twice_is_cut_alike():
    assert len(set(cut_in_the_middle(["a" * 20, "a" * 20], 8))) == 1


def test_wide_characters_are_measured_as_they_are_shown():
    (cut,) = cut_in_the_middle(["猫" * 20 + ".png"], 11)
    assert cell_len(cut) <= 11 and cut.startswith("猫猫…") and cut.endswith(".png")

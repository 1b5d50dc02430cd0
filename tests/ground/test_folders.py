"""Which files of a folder are its pictures, and what is said of the others."""

import os
import socket
import sys
from pathlib import Path

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.ground.folders import PAGE_MARK, entries, is_clutter, pictures_in, pictures_matching


@pytest.fixture
def folder(tmp_path):
    """`folder(*names)`: a folder with these files, all empty."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def names(paths):
    return [path.as_posix() for path in paths]


CLUTTER = (
    "._a.png",
    ".a.png",
    "~$a.png",
    "Thumbs.db",
    "desktop.ini",
    "@eaDir",
    "__MACOSX",
    "$RECYCLE.BIN",
    "lost+found",
)


@pytest.mark.parametrize("name", CLUTTER)
def test_what_systems_drop_into_folders_is_no_part_of_them(folder, name):
    inside = f"{name}/small.jpg" if "." not in name or name.startswith("$") else name
    where = folder("a.png", inside)
    assert is_clutter(name) and names(pictures_in(where, recursive=True).pictures) == ["a.png"]
    assert [path.name for path in entries(where)] == ["a.png"]


def test_subfolders_are_looked_into_only_when_recursive_and_links_to_folders_never(folder):
    where = folder("a.png", "sub/b.PNG", "sub/deep/c.jpg", "png", "notes.txt", "d.png/e.png")
    (where / "loop").symlink_to(where)
    assert names(pictures_in(where).pictures) == ["a.png"]
    assert names(pictures_in(where, True).pictures) == ["a.png", "d.png/e.png", "sub/b.PNG", "sub/deep/c.jpg"]


def test_a_link_that_the_system_does_not_follow_is_left_to_whoever_opens_it(folder):
    where = folder("a.png")
    (where / "b.png").symlink_to("x" * 300)  # the system raises, as it does where rights are lacking
    assert names(pictures_in(where).pictures) == ["a.png", "b.png"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look everywhere")
def test_a_subfolder_without_rights_does_not_matter_where_none_is_looked_into(folder):
    where = folder("a.png", "closed/b.png")
    (where / "closed").chmod(0)
    assert names(pictures_in(where).pictures) == ["a.png"]
    (where / "closed").chmod(0o700)


def test_what_is_passed_over_is_told_once_by_suffix_and_count_with_a_remedy(folder):
    found = pictures_in(folder("a.jpg", "1.EXR", "2.exr", "notes.TXT", "3.exr", "n.psd", "LICENCE", "sub/b.png"))
    assert names(found.pictures) == ["a.jpg"]
    (message,) = found.messages
    assert message.startswith(f"{found.folder}: passed over 3 .exr, 1 .psd, 1 ")
    assert "1 .txt" in message and "1 without suffix" in message and "1 subfolder (--recursive looks inside)" in message
    assert message.endswith("; EXR and PSD cannot be read: convert them, for example to PNG")


def test_pictures_whose_extra_is_missing_are_passed_over_with_its_name_and_taken_once_it_is_there(folder, monkeypatch):
    where = folder("a.jpg", "1.HEIC", "2.heif", "3.jxl", "4.NEF", "5.dng", "6.exr")
    assert len(pictures_in(where).pictures) == 6
    for package in ("pillow_heif", "pillow_jxl", "rawpy"):
        monkeypatch.setitem(sys.modules, package, None)
    found = pictures_in(where)
    assert names(found.pictures) == ["a.jpg"] and len(found.unreadable) == 6
    (message,) = found.messages
    told = "1 .dng, 1 .exr, 1 .heic, 1 .heif, 1 .jxl, 1 .nef"
    needed = "camera raw, HEIC and JPEG XL need optional packages: pip install 'iqa-cli[formats]'"
    assert message.endswith(f"passed over {told}; {needed}; EXR cannot be read: convert them, for example to PNG")


def test_what_to_install_comes_in_the_order_of_the_counts_and_one_extra_is_named_alone(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    both = pictures_in(folder("a.heic", "b.jxl", "c.jxl")).passed_over
    assert both == "2 .jxl, 1 .heic; JPEG XL and HEIC need optional packages: pip install 'iqa-cli[formats]'"
    monkeypatch.delitem(sys.modules, "pillow_jxl")
    one = pictures_in(folder("a.heic", "b.jxl", "c.jxl")).passed_over
    assert one == "1 .heic; HEIC needs an optional package: pip install 'iqa-cli[heif]'"


def test_many_suffixes_are_not_told_one_by_one(folder):
    found = pictures_in(folder("a.jpg", *(f"{number}.x{number}" for number in range(9)), "10.x1"))
    assert found.passed_over.startswith("2 .x1, 1 .x") and found.passed_over.endswith(", 3 of other kinds")


def test_a_folder_of_nothing_but_pictures_has_nothing_to_tell(folder):
    assert pictures_in(folder("a.jpg", ".hidden", "sub/b.png"), recursive=True).messages == ()


def test_pipes_and_sockets_are_passed_over_aloud_and_links_to_nothing_are_not(folder):
    where = folder("a.png")
    os.mkfifo(where / "p.png")
    (where / "gone.png").symlink_to("nowhere.png")
    (where / "circle.png").symlink_to("circle.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(where / "s.png"))
    found = pictures_in(where)
    assert names(found.pictures) == ["a.png", "circle.png", "gone.png"]
    assert names(found.special) == ["p.png", "s.png"]
    assert "2 special files (p.png, s.png)" in found.messages[0]


def test_own_maps_and_pages_are_known_in_a_folder(folder):
    where = folder("a.png", "maps/a.png.iqt-c.attention.png", "page_files/000001.webp", f"page_files/{PAGE_MARK}")
    found = pictures_in(where, recursive=True)
    assert names(found.pictures) == ["a.png"]
    told = "passed over 1 map drawn by iqa, the pictures of 1 page of iqa compare (page_files)"
    assert [message.endswith(told) for message in found.messages] == [True]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path):
    with pytest.raises(UsageError, match="cannot list this folder"):
        pictures_in(tmp_path / "gone")
    Path(tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot list this folder"):
        pictures_in(tmp_path / "file")


def test_a_glob_finds_pictures_and_what_is_passed_over_among_them(folder):
    where = folder("a/1.png", "a/._1.png", "b/2.EXR", "b/3.png", "page_files/4.webp", f"page_files/{PAGE_MARK}")
    (where / "link").symlink_to(where / "a")
    assert names(pictures_matching(where, "**/*").pictures)[:2] == ["a/1.png", "b/3.png"]
    assert names(pictures_matching(where, "link/*.png").pictures) == ["link/1.png"]
    assert "1 .exr, the pictures of 1 page" in pictures_matching(where, "**/*").messages[0]
    assert pictures_matching(where, "a/*").messages == ()

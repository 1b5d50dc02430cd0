"""What a name names: files, members of tars, URLs."""

from pathlib import Path

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.storage.access import exists, is_folder, named, read_bytes
from iqa_cli.storage.names import check_readable, is_local_file, is_tar, is_url, joined, tar_parts


@pytest.mark.parametrize("name", ["s3://b/a.jpg", "https://h/a.jpg?x=1", "memory://a", "S3://b/a.jpg"])
def test_a_protocol_before_the_name_makes_a_url(name):
    assert is_url(name) and not is_local_file(name)


@pytest.mark.parametrize("name", ["a.jpg", "/a/b.jpg", "C:/a.jpg", "a:b.jpg", "~/a.jpg", "./a//b.jpg"])
def test_all_else_is_no_url(name):
    assert not is_url(name) and is_local_file(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("00001.tar/a.jpg", ("00001.tar", "a.jpg")),
        ("d/00001.TAR/sub/a.jpg", ("d/00001.TAR", "sub/a.jpg")),
        ("s3://b/00001.tar/a.jpg", ("s3://b/00001.tar", "a.jpg")),
        ("s3://my.tar/00001.tar/a.jpg", ("s3://my.tar/00001.tar", "a.jpg")),
        ("s3://my.tar/a.jpg", None),
        ("00001.tar", None),
        ("00001.tar/", None),
        ("my.tar.d/a.jpg", None),
    ],
)
def test_a_member_of_a_tar_is_called_below_it(name, parts):
    assert tar_parts(name) == parts


def test_a_folder_that_is_called_like_a_tar_stays_a_folder(tmp_path):
    folder = tmp_path / "x.tar"
    folder.mkdir()
    assert tar_parts(f"{folder}/a.jpg") is None
    assert not is_tar(str(folder))


def test_a_name_that_the_system_does_not_look_up_is_left_to_who_reads_it():
    refused = "x" * 300
    assert exists(f"{refused}.png") and not is_folder(f"{refused}.png")
    assert is_tar(f"{refused}.tar") and not is_folder(refused)
    assert named(f"{refused}.png#1") == (f"{refused}.png", 1)
    with pytest.raises(OSError, match="name too long"):
        read_bytes(f"{refused}.png")
    with pytest.raises(UsageError, match="gunzip"):
        check_readable(f"{refused}.tgz/a.png")


@pytest.mark.parametrize("name", ["gone.png", "file/below.png", "\0.png"])
def test_what_is_surely_not_there_is_not(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert not exists(name)


def test_joining_keeps_both_slashes_of_a_url():
    assert joined("s3://b/photos/", "a/b.jpg") == "s3://b/photos/a/b.jpg"
    assert joined("photos/", "b.jpg") == "photos/b.jpg"
    assert joined("00001.tar", "b.jpg") == "00001.tar/b.jpg"


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz/b.jpg", "s3://b/a.tar.zst", "a.tar.xz/b.jpg"])
def test_a_compressed_tar_is_refused_with_the_remedy(name):
    with pytest.raises(UsageError, match=r"compressed tar.* (gunzip|unpack) it once"):
        check_readable(name)


@pytest.mark.parametrize("folder", [".", "photos", "photos/", "a//b", "/", "/data", "../x", "./x"])
@pytest.mark.parametrize(
    "name", ["a.png", "a/b.png", "./a.png", "../a.png", "a//b", "a/./b", "/a.png", "a/", "é b.png"]
)
def test_names_join_as_paths_do(folder, name):
    assert joined(folder, name) == str(Path(folder, name))

"""Folders that take files whole, here and in the memory of fsspec; of an object store see tests/parts."""

import pytest

from iqa_cli.errors import IqaError, UsageError
from iqa_cli.storage.folder import open_folder


@pytest.fixture(params=["local", "memory"])
def place(request, tmp_path):
    return str(tmp_path / "out") if request.param == "local" else f"memory://{tmp_path}/out/"


def test_a_folder_that_is_not_there_has_no_names_and_nothing_to_read(place):
    folder = open_folder(place)
    assert folder.names() == folder.names("_rows") == []
    assert folder.read("a.txt") is None
    folder.remove("a.txt")


def test_what_is_written_is_read_again_and_listed_where_it_lies(place):
    folder = open_folder(place)
    folder.write("b.txt", b"1")
    folder.write("a.txt", b"2")
    folder.write("_rows/c.txt", b"3")
    assert folder.names() == ["a.txt", "b.txt"] and folder.names("_rows") == ["_rows/c.txt"]
    folder.write("a.txt", b"4")
    assert open_folder(place).read("a.txt") == b"4" and folder.read("_rows/c.txt") == b"3"


def test_what_is_removed_is_gone_and_of_a_folder_here_the_empty_one_below_it(place, tmp_path):
    folder = open_folder(place)
    folder.write("_rows/c.txt", b"3")
    folder.remove("_rows/c.txt")
    assert folder.names("_rows") == [] and folder.read("_rows/c.txt") is None
    assert not (tmp_path / "out/_rows").exists()


def test_what_is_being_written_is_not_listed(tmp_path):
    folder = open_folder(str(tmp_path))
    (tmp_path / ".a.txt-1234.partial").touch()
    assert folder.names() == []


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IqaError, match=r"file/a\.txt: cannot be written"):
        open_folder(f"{tmp_path}/file").write("a.txt", b"")


def test_a_protocol_that_there_is_not_is_refused_by_name():
    with pytest.raises(UsageError, match="nowhere://"):
        open_folder("nowhere://bucket/out/")

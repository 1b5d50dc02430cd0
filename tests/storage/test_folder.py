"""Folders that take files whole, here and in the memory of fsspec; of an object store see tests/parts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def test_threads_that_empty_a_folder_keep_no_other_from_writing_into_it_or_looking_through_it(tmp_path):
    folder = open_folder(str(tmp_path / "out"))

    def write_and_remove(number):
        for _ in range(400):
            folder.write(f"_rows/{number}.jsonl", b"")
            folder.remove(f"_rows/{number}.jsonl")

    def look(_):
        for _ in range(400):
            folder.forget_unfinished("1")

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(action, number) for number, action in enumerate((write_and_remove, write_and_remove, look))]
        assert [each.result() for each in done] == [None] * 3
    assert not list(tmp_path.rglob("*.*"))


def test_a_folder_that_goes_before_the_file_is_in_it_is_made_again(tmp_path, monkeypatch):
    folder, made = open_folder(str(tmp_path / "out")), []

    def touch(path, **how):
        made.append(path)
        if len(made) == 1:
            path.parent.rmdir()
        path.open("xb").close()

    monkeypatch.setattr(Path, "touch", touch)
    folder.write("_rows/a.jsonl", b"1")
    assert folder.read("_rows/a.jsonl") == b"1" and len(made) == 2


def test_of_half_written_files_those_that_begin_so_go_wherever_they_lie(tmp_path):
    for name in ("_rows/.0*0-x.partial", "_rows/.010-x.partial", ".0*0-y.partial", "_rows/0*0-x.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    open_folder(str(tmp_path)).forget_unfinished("0*0-")
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == [".010-x.partial", "0*0-x.jsonl"]


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

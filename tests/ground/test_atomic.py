"""Files are whole or not there, whatever happens while they are written."""

import errno
import os
import stat
from pathlib import Path

import pytest

from iqa_cli.ground.atomic import SUFFIX, atomically, forget_partial, write_whole


def test_a_file_is_replaced_only_when_all_of_it_is_written(tmp_path):
    target = tmp_path / "new" / "a.txt"
    write_whole(target, "old")
    with pytest.raises(ZeroDivisionError), atomically(target) as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old" and [path.name for path in target.parent.iterdir()] == ["a.txt"]


def test_names_as_long_as_a_file_system_takes_are_written(tmp_path):
    for name in ("a" * 255, "é" * 127):
        write_whole(tmp_path / name, "x")
        assert (tmp_path / name).read_text() == "x"


def test_what_a_link_points_to_is_replaced_with_its_permissions(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch()
    target.chmod(0o600)
    link.symlink_to(target)
    write_whole(link, "x")
    assert link.is_symlink() and target.read_text() == "x" and stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_new_file_has_the_permissions_of_the_mask(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_device_is_written_to_and_never_replaced():
    write_whole(Path(os.devnull), "x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_bytes_of_names_survive_in_text(tmp_path):
    write_whole(tmp_path / "a", b"caf\xe9\n".decode("utf-8", "surrogateescape"))
    assert (tmp_path / "a").read_bytes() == b"caf\xe9\n"


def test_a_full_disk_names_the_file_that_was_to_be(tmp_path):
    with pytest.raises(OSError) as caught, atomically(tmp_path / "a.bin"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "a.bin") and list(tmp_path.iterdir()) == []


def test_what_a_kill_leaves_half_written_of_a_file_is_known_by_its_name_alone(tmp_path):
    names = ("scores-of-all-photographs-1.csv", "scores-of-all-photographs-2.csv", "*.pt")
    for name in names:
        with atomically(tmp_path / name) as partial:
            partial.write_text("half")
            (tmp_path / f"{partial.name.removesuffix(SUFFIX)}left{SUFFIX}").write_text(name)
    for name in names[1:]:
        forget_partial(tmp_path / name)
    assert [path.read_text() for path in tmp_path.glob(f".*{SUFFIX}")] == [names[0]]

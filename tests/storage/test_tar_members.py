"""Members of tars by name: found, linked, doubled, cut off, damaged; and nothing else than members."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
from tar_files import member, picture, pictures_tar, tar_of

from iqa_cli.errors import ImageError
from iqa_cli.images import load_image
from iqa_cli.storage import tar_members
from iqa_cli.storage.access import exists, opened, read_bytes, read_start
from iqa_cli.storage.folder_listing import listing

LONG = "d" * 90 + "/" + "é" * 120 + "/" + "n" * 100 + ".png"


@pytest.fixture
def tar(tmp_path):
    return pictures_tar(tmp_path / "a.tar", "a.png", "./sub/b.png")


def test_a_member_has_the_bytes_that_were_packed(tar):
    assert read_bytes(f"{tar}/a.png") == picture(0)
    assert read_bytes(f"{tar}/sub/b.png") == read_bytes(f"{tar}/./sub//b.png") == picture(1)
    assert read_start(f"{tar}/a.png", 8) == picture(0)[:8]


def test_a_member_scores_as_the_file_does(tar, tmp_path):
    (tmp_path / "a.png").write_bytes(picture(0))
    assert np.array_equal(load_image(f"{tar}/a.png").stored, load_image(tmp_path / "a.png").stored)


def test_a_member_can_be_searched_as_a_file(tar):
    with opened(f"{tar}/a.png") as file:
        file.seek(-4, 2)
        assert file.read() == picture(0)[-4:]
        file.seek(0)
        assert file.read() == picture(0)


def test_what_is_not_there_is_told(tar):
    assert exists(f"{tar}/a.png") and not exists(f"{tar}/none.png") and not exists(f"{tar}x.tar/a.png")
    with pytest.raises(ImageError, match=r"none\.png: cannot be read: no such member in this tar"):
        load_image(f"{tar}/none.png")
    with pytest.raises(ImageError, match="no such file or folder"):
        load_image(f"{tar.parent}/none.tar/a.png")


def test_the_tar_itself_is_no_image(tar):
    with pytest.raises(ImageError, match=r"a tar, no image: its members are called .*a\.tar/\.\.\."):
        load_image(tar)


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_other_letters_are_read_in_all_formats(tmp_path, format):
    path = tmp_path / "long.tar"
    path.write_bytes(tar_of(member(LONG, picture(3)), format=format))
    assert listing(str(path)).pictures == [Path(LONG)]
    assert read_bytes(f"{path}/{LONG}") == picture(3)


def test_links_lead_to_members_and_nowhere_else(tmp_path):
    path = tmp_path / "links.tar"
    data = tar_of(
        member("sub/a.png", picture(0)),
        member("sub/soft.png", type=tarfile.SYMTYPE, linkname="a.png"),
        member("hard.png", type=tarfile.LNKTYPE, linkname="sub/a.png"),
        member("out.png", type=tarfile.SYMTYPE, linkname="../../etc/passwd"),
        member("round.png", type=tarfile.SYMTYPE, linkname="round.png"),
        member("pipe.png", type=tarfile.FIFOTYPE),
    )
    path.write_bytes(data)
    assert read_bytes(f"{path}/sub/soft.png") == read_bytes(f"{path}/hard.png") == picture(0)
    for name, why in {"out": "a link to nothing", "round": "a link to nothing", "pipe": "a device or a pipe"}.items():
        with pytest.raises(ImageError, match=why):
            load_image(f"{path}/{name}.png")


def test_names_that_lead_out_of_the_tar_are_no_members(tmp_path):
    path = tmp_path / "out.tar"
    path.write_bytes(tar_of(member("../a.png", picture(0)), member("/b.png", picture(1)), member("c.png", picture(2))))
    found = listing(str(path))
    assert found.pictures == [Path("c.png")]
    assert found.messages == (f"{path}: passed over 2 special files (../a.png, /b.png)",)
    with pytest.raises(ImageError, match="no such member"):
        load_image(f"{path}/../a.png")


def test_of_a_name_that_is_there_twice_the_last_counts(tmp_path):
    path = tmp_path / "twice.tar"
    path.write_bytes(tar_of(member("a.png", picture(0)), member("a.png", picture(1))))
    found = listing(str(path))
    assert found.pictures == [Path("a.png")]
    assert "1 name there more than once, of which the last counts: a.png" in found.messages[0]
    assert read_bytes(f"{path}/a.png") == picture(1)


def test_a_tar_that_is_cut_off_keeps_what_is_whole(tmp_path):
    path, data = tmp_path / "cut.tar", tar_of(*(member(f"{i}.png", picture(i)) for i in range(3)))
    path.write_bytes(data[: 2 * (1024 + len(picture(0)) // 512 * 512) + 700])
    found = listing(str(path))
    assert found.broken and "cut off" in found.broken[0]
    assert read_bytes(f"{path}/0.png") == picture(0)
    with pytest.raises(ImageError, match="cut off"):
        load_image(f"{path}/{found.pictures[-1]}")


def test_a_damaged_header_ends_the_tar_and_is_told(tmp_path):
    path, data = tmp_path / "bad.tar", bytearray(tar_of(*(member(f"{i}.png", picture(i)) for i in range(3))))
    second = data.index(b"1.png")
    data[second : second + 512] = b"\xff" * 512
    path.write_bytes(data)
    found = listing(str(path))
    assert found.pictures == [Path("0.png")]
    assert found.broken == [f"the tar is damaged at byte {second}: what follows cannot be read"]
    with pytest.raises(ImageError, match=r"2\.png: cannot be read: no such member in this tar; the tar is damaged"):
        load_image(f"{path}/2.png")


def test_what_is_no_tar_is_told(tmp_path):
    path = tmp_path / "no.tar"
    path.write_bytes(picture(0) * 20)
    with pytest.raises(ImageError, match="no tar, or damaged from its start"):
        load_image(f"{path}/a.png")


def test_an_index_is_read_once_until_the_file_changes(tar, monkeypatch):
    scans = []
    scanned = tar_members._scanned
    monkeypatch.setattr(tar_members, "_scanned", lambda *given: scans.append(1) or scanned(*given))
    for _ in range(3):
        read_bytes(f"{tar}/a.png")
    assert len(scans) == 1
    pictures_tar(tar, "c.png")
    assert read_bytes(f"{tar}/c.png") == picture(0) and len(scans) == 2

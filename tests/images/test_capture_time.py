"""When a photograph was taken, by the EXIF data of every format that has them."""

import io
import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from image_files import ASCII, UNDEFINED, encode, tiff
from PIL import Image

from iqa_cli.images.capture import capture_time

WHEN = datetime(2026, 5, 1, 10, 20, 30)


def exif(original="2026:05:01 10:20:30", **more):
    found = Image.Exif()
    found[0x010F], found[0x0132] = "Camera", "2026:06:30 00:00:00"  # of the last change, which does not count
    details = found.get_ifd(0x8769)
    details[0x9003] = original
    for tag, value in more.items():
        details[int(tag[1:])] = value
    return found


def saved(path, **options):
    Image.new("RGB", (32, 24), "grey").save(path, **options)
    return str(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_it_is_when_the_picture_was_taken_and_not_when_it_was_changed(tmp_path, suffix):
    assert capture_time(saved(tmp_path / f"x.{suffix}", exif=exif())) == WHEN


def test_files_built_like_tiff_tell_it_too(tmp_path):
    (tmp_path / "x.dng").write_bytes(exif().tobytes().removeprefix(b"Exif\0\0") + bytes(64))
    assert capture_time(str(tmp_path / "x.dng")) == WHEN


DETAILS = {0x9003: (ASCII, b"2026:05:01 10:20:30\0")}


@pytest.mark.parametrize("mark", [b"IIRO", b"IIRS", b"MMOR", b"IIU\0"])
def test_raw_files_that_are_tiff_but_for_their_mark_tell_it(tmp_path, mark):
    file = tiff({34665: DETAILS}, order="<" if mark[:1] == b"I" else ">")
    (tmp_path / "x.raw").write_bytes(mark + file[4:])
    assert capture_time(str(tmp_path / "x.raw")) == WHEN


def test_an_rw2_tells_it_in_its_preview(tmp_path):
    preview = encode(Image.new("RGB", (8, 8)), "JPEG", exif=exif())
    (tmp_path / "x.rw2").write_bytes(b"IIU\0" + tiff({0x2E: (UNDEFINED, preview)})[4:])
    assert capture_time(str(tmp_path / "x.rw2")) == WHEN


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def test_a_cr3_tells_it_in_a_box_of_its_own(tmp_path):
    own = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"), box(b"CMT2", tiff(DETAILS)))
    file = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", own, box(b"mvhd", bytes(100)))
    (tmp_path / "x.cr3").write_bytes(file + struct.pack(">I4sQ", 1, b"mdat", 1 << 33) + bytes(1 << 19))
    assert capture_time(str(tmp_path / "x.cr3")) == WHEN


@pytest.mark.parametrize("name", ["x.orf", "x.rw2", "x.cr3"])
def test_damaged_raw_files_tell_nothing(tmp_path, name):
    start = {"x.orf": b"IIRO", "x.rw2": b"IIU\0", "x.cr3": b"\0\0\0\x18ftypcrx "}[name]
    for rest in (b"", b"\xff" * 400, bytes(400)):
        (tmp_path / name).write_bytes(start + rest)
        assert capture_time(str(tmp_path / name)) is None


def test_a_raf_tells_it_in_its_preview(tmp_path):
    preview = io.BytesIO()
    Image.new("RGB", (8, 8)).save(preview, "JPEG", exif=exif())
    header = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + (100).to_bytes(4, "big")
    (tmp_path / "x.raf").write_bytes(header.ljust(100, b"\0") + preview.getvalue())
    assert capture_time(str(tmp_path / "x.raf")) == WHEN


@pytest.mark.parametrize(("suffix", "library"), [("heic", "pillow_heif"), ("jxl", "pillow_jxl")])
def test_formats_of_extras_tell_it(tmp_path, suffix, library):
    plugin = pytest.importorskip(library)
    if suffix == "heic":
        file = plugin.from_pillow(Image.fromarray(np.zeros((64, 64, 3), np.uint8)))
        file.save(tmp_path / "x.heic", exif=exif().tobytes())
    else:
        saved(tmp_path / "x.jxl", exif=exif().tobytes())
    assert capture_time(str(tmp_path / f"x.{suffix}")) == WHEN


def test_parts_of_a_second_keep_a_burst_in_order(tmp_path):
    first, second = (capture_time(saved(tmp_path / f"{part}.jpg", exif=exif(_37521=part))) for part in ("12", "5"))
    assert first == WHEN.replace(microsecond=120_000) and second == WHEN.replace(microsecond=500_000)


@pytest.mark.parametrize("original", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""])
def test_a_camera_whose_clock_was_never_set_tells_nothing(tmp_path, original):
    assert capture_time(saved(tmp_path / "x.jpg", exif=exif(original))) is None


def test_files_without_it_and_files_that_are_none_tell_nothing(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(Path(saved(tmp_path / "x.jpg", exif=exif())).read_bytes()[:60])
    assert capture_time(saved(tmp_path / "plain.png")) is None
    for name in ("empty.jpg", "text.jpg", "cut.jpg", "gone.jpg"):
        assert capture_time(str(tmp_path / name)) is None

"""Gain maps: the picture that everyone sees is scored, and the row says that there was more."""

import io
import struct

import numpy as np
import pytest
from extra_files import jxl
from image_files import PICTURE, encode, with_segment
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.images import ImagePolicy, load_image

NOTE = "gain map ignored"
PLAIN = encode(PICTURE, "JPEG", quality=95)
SECOND = encode(Image.new("L", (16, 12), 128), "JPEG")
ULTRA_HDR = b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/>'
APPLE = b"<HDRGainMap:auxiliary>urn:com:apple:photo:2020:aux:hdrgainmap</HDRGainMap:auxiliary>"


def xmp(text: bytes) -> bytes:
    return b"http://ns.adobe.com/xap/1.0/\0" + text


def multi_picture(images: int) -> bytes:
    """The body of an MPF segment that counts so many images (CIPA DC-007)."""
    entry = struct.pack("<HHII", 0xB001, 4, 1, images)
    return b"MPF\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)


def indexed(*before: tuple[int, bytes], second: bytes = SECOND) -> bytes:
    """A JPEG whose segments tell where a second picture stands, behind its own."""
    table = struct.pack("<IIIHH", 0x030000, 0, 0, 0, 0) + struct.pack("<IIIHH", 0, len(second), 0, 0, 0)
    head = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0xB002, 7, len(table), 26, 0)
    file = with_segment(PLAIN, 0xE2, b"MPF\0" + head + table)
    for marker, body in before:
        file = with_segment(file, marker, body)
    start = file.index(head)
    place = struct.pack("<II", len(second), len(file) - start)
    return file.replace(struct.pack("<II", len(second), 0), place, 1) + second


@pytest.mark.parametrize(
    "file",
    [
        with_segment(with_segment(PLAIN, 0xE2, multi_picture(2)), 0xE1, xmp(ULTRA_HDR)) + SECOND,
        with_segment(PLAIN, 0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)) + SECOND,
        with_segment(PLAIN, 0xE2, multi_picture(2)) + with_segment(SECOND, 0xE1, xmp(APPLE)),
    ],
    ids=["Ultra HDR", "ISO 21496-1", "Apple"],
)
def test_a_jpeg_with_a_gain_map_is_scored_as_the_picture_that_everyone_sees(file):
    loaded = load_image(file)
    assert np.array_equal(loaded.pixels, load_image(PLAIN).pixels)
    assert loaded.notes == (NOTE,)


@pytest.mark.parametrize(
    "file",
    [
        indexed((0xE1, xmp(ULTRA_HDR))),
        indexed((0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4))),
        indexed(second=with_segment(SECOND, 0xE1, xmp(APPLE))),
    ],
    ids=["Ultra HDR", "ISO 21496-1", "Apple"],
)
def test_a_gain_map_has_no_number_to_be_scored_by(file, tmp_path):
    loaded = load_image(file, ImagePolicy(frame=1))
    assert np.array_equal(loaded.pixels, load_image(PLAIN).pixels) and loaded.notes == (NOTE,)
    (tmp_path / "photo.jpg").write_bytes(file)
    with pytest.raises(ImageError, match="holds one picture alone: leave out the number"):
        load_image(tmp_path / "photo.jpg#1")
    assert load_image(indexed(), ImagePolicy(frame=1)).size == (16, 12)  # as of any other second picture


def test_a_second_picture_that_is_no_gain_map_is_told_as_one():
    file = encode(PICTURE, "MPO", save_all=True, append_images=[PICTURE])
    assert load_image(file).notes == ("first image of 2",)
    assert load_image(PLAIN).notes == ()


def test_an_avif_with_a_tone_mapped_item_says_so_too():
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    file = encode(PICTURE, "AVIF", exif=exif)
    place = file.index(b"Exif", file.index(b"infe"))
    mapped = file[:place] + b"tmap" + file[place + 4 :]
    assert load_image(file).notes == ()
    assert load_image(mapped).notes == (NOTE,)
    assert np.array_equal(load_image(mapped).pixels, load_image(file).pixels)


def test_a_jpeg_xl_says_so_as_well():
    pytest.importorskip("pillow_jxl")
    file = jxl(np.asarray(PICTURE), container=True)
    assert load_image(file).notes == ()
    assert load_image(file + struct.pack(">I4s", 12, b"jhgm") + bytes(4)).notes == (NOTE,)


def test_a_heic_says_so_as_well():
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(PICTURE).save(buffer, quality=90, exif=b"Exif\0\0" + Image.Exif().tobytes()[6:])
    file = buffer.getvalue()
    place = file.index(b"Exif", file.index(b"infe"))
    assert load_image(file).notes == ()
    assert load_image(file[:place] + b"tmap" + file[place + 4 :]).notes == (NOTE,)

"""Metadata: the orientation is read by itself, and nothing else in a file can cost the image."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import (
    ASCII,
    BYTE,
    COLOURS,
    LONG,
    PICTURE,
    RATIONAL,
    SHORT,
    chunk,
    encode,
    exif,
    page,
    tiff,
    with_chunks,
    with_segment,
)  # fmt: skip
from PIL import Image
from profiles import SRGB, rgb_profile

from iqa_cli.images import load_image
from iqa_cli.metadata.tiff import TiffFile

SIX = {BYTE: (6,), SHORT: (6,), LONG: (6,), RATIONAL: (6, 1), ASCII: b"6\0"}
TURNED = np.rot90(COLOURS, -1)  # what orientation 6 asks for


def with_exif(form: str, block: bytes) -> bytes:
    if form == "TIFF":
        raise NotImplementedError
    if form == "PNG":
        return with_chunks(encode(PICTURE, "PNG"), chunk(b"eXIf", block[6:]))
    options = {"lossless": True} if form == "WEBP" else {}
    return encode(PICTURE, form, exif=block, **options)


def pixels_of(form: str, block: bytes = b"") -> np.ndarray:
    file = with_exif(form, block) if block else encode(PICTURE, form, **({"lossless": True} if form == "WEBP" else {}))
    return load_image(file).pixels


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kind", SIX)
@pytest.mark.parametrize("order", "<>")
def test_the_orientation_counts_by_its_number_whatever_its_type(form, kind, order):
    loaded = load_image(with_exif(form, exif({274: (kind, SIX[kind])}, order)))
    assert np.array_equal(loaded.pixels, np.rot90(pixels_of(form), -1))
    assert loaded.notes == ("EXIF orientation 6 applied",)


@pytest.mark.parametrize("kind", SIX)
@pytest.mark.parametrize("big", [False, True])
def test_so_it_does_in_a_tiff_file(kind, big):
    loaded = load_image(tiff(page(COLOURS, t274=(kind, SIX[kind])), big=big))
    assert np.array_equal(loaded.pixels, (TURNED / 255).astype(np.float32))
    assert loaded.notes == ("EXIF orientation 6 applied",)


def test_turning_leaves_depth_and_sign_of_a_tiff_as_they_are():
    grey = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    inverted = load_image(tiff(page(grey, t262=(SHORT, (0,)), t274=(SHORT, (6,)))))
    assert inverted.pixels[..., 0] == pytest.approx(np.rot90(1 - grey / 65535, -1), abs=1e-6)
    unsigned = load_image(tiff(page(grey.astype(np.uint32), t274=(SHORT, (8,)))))
    assert unsigned.pixels[..., 0] == pytest.approx(np.rot90(grey / 65535), abs=1e-6)
    assert "unsigned 32-bit integers read with white at 65535" in unsigned.notes


ODD = [
    {296: (BYTE, (2,))},  # ResolutionUnit
    {282: (RATIONAL, (1, 0)), 283: (ASCII, b"high\0"), 296: (SHORT, (3,))},
    {305: (LONG, (1, 2, 3)), 306: (RATIONAL, (1, 2))},  # Software, DateTime
    {34853: (LONG, (3,))},  # GPS tags in the middle of something else
    {36864: (SHORT, (1,)), 37500: (99, b"")},  # a type that does not exist
]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_odd_tags_beside_the_orientation_cost_nothing(form, odd):
    tags = {274: (SHORT, (6,))} | {tag: value for tag, value in odd.items() if value[0] != 99}
    loaded = load_image(with_exif(form, exif(tags)))
    assert np.array_equal(loaded.pixels, np.rot90(pixels_of(form), -1))
    assert loaded.notes == ("EXIF orientation 6 applied",)


@pytest.mark.parametrize("odd", [*ODD, {33432: (LONG, (1 << 30,) * 3)}, {700: (SHORT, (1, 2, 3))}], ids=str)
@pytest.mark.parametrize("order", "<>")
def test_odd_tags_of_a_tiff_file_cost_nothing(odd, order):
    tags = page(COLOURS, t274=(BYTE, (6,))) | {tag: value for tag, value in odd.items() if value[0] != 99}
    loaded = load_image(tiff(tags, order=order))
    assert np.array_equal(loaded.pixels, (TURNED / 255).astype(np.float32))


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    tags=st.dictionaries(
        st.sampled_from([271, 282, 283, 296, 305, 306, 315, 531, 33432, 34853, 37500, 40962, 50341]),
        st.tuples(st.integers(0, 20), st.integers(0, 1 << 31), st.integers(0, (1 << 32) - 1)),
        max_size=6,
    ),
)
def test_any_tags_with_any_values_leave_the_pixels_as_they_are(form, tags):
    table = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(tags.items()))
    block = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(tags)) + table + bytes(4)
    assert np.array_equal(load_image(with_exif(form, block)).pixels, pixels_of(form))


NOWHERE = {  # types and values of tags that should say where a directory begins
    "NaN": (11, struct.pack("<f", float("nan"))),
    "infinite": (12, struct.pack("<d", float("inf"))),
    "huge": (12, struct.pack("<d", 1e300)),
    "past 63 bits": (16, struct.pack("<Q", 1 << 63)),
    "before the block": (9, struct.pack("<i", -3)),
    "far before it": (17, struct.pack("<q", -(1 << 63))),
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("tag", [34665, 330])
@pytest.mark.parametrize("where", NOWHERE)
def test_a_directory_that_is_nowhere_costs_nothing(form, tag, where):
    kind, value = NOWHERE[where]
    table = struct.pack("<HHII", 274, SHORT, 1, 6) + struct.pack("<HHI", tag, kind, 1)
    table += value if len(value) == 4 else struct.pack("<I", 8 + 2 + 24 + 4)
    entries = sorted((table[:12], table[12:]), key=lambda entry: struct.unpack("<H", entry[:2]))
    block = b"II*\0" + struct.pack("<IH", 8, 2) + b"".join(entries) + bytes(4) + value + bytes(8)
    loaded = load_image(with_exif(form, b"Exif\0\0" + block))
    assert np.array_equal(loaded.pixels, np.rot90(pixels_of(form), -1))
    assert list(TiffFile(block).pages()) and not TiffFile(block).below(next(TiffFile(block).pages()), tag)


def test_a_first_directory_past_63_bits_costs_nothing():
    block = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 1 << 63) + bytes(16)
    assert np.array_equal(load_image(with_exif("PNG", b"Exif\0\0" + block)).pixels, pixels_of("PNG"))
    index = with_segment(encode(PICTURE, "JPEG"), 0xE2, b"MPF\0" + block)
    assert np.array_equal(load_image(index).pixels, pixels_of("JPEG"))


def test_an_avif_with_odd_exif_is_read_and_turned_by_its_own_boxes():
    tags = Image.Exif()
    tags[274], tags[296] = 6, 2  # Pillow puts the orientation into a box
    file = encode(PICTURE, "AVIF", exif=tags)
    odd = file.replace(b"\x01\x28\0\3", b"\x01\x28\0\1")  # ResolutionUnit as BYTE
    assert odd != file
    assert np.array_equal(load_image(odd).pixels, np.rot90(pixels_of("AVIF"), -1))


@pytest.mark.parametrize(
    "damaged",
    [
        chunk(b"pHYs", b"\0"),
        chunk(b"gAMA", b"\1"),
        chunk(b"cHRM", b"\1\2"),
        chunk(b"sRGB", b""),
        chunk(b"tEXt", b"\xff")[:-1] + b"?",  # a wrong checksum
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100 << 20))),
        chunk(b"zTXt", b"Comment\0\7"),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(2 << 20))),
        chunk(b"tIME", b""),
    ],
    ids=lambda body: str(body[4:8]),
)
def test_chunks_of_a_png_that_pixels_do_not_need_cost_nothing(damaged):
    loaded = load_image(with_chunks(encode(PICTURE, "PNG"), damaged))
    assert np.array_equal(loaded.pixels, (COLOURS / 255).astype(np.float32))
    assert loaded.notes == ()


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
@pytest.mark.parametrize("keyword", [b"iCCP", b"sRGB", b"gAMA", b"cICP", b"eXIf", b"tRNS", b"IHDR"])
def test_a_text_of_a_png_that_is_called_like_a_chunk_is_none(kind, keyword):
    gamma = chunk(b"gAMA", (100_000).to_bytes(4, "big"))
    plain, named = with_chunks(encode(PICTURE, "PNG"), gamma), chunk(kind, keyword + b"\0" + b"\1\15\0\1" * 3)
    expected, loaded = load_image(plain), load_image(with_chunks(plain, named))
    assert expected.notes and loaded.notes == expected.notes
    assert np.array_equal(loaded.pixels, expected.pixels)


@pytest.mark.parametrize(
    ("marker", "body"),
    [
        (0xE0, b"JFIF\0"),
        (0xE1, b"Exif\0\0"),
        (0xE2, b"MPF\0II*\0"),
        (0xE2, b"ICC_PROFILE\0"),
        (0xED, b"Photoshop 3.0\0" + b"8BIM\x03\xed\0\0\0\0\0\2ab"),
        (0xEE, b"Adobe"),
        (0xFE, b"\xff" * 30),
    ],
)
def test_segments_of_a_jpeg_that_pixels_do_not_need_cost_nothing(marker, body):
    file = encode(PICTURE, "JPEG")
    assert np.array_equal(load_image(with_segment(file, marker, body)).pixels, load_image(file).pixels)


def test_a_cmyk_jpeg_keeps_the_segment_that_says_how_its_inks_are_stored():
    inks = encode(PICTURE.convert("CMYK"), "JPEG")
    expected = np.asarray(Image.open(io.BytesIO(inks)).convert("RGB")) / 255
    assert np.array_equal(load_image(with_segment(inks, 0xFE, b"made by a test")).pixels, expected.astype(np.float32))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_xmp_turns_an_image_whose_exif_do_not_say_how(form):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    if form == "PNG":
        file = with_chunks(encode(PICTURE, form), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    elif form == "TIFF":
        file = tiff(page(COLOURS, t700=(BYTE, xmp)))
    else:
        file = encode(PICTURE, form, xmp=xmp, **({"lossless": True} if form == "WEBP" else {}))
    plain = (COLOURS / 255).astype(np.float32) if form == "TIFF" else pixels_of(form)
    assert np.array_equal(load_image(file).pixels, np.rot90(plain, -1))


@pytest.mark.parametrize("value", [0, 9, 255])
def test_an_orientation_that_does_not_exist_turns_nothing(value):
    loaded = load_image(with_exif("JPEG", exif({274: (SHORT, (value,))})))
    assert np.array_equal(loaded.pixels, pixels_of("JPEG"))
    assert loaded.notes == ()


def jp2(*boxes: bytes, colour: bytes = b"\1\0\0" + struct.pack(">I", 16)) -> bytes:
    """A JP2 of Pillow's with other boxes in its header."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + name + body

    file = encode(PICTURE, "JPEG2000")
    header, codestream = file.index(b"jp2h") - 4, file.index(b"jp2c") - 4
    size = file[header + 8 : header + 30]  # the box ihdr
    return file[:header] + box(b"jp2h", b"".join((size, *boxes, box(b"colr", colour)))) + file[codestream:]


def test_a_damaged_resolution_in_a_jp2_costs_nothing():
    broken = struct.pack(">I4sI4s", 16, b"res ", 8, b"resc")
    loaded = load_image(jp2(broken))
    assert np.array_equal(loaded.pixels, (COLOURS / 255).astype(np.float32))


def test_a_jp2_is_converted_by_its_profile_and_says_when_its_colours_are_not_known():
    linear = rgb_profile(SRGB, 1.0)
    loaded = load_image(jp2(colour=b"\2\0\0" + linear))
    assert loaded.notes and loaded.notes[0].startswith("ICC profile") and loaded.notes[0].endswith("converted to sRGB")
    assert loaded.pixels.mean() > 0.6  # linear 0.5 is sRGB 0.74
    unknown = load_image(jp2(colour=b"\1\0\0" + struct.pack(">I", 21)))
    assert unknown.notes == ("enumerated colour space 21 (JP2) not known, pixels taken as sRGB",)

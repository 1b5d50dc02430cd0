"""Files of several pictures: reduced copies are passed over, raw photographs that cannot be developed are named."""

import sys

import numpy as np
import pytest
from image_files import ASCII, BYTE, COLOURS, LONG, SHORT, UNDEFINED, encode, page, tiff
from PIL import Image
from profiles import SRGB, rgb_profile

from iqa_cli.errors import ImageError
from iqa_cli.images import ImagePolicy, load_image, pixel_count

SMALL = np.ascontiguousarray(COLOURS[::4, ::4])
MASK = np.zeros((24, 32), np.uint8)
WHOLE = (COLOURS / 255).astype(np.float32)
REDUCED = {"t254": (LONG, (1,))}


def is_whole(file: bytes, *notes: str) -> bool:
    loaded = load_image(file)
    assert loaded.notes == notes
    return np.array_equal(loaded.pixels, WHOLE)


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("mark", [{"t254": (LONG, (1,))}, {"t254": (SHORT, (1,))}, {"t255": (SHORT, (2,))}], ids=str)
def test_a_reduced_copy_before_the_photograph_is_passed_over(order, big, mark):
    file = tiff(page(SMALL, **mark), page(COLOURS), order=order, big=big)
    assert is_whole(file, "page 2 of the file: those before it are reduced copies or masks")


def test_a_reduced_copy_whose_photograph_is_below_it_is_passed_over(tmp_path):
    file = tiff(page(SMALL, **REDUCED, t330=page(COLOURS)))
    assert is_whole(file, "read from a sub-directory: the page that holds it is a smaller copy")
    (tmp_path / "photo.tif").write_bytes(file)
    assert pixel_count(str(tmp_path / "photo.tif")) == 24 * 32


def test_a_copy_that_is_not_marked_gives_way_to_a_larger_picture_below_it():
    assert is_whole(
        tiff(page(SMALL, t330=[page(SMALL, **REDUCED), page(COLOURS)])),
        "read from a sub-directory: the page that holds it is a smaller copy",
    )


def test_reduced_copies_and_masks_after_the_photograph_are_no_pages():
    levels = [page(COLOURS[::step, ::step].copy(), **REDUCED) for step in (2, 4, 8)]
    assert is_whole(tiff(page(COLOURS), *levels))
    assert is_whole(tiff(page(COLOURS, t330=levels)))
    assert is_whole(tiff(page(COLOURS), page(MASK, t254=(LONG, (4,)))))
    assert is_whole(
        tiff(page(MASK, t254=(LONG, (4,))), page(COLOURS)),
        "page 2 of the file: those before it are reduced copies or masks",
    )


def test_pages_that_are_pictures_of_their_own_are_counted_without_copies():
    file = tiff(page(SMALL, **REDUCED), page(COLOURS), page(SMALL, **REDUCED), page(COLOURS[::-1].copy()))
    assert is_whole(file, "first page of 2", "page 2 of the file: those before it are reduced copies or masks")


def test_a_marked_picture_that_is_the_only_one_is_read_and_says_so():
    note = "marked as a reduced-resolution copy, but there is no other picture in the file"
    assert is_whole(tiff(page(COLOURS, **REDUCED)), note)


def test_orientation_and_profile_of_the_first_page_hold_for_the_photograph():
    file = tiff(page(SMALL, **REDUCED, t274=(SHORT, (3,)), t330=page(COLOURS)))
    assert np.array_equal(load_image(file).pixels, WHOLE[::-1, ::-1])


TOLD = {"t274": (SHORT, (6,)), "t34675": (UNDEFINED, rgb_profile(SRGB, 1.0))}


@pytest.mark.parametrize("mark", ["t274", "t34675"], ids=["orientation", "profile"])
def test_what_a_page_says_holds_for_no_page_after_it(mark):
    file = tiff(page(COLOURS[::-1].copy(), **{mark: TOLD[mark]}), page(COLOURS))
    assert load_image(file, ImagePolicy(frame=0)).notes != ("frame #0 of 2",)
    loaded = load_image(file, ImagePolicy(frame=1))
    assert np.array_equal(loaded.pixels, WHOLE) and loaded.notes == ("frame #1 of 2",)


def test_what_a_reduced_copy_says_holds_for_its_photograph_alone():
    file = tiff(page(SMALL, **REDUCED, t274=(SHORT, (3,))), page(COLOURS), page(COLOURS))
    assert np.array_equal(load_image(file, ImagePolicy(frame=0)).pixels, WHOLE[::-1, ::-1])
    second = load_image(file, ImagePolicy(frame=1))
    assert np.array_equal(second.pixels, WHOLE) and second.notes == ("frame #1 of 2",)


def test_a_page_that_is_asked_for_is_not_said_to_be_the_picture_below_it():
    file = tiff(page(SMALL, t330=page(COLOURS)), page(SMALL))
    assert load_image(file, ImagePolicy(frame=1)).notes == ("frame #1 of 2",)


def test_a_picture_below_a_page_is_turned_as_that_page_says():
    file = tiff(page(SMALL, t274=(SHORT, (6,))), page(SMALL, t274=(SHORT, (3,)), t330=page(COLOURS)))
    assert np.array_equal(load_image(file).pixels, WHOLE[::-1, ::-1])


def test_the_preview_inside_exif_data_is_never_taken():
    exif = Image.Exif()
    exif[0x0112] = 1
    assert load_image(encode(Image.fromarray(COLOURS), "JPEG", exif=exif)).size == (32, 24)


def test_a_chain_of_pages_that_bites_its_tail_is_read():
    file = bytearray(tiff(page(COLOURS)))
    start = int.from_bytes(file[4:8], "little")
    count = int.from_bytes(file[start : start + 2], "little")
    end = start + 2 + 12 * count
    file[end : end + 4] = file[4:8]
    assert is_whole(bytes(file))


# --- raw photographs -----------------------------------------------------------------------------

SENSOR = np.zeros((24, 32), np.uint16)
CFA = {"t262": (SHORT, (32803,))}


def raw(maker: bytes, **sensor) -> bytes:
    return tiff(page(SMALL, **REDUCED, t271=(ASCII, maker + b"\0"), t330=[page(SENSOR, **(CFA | sensor))]))


def canon() -> bytes:
    """A TIFF with eight more bytes in its header, and a preview as its first page."""
    body = bytearray(tiff(page(SMALL)))
    body[4:8] = (int.from_bytes(body[4:8], "little") + 8).to_bytes(4, "little")
    body[8:8] = b"CR\2\0\0\0\0\0"
    return bytes(body)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (raw(b"NIKON CORPORATION", t259=(SHORT, (34713,))), "NEF"),
        (raw(b"SONY", t259=(SHORT, (32767,))), "ARW"),
        (raw(b"SAMSUNG"), "SRW"),
        (raw(b"Nobody"), "of a camera"),
        (tiff(page(SENSOR, **CFA, t271=(ASCII, b"PENTAX\0"), t259=(SHORT, (65535,)))), "PEF"),
        (tiff(page(SMALL, **REDUCED, t50706=(BYTE, (1, 4, 0, 0)), t330=page(SENSOR, **CFA))), "DNG"),
        (tiff(page(COLOURS, t50706=(BYTE, (1, 6, 0, 0)), t262=(SHORT, (34892,)))), "DNG"),
        (tiff(page(SMALL), page(SENSOR, **CFA), order=">"), "of a camera"),
        (canon(), "CR2"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(200), "Fujifilm RAF"),
        (b"IIRO\x08\0\0\0" + bytes(200), "Olympus ORF"),
        (b"IIU\0\x18\0\0\0" + bytes(200), "Panasonic RW2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(200), "Canon CR3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_raw_photograph_is_never_taken_for_its_small_copy(file, name, monkeypatch):
    try:  # LibRaw may make something of the sensor
        assert load_image(file).size == (32, 24)
    except ImageError as error:
        assert f"a raw photograph ({name}) that" in str(error)
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(ImageError) as caught:
        load_image(file)
    remedy = "camera raw needs an optional package: pip install 'iqa-cli[raw]'"
    assert str(caught.value).endswith(f"cannot be read: a raw photograph ({name}): {remedy}")

"""Colour told otherwise than by an ICC profile, against the matrices of CSS Color 4 and closed-form curves."""

import io
import struct

import numpy as np
import pytest
from image_files import (
    ASCII,
    COLOURS,
    PICTURE,
    RAMP,
    RATIONAL,
    SHORT,
    chunk,
    encode,
    exif,
    page,
    png,
    tiff,
    with_chunks,
)  # fmt: skip
from PIL import Image, ImageCms

from iqa_cli.images import ImagePolicy, load_image

# Linear light to linear sRGB, D65 to D65 (CSS Color Module Level 4, sample code).
ADOBE = [[1.3983557439607783, -0.3983557439607783, 0], [0, 1, 0], [0, -0.04292898929447333, 1.0429289892944733]]
P3 = [
    [1.2249401762805598, -0.2249401762805598, 0],
    [-0.042056954709688164, 1.0420569547096881, 0],
    [-0.0196375545903344, -0.0786360455506318, 1.0982736001409663],
]
BT2020 = [
    [1.6604910021084345, -0.5876411387885495, -0.0728498633198849],
    [-0.12455047452159074, 1.1328998971259603, -0.00834942260436948],
    [-0.01815076335490523, -0.10057889800800739, 1.118729661362912],
]
ADOBE_CHRM, ADOBE_GAMA = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06), 563 / 256
SRGB_CHRM = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
P3_CHRM = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
STORED = COLOURS / 255
PLAIN = STORED.astype(np.float32)
UNTAGGED = ImagePolicy(colour="ignore")


def srgb_linear(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def srgb_encoded(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def converted(linear, matrix=None):
    return srgb_encoded(linear @ np.transpose(matrix) if matrix else linear)


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100_000 / gamma)))


def chrm(*values: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in values)))


def cicp(primaries: int, transfer: int, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, full]))


def with_nclx(file: bytes, primaries: int, transfer: int) -> bytes:
    place = file.index(b"colrnclx") + 8
    return file[:place] + struct.pack(">HH", primaries, transfer) + file[place + 4 :]


def camera(space: int | None, index: bytes | None, **first) -> bytes:
    details = {} if space is None else {0xA001: (SHORT, (space,))}
    if index is not None:
        details[0xA005] = {1: (ASCII, index + b"\0")}
    return exif({0x8769: details or {0xA002: (SHORT, (32,))}} | {int(tag[1:]): value for tag, value in first.items()})


# --- EXIF ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("told", [(0xFFFF, b"R03"), (None, b"R03"), (2, None)], ids=str)
def test_a_camera_that_says_adobe_rgb_by_exif_is_believed(form, told):
    block = camera(*told)
    file = (
        encode(PICTURE, form, exif=block)
        if form != "PNG"
        else with_chunks(encode(PICTURE, form), chunk(b"eXIf", block[6:]))
    )
    stored = load_image(file, UNTAGGED).pixels
    loaded = load_image(file)
    assert np.abs(loaded.pixels - converted(stored.astype(float) ** ADOBE_GAMA, ADOBE)).max() < 1e-4
    assert np.abs(loaded.pixels - stored).max() > 20 / 255
    assert loaded.notes == ("Adobe RGB (EXIF) converted to sRGB",)


def test_a_tiff_of_a_camera_is_believed_too():
    details = {0xA001: (SHORT, (0xFFFF,)), 0xA005: {1: (ASCII, b"R03\0")}}
    loaded = load_image(tiff(page(COLOURS) | {0x8769: details}))
    assert np.abs(loaded.pixels - converted(STORED**ADOBE_GAMA, ADOBE)).max() < 1e-4


def test_srgb_in_exif_changes_nothing_and_uncalibrated_says_so():
    plain = load_image(encode(PICTURE, "JPEG"))
    for block, notes in (
        (camera(1, b"R98"), ()),
        (camera(1, None), ()),
        (camera(0xFFFF, None), ("uncalibrated colour (EXIF) not known, pixels taken as sRGB",)),
    ):
        loaded = load_image(encode(PICTURE, "JPEG", exif=block))
        assert np.array_equal(loaded.pixels, plain.pixels) and loaded.notes == notes


def test_primaries_and_white_point_of_tiff_tags_are_heeded():
    numbers = [value for number in P3_CHRM for value in (round(number * 10_000), 10_000)]
    tags = {318: (RATIONAL, tuple(numbers[:4])), 319: (RATIONAL, tuple(numbers[4:]))}
    loaded = load_image(tiff(page(COLOURS) | tags))
    assert np.abs(loaded.pixels - converted(srgb_linear(STORED), P3)).max() < 1e-3
    assert loaded.notes == ("primaries of Display P3 (EXIF) converted to sRGB",)


# --- PNG -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chunks", "linear", "matrix", "note"),
    [
        ([gama(1)], STORED, None, "linear light (PNG gAMA)"),
        ([gama(1.8)], STORED**1.8, None, "gamma 1.8 (PNG gAMA)"),
        (
            [gama(ADOBE_GAMA), chrm(*ADOBE_CHRM)],
            STORED**ADOBE_GAMA,
            ADOBE,
            "gamma 2.199, primaries of Adobe RGB (PNG gAMA, cHRM)",
        ),
        ([chrm(*P3_CHRM)], srgb_linear(STORED), P3, "primaries of Display P3 (PNG cHRM)"),
        ([cicp(12, 13)], srgb_linear(STORED), P3, "Display P3 (PNG cICP)"),
        ([cicp(9, 1)], srgb_linear(STORED), BT2020, "BT.2020 (PNG cICP)"),
        ([cicp(9, 8)], STORED, BT2020, "BT.2020, linear light (PNG cICP)"),
        ([cicp(1, 4)], STORED**2.2, None, "BT.709, gamma 2.2 (PNG cICP)"),
        ([cicp(12, 13), gama(1)], srgb_linear(STORED), P3, "Display P3 (PNG cICP)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_chunks_of_a_png_are_converted_exactly(chunks, linear, matrix, note):
    loaded = load_image(with_chunks(encode(PICTURE, "PNG"), *chunks))
    assert np.abs(loaded.pixels - converted(linear, matrix)).max() < 2e-4
    assert loaded.notes == (f"{note} converted to sRGB",)


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(2.2)],
        [gama(2.2), chrm(*SRGB_CHRM)],
        [chrm(*SRGB_CHRM)],
        [chunk(b"sRGB", b"\0")],
        [chunk(b"sRGB", b"\0"), gama(1.5), chrm(*P3_CHRM)],  # sRGB goes before both
        [cicp(1, 13)],
        [cicp(1, 1)],
        [cicp(2, 2)],
        [chunk(b"gAMA", bytes(4))],
    ],
)
def test_what_files_call_srgb_stays_bit_for_bit_and_without_a_note(chunks):
    loaded = load_image(with_chunks(encode(PICTURE, "PNG"), *chunks))
    assert np.array_equal(loaded.pixels, PLAIN)
    assert loaded.notes == ()


def test_gamma_holds_for_grey_at_8_and_at_16_bits():
    eight = with_chunks(encode(PICTURE.convert("L"), "PNG"), gama(1))
    grey = np.asarray(PICTURE.convert("L")) / 255
    assert np.abs(load_image(eight).pixels[..., 1] - srgb_encoded(grey)).max() < 1e-6
    sixteen = load_image(png(RAMP, 16, 0, gama(1)))
    assert np.abs(sixteen.pixels[..., 0] - srgb_encoded(RAMP / 65535)).max() < 1e-6
    assert load_image(png(RAMP, 16, 0, cicp(12, 13))).notes == ()  # grey has no primaries


def test_alpha_stays_out_of_the_conversion():
    opaque = load_image(with_chunks(encode(PICTURE, "PNG"), gama(1))).pixels
    half = PICTURE.copy()
    half.putalpha(51)
    loaded = load_image(with_chunks(encode(half, "PNG"), gama(1)))
    assert loaded.pixels == pytest.approx(0.2 * opaque + 0.8, abs=1e-6)


def test_an_icc_profile_goes_before_gamma_and_cicp_before_the_profile():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = encode(PICTURE, "PNG", icc_profile=profile)
    assert np.array_equal(load_image(with_chunks(file, gama(1))).pixels, PLAIN)
    assert load_image(with_chunks(file, cicp(12, 13))).notes == ("Display P3 (PNG cICP) converted to sRGB",)


@pytest.mark.parametrize(
    "chunks", [[chrm(0.3, 0.3, *[0.2, 0.2] * 3)], [cicp(3, 13)], [cicp(1, 13, full=0)], [cicp(1, 9)], [gama(100)]]
)
def test_colour_that_makes_no_sense_earns_a_note(chunks):
    loaded = load_image(with_chunks(encode(PICTURE, "PNG"), *chunks))
    assert np.array_equal(loaded.pixels, PLAIN)
    assert len(loaded.notes) == 1 and loaded.notes[0].endswith("not known, pixels taken as sRGB")


# --- AVIF and BMP --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("primaries", "matrix", "name"), [(12, P3, "Display P3"), (9, BT2020, "BT.2020")], ids=["P3", "BT.2020"]
)
def test_the_colour_box_of_an_avif_is_heeded(primaries, matrix, name):
    file = encode(PICTURE, "AVIF", quality=100)
    stored = load_image(file)
    loaded = load_image(with_nclx(file, primaries, 13))
    assert np.abs(loaded.pixels - converted(srgb_linear(stored.pixels.astype(float)), matrix)).max() < 1e-4
    assert loaded.notes == (f"{name} (AVIF nclx) converted to sRGB",)
    assert stored.notes == ()
    for code in (1, 2):
        assert np.array_equal(load_image(with_nclx(file, code, code)).pixels, stored.pixels)


def bmp_v4(kind: int, ends: tuple[float, ...] = (), gamma: float = 0) -> bytes:
    """A bottom-up 24-bit BMP of PICTURE with a version 4 header."""
    points = struct.pack("<9i", *(round(value * 2**30) for value in ends or (0,) * 9))
    gammas = struct.pack("<3I", *[round(gamma * 65536)] * 3)
    pixels = np.ascontiguousarray(COLOURS[::-1, :, ::-1]).tobytes()
    info = struct.pack("<IiiHHIIiiII", 108, 32, 24, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    header = info + bytes(16) + struct.pack("<I", kind) + points + gammas
    return b"BM" + struct.pack("<IHHI", 14 + 108 + len(pixels), 0, 0, 14 + 108) + header + pixels


def test_a_calibrated_bmp_is_converted_and_one_that_says_srgb_or_nothing_is_not():
    # columns of linear Display P3 to XYZ (SMPTE EG 432-1): red, green and blue
    p3_ends = (0.48657095, 0.22897456, 0.0, 0.26566769, 0.69173852, 0.04511338, 0.19821729, 0.07928691, 1.04394437)
    loaded = load_image(bmp_v4(0, p3_ends, 2.2))
    assert np.abs(loaded.pixels - converted(STORED**2.2, P3)).max() < 2e-3
    assert "BMP calibrated RGB" in loaded.notes[0]
    for kind in (0, 0x73524742, 0x57696E20):  # calibrated by zeros, 'sRGB', 'Win '
        loaded = load_image(bmp_v4(kind))
        assert np.array_equal(loaded.pixels, PLAIN) and loaded.notes == ()


# --- ignored on request --------------------------------------------------------------------------


@pytest.mark.parametrize("chunks", [[gama(1)], [cicp(9, 16)], [cicp(12, 13)], [chrm(*P3_CHRM)]])
def test_colour_that_is_to_be_ignored_ignores_all_colour_tags(chunks):
    loaded = load_image(with_chunks(encode(PICTURE, "PNG"), *chunks), UNTAGGED)
    assert np.array_equal(loaded.pixels, PLAIN)
    assert loaded.notes == ()


def test_inks_are_no_business_of_exif():
    file = encode(PICTURE.convert("CMYK"), "JPEG", exif=camera(0xFFFF, b"R03"))
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) / 255
    assert np.array_equal(load_image(file).pixels, expected.astype(np.float32))

"""PQ and HLG to SDR: published pairs of code value and light, and method A of BT.2446 written out for one colour."""

import math
import struct

import numpy as np
import pytest
from extra_files import heif
from image_files import PICTURE, RAMP, chunk, encode, png, with_chunks
from profiles import SRGB, icc, rgb_profile

from iqa_cli.colours.tone_mapping import HLG, PQ, compressed, light, of_display, to_sdr
from iqa_cli.images import ImagePolicy, load_image

TO_BT709 = [
    [1.6604910021084345, -0.5876411387885495, -0.0728498633198849],
    [-0.12455047452159074, 1.1328998971259603, -0.00834942260436948],
    [-0.01815076335490523, -0.10057889800800739, 1.118729661362912],
]  # CSS Color Module Level 4, sample code
PQ_PEAK = 0.751827  # the code value of 1000 cd/m²


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def method_a(red: float, green: float, blue: float) -> list[float]:
    """R'G'B' of HDR to that of SDR, step by step as BT.2446-1 section 4.2 lists them."""
    luma = 0.2627 * red + 0.6780 * green + 0.0593 * blue
    rho_hdr, rho_sdr = 1 + 32 * (1000 / 10000) ** (1 / 2.4), 1 + 32 * (100 / 10000) ** (1 / 2.4)
    felt = math.log(1 + (rho_hdr - 1) * luma) / math.log(rho_hdr)
    if felt <= 0.7399:
        bent = 1.0770 * felt
    elif felt < 0.9909:
        bent = -1.1510 * felt**2 + 2.7811 * felt - 0.6302
    else:
        bent = 0.5 * felt + 0.5
    lower = (rho_sdr**bent - 1) / (rho_sdr - 1)
    scale = lower / (1.1 * luma)
    cb, cr = scale * (blue - luma) / 1.8814, scale * (red - luma) / 1.4746
    lower -= max(0.1 * cr, 0)
    green = lower - (0.2627 * 1.4746 * cr + 0.0593 * 1.8814 * cb) / 0.6780
    return [lower + 1.4746 * cr, green, lower + 1.8814 * cb]


def srgb_encoded(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(("code", "candela"), [(0, 0), (0.508078, 100), (0.580689, 203), (PQ_PEAK, 1000), (1, 10_000)])
def test_pq_gives_the_light_that_bt_2408_lists(code, candela):
    assert light(np.array(code), PQ) * 1000 == pytest.approx(candela, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize(("code", "candela"), [(0, 0), (0.38, 26), (0.75, 203), (1, 1000)])
def test_hlg_gives_the_light_that_bt_2408_lists_on_a_display_of_1000_candela(code, candela):
    shown = of_display(light(np.full(3, code), HLG), HLG)
    assert shown * 1000 == pytest.approx(candela, rel=0.01, abs=1e-9)


def test_the_rule_keeps_black_white_order_and_grey():
    ramp = np.linspace(0, 1, 1001)
    assert (compressed(ramp[[0, -1]]) == pytest.approx([0, 1], abs=1e-12)) and (np.diff(compressed(ramp)) > 0).all()
    grey = to_sdr(np.repeat(ramp[:, None], 3, axis=1))
    assert grey == pytest.approx(np.repeat(grey[:, :1], 3, axis=1), abs=1e-12)


def test_a_pq_picture_is_what_the_rule_gives_colour_by_colour():
    codes = np.asarray(PICTURE) / 255
    loaded = load_image(with_chunks(encode(PICTURE, "PNG"), cicp(9, 16)))
    shown = np.minimum(light(codes, PQ), 1) ** (1 / 2.4)
    mapped = np.array([[method_a(*pixel) for pixel in row] for row in shown])
    expected = srgb_encoded((np.clip(mapped, 0, 1) ** 2.4) @ np.transpose(TO_BT709))
    assert np.abs(loaded.pixels - expected).max() < 2e-4
    assert loaded.notes == ("BT.2020, PQ (PNG cICP) tone-mapped to SDR by ITU-R BT.2446 method A",)


@pytest.mark.parametrize("transfer", [16, 18])
def test_grey_and_other_primaries_come_to_one_grey(transfer):
    grey = png(RAMP, 16, 0, cicp(9, transfer))
    loaded = load_image(grey).pixels
    assert (np.diff(loaded[..., 0].ravel()) >= 0).all() and loaded.min() == 0 and loaded.max() == pytest.approx(1)
    eight = PICTURE.convert("L").convert("RGB")
    wide, narrow = (load_image(with_chunks(encode(eight, "PNG"), cicp(code, transfer))).pixels for code in (9, 12))
    assert np.abs(wide - narrow).max() < 1e-4  # white to white, so grey to grey


@pytest.mark.parametrize("transfer", [16, 18])
def test_the_colour_box_of_an_avif_says_so_too_and_code_values_stay_on_request(transfer):
    file = encode(PICTURE, "AVIF")
    place = file.index(b"colrnclx") + 8
    hdr = file[:place] + struct.pack(">HH", 9, transfer) + file[place + 4 :]
    assert "tone-mapped to SDR by ITU-R BT.2446 method A" in load_image(hdr).notes[0]
    assert np.array_equal(load_image(hdr, ImagePolicy(colour="ignore")).pixels, load_image(file).pixels)


@pytest.mark.parametrize("primaries", [9, 12], ids=["BT.2020", "Display P3"])
def test_a_heic_of_10_bits_in_hlg_is_what_a_phone_writes_and_goes_the_same_way(primaries):
    pytest.importorskip("pillow_heif")
    samples = np.asarray(PICTURE).astype(np.uint16) * 4
    file = heif(samples, 10, color_primaries=primaries, transfer_characteristics=18)
    wide = png((samples / 1023 * 65535).round().astype(np.uint16), 16, 2, cicp(primaries, 18))
    loaded = load_image(file)
    assert np.abs(loaded.pixels - load_image(wide).pixels).max() < 1e-3
    name = {9: "BT.2020", 12: "Display P3"}[primaries]
    assert loaded.notes == (f"{name}, HLG (HEIC nclx) tone-mapped to SDR by ITU-R BT.2446 method A",)


def test_code_points_in_an_icc_profile_say_so_too():
    bare = rgb_profile(SRGB, 2.2)
    told = icc(b"RGB ", "Rec. 2100 PQ", {b"cicp": b"cicp" + bytes(4) + bytes([9, 16, 0, 1])})
    plain = with_chunks(encode(PICTURE, "PNG"), cicp(9, 16))
    loaded = load_image(encode(PICTURE, "PNG", icc_profile=told))
    assert np.array_equal(loaded.pixels, load_image(plain).pixels)
    assert loaded.notes == ("BT.2020, PQ (ICC cicp) tone-mapped to SDR by ITU-R BT.2446 method A",)
    assert "ICC profile" in load_image(encode(PICTURE, "PNG", icc_profile=bare)).notes[0]


def test_what_is_brighter_than_1000_candela_is_white():
    codes = np.full((2, 2, 3), 65535, np.uint16)
    codes[0] = round(PQ_PEAK * 65535) + 8
    assert load_image(png(codes[..., 0], 16, 0, cicp(1, 16))).pixels == pytest.approx(1, abs=1e-6)

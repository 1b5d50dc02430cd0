"""ICC profiles for more than 8 bits: exact where they are curves and a matrix, within rounding of LittleCMS."""

import struct

import numpy as np
import pytest
from extra_files import heif
from image_files import PICTURE, RAMP, encode
from PIL import Image, ImageCms
from profiles import DISPLAY_P3, SRGB, fixed, gamma_curve, grey_profile, icc, rgb_profile

from iqa_cli.colours.icc import deep_to_srgb, to_srgb
from iqa_cli.images import load_image

PIXELS = np.asarray(PICTURE, dtype=np.float32) / 255
GAMMA = round(2.2 * 256) / 256


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def parametric(kind: int, *numbers: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + fixed(*numbers)


def table(values: np.ndarray) -> bytes:
    body = np.round(values * 65535).astype(">u2").tobytes()
    return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + body + bytes(len(body) % 4)


def profile_with(curve: bytes) -> bytes:
    tags = {f"{c}XYZ".encode(): b"XYZ \0\0\0\0" + fixed(*DISPLAY_P3[:, i]) for i, c in enumerate("rgb")}
    return icc(b"RGB ", "Wide", tags | {f"{c}TRC".encode(): curve for c in "rgb"})


SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
CURVES = {
    "a gamma": gamma_curve(2.2),
    "linear": b"curv\0\0\0\0" + bytes(4),
    "a table": table(np.linspace(0, 1, 1024) ** 1.8),
    "type 0": parametric(0, 1.8),
    "type 1": parametric(1, 2.2, 1 / 0.9, -0.1 / 0.9),
    "type 2": parametric(2, 2.2, 1.0, 0.0, 0.0),
    "type 3": parametric(3, *SRGB_CURVE),
    "type 4": parametric(4, *SRGB_CURVE, 0.0, 0.0),
}


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_exact_numbers_and_littlecms_agree_within_its_rounding(curve):
    profile = profile_with(curve)
    exact, notes = deep_to_srgb(PIXELS, profile)
    rounded = np.asarray(to_srgb(PICTURE, profile)[0]) / 255
    assert notes == ["ICC profile 'Wide' converted to sRGB"]
    assert np.abs(exact - rounded).max() < 1.3 / 255  # LittleCMS rounds to a level, and is up to one off
    assert np.abs(exact - rounded).mean() < 0.4 / 255


def test_a_matrix_profile_is_colorimetry_in_closed_form_far_below_a_level_of_16_bits():
    exact, _ = deep_to_srgb(PIXELS, rgb_profile(DISPLAY_P3, 2.2))
    expected = srgb_encode(PIXELS.astype(float) ** GAMMA @ DISPLAY_P3.T @ np.linalg.inv(SRGB).T)
    assert np.abs(exact - expected).mean() < 0.5 / 65535 * 20  # the numbers of both are given to 5 digits
    fine = np.linspace(0, 1, 65536, dtype=np.float32).reshape(256, 256, 1).repeat(3, axis=2)
    steps = np.diff(deep_to_srgb(fine, rgb_profile(SRGB, 1.8))[0][..., 1].ravel())
    assert (steps > 0).mean() > 0.99  # neighbours of 16 bits stay apart


def test_a_grey_profile_is_exact_at_16_bits():
    loaded = load_image(encode(Image.fromarray(RAMP), "TIFF", icc_profile=grey_profile(1.8)))
    expected = srgb_encode((RAMP / 65535) ** (round(1.8 * 256) / 256))
    assert np.abs(loaded.pixels[..., 0] - expected).max() < 1e-6
    assert loaded.notes == ("ICC profile 'Grey' converted to sRGB",)


def test_a_heic_of_10_bits_goes_through_its_profile_in_10_bits():
    pytest.importorskip("pillow_heif")
    samples = np.asarray(PICTURE).astype(np.uint16) * 4
    loaded = load_image(heif(samples, 10, icc_profile=rgb_profile(DISPLAY_P3, 2.2)))
    expected, notes = deep_to_srgb((samples / 1023).astype(np.float32), rgb_profile(DISPLAY_P3, 2.2))
    assert np.abs(loaded.pixels - expected).max() < 1e-6 and loaded.notes == tuple(notes)


def test_a_profile_that_is_srgb_or_none_at_all_leaves_the_pixels_untouched():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, None):
        pixels, notes = deep_to_srgb(PIXELS, profile)
        assert pixels is PIXELS and notes == []


def test_a_broken_profile_costs_a_note_not_the_image():
    pixels, notes = deep_to_srgb(PIXELS, rgb_profile(DISPLAY_P3, 2.2)[:200])
    assert pixels is PIXELS and notes == ["embedded ICC profile unreadable, pixels taken as sRGB"]


def test_colour_through_tables_follows_littlecms_and_keeps_finer_steps():
    identity = bytes(range(256))
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, -1).T
    lightness = np.stack([255 * corners[:, 1] * 0.8, np.full(8, 128), np.full(8, 128)], axis=1).astype(np.uint8)
    tables = b"mft1\0\0\0\0" + bytes([3, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    profile = icc(b"RGB ", "Tables", {b"A2B0": tables + identity * 3 + lightness.tobytes() + identity * 3}, b"Lab ")
    pixels, notes = deep_to_srgb(PIXELS, profile)
    assert notes == ["ICC profile 'Tables' converted to sRGB"]
    assert np.abs(pixels - np.asarray(to_srgb(PICTURE, profile)[0]) / 255).max() < 1.6 / 255
    fine = np.linspace(0, 1, 65536, dtype=np.float32).reshape(256, 256, 1).repeat(3, axis=2)
    assert len(np.unique(deep_to_srgb(fine, profile)[0])) > 10_000

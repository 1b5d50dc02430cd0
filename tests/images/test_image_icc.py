"""ICC profiles, built here by the specification, against colorimetry in closed form."""

import struct

import numpy as np
import pytest
from image_files import PICTURE, encode
from PIL import Image, ImageCms

from iqa_cli.images import ImagePolicy, load_image

DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB = np.array([[0.43607, 0.38506, 0.14308], [0.22250, 0.71688, 0.06062], [0.01393, 0.09710, 0.71417]])


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def icc(space: bytes, name: str, tags: dict[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    """A version 2 ICC profile (ICC.1:2001-04) with a white point of D50."""
    text = name.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    white = b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)
    tags = {b"desc": description + bytes(-len(description) % 4), b"wtpt": white, **tags}
    table, body = struct.pack(">I", len(tags)), b""
    for signature, tag in tags.items():
        table += signature + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(tag))
        body += tag
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sI4s4s4s", 128 + len(table + body), b"", 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + table + body


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def rgb_profile(primaries: np.ndarray, gamma: float) -> bytes:
    tags = {f"{c}XYZ".encode(): b"XYZ \0\0\0\0" + fixed(*primaries[:, i]) for i, c in enumerate("rgb")} | {
        f"{c}TRC".encode(): gamma_curve(gamma) for c in "rgb"
    }
    return icc(b"RGB ", "Display P3", tags)


def grey_profile(gamma: float) -> bytes:
    return icc(b"GRAY", "Grey", {b"kTRC": gamma_curve(gamma)})


def black_ink_profile() -> bytes:
    """CMYK whose lightness L* falls linearly with black ink and ignores the other inks."""
    ramp = bytes(range(256))
    nodes = b"".join(bytes([0 if node % 2 else 255, 128, 128]) for node in range(16))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return icc(b"CMYK", "Black ink", {b"A2B0": table + ramp * 4 + nodes + ramp * 3}, b"Lab ")


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_a_wide_gamut_profile_is_converted_by_colorimetry(form):
    file = encode(PICTURE, form, icc_profile=rgb_profile(DISPLAY_P3, 2.2))
    stored = load_image(file, ImagePolicy(icc=False)).pixels.astype(float)
    expected = srgb_encode(stored ** (round(2.2 * 256) / 256) @ DISPLAY_P3.T @ np.linalg.inv(SRGB).T)
    loaded = load_image(file)
    assert np.abs(loaded.pixels - expected).max() < 1.2 / 255
    assert np.abs(loaded.pixels - stored).max() > 20 / 255
    assert loaded.notes == ("ICC profile 'Display P3' converted to sRGB",)


def test_a_profile_that_is_srgb_leaves_the_pixels_untouched():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for image in (PICTURE, PICTURE.convert("L")):  # converters often leave the RGB profile in grey files
        loaded = load_image(encode(image, "PNG", icc_profile=profile))
        assert np.array_equal(loaded.pixels, load_image(encode(image, "PNG")).pixels)
        assert loaded.notes == ()


def test_alpha_survives_the_profile_conversion():
    profile = rgb_profile(DISPLAY_P3, 2.2)
    opaque = load_image(encode(PICTURE, "PNG", icc_profile=profile)).pixels
    half = PICTURE.copy()
    half.putalpha(51)
    assert load_image(encode(half, "PNG", icc_profile=profile)).pixels == pytest.approx(0.2 * opaque + 0.8, abs=1e-6)


def test_a_grey_profile_is_applied_at_8_and_16_bits():
    profile = grey_profile(1.8)
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for image, white in ((PICTURE.convert("L"), 255), (Image.fromarray(ramp), 65535)):
        expected = srgb_encode((np.asarray(image) / white) ** (round(1.8 * 256) / 256))
        loaded = load_image(encode(image, "TIFF", icc_profile=profile))
        assert np.abs(loaded.pixels[..., 0] - expected).max() < 1.1 / 255
        assert loaded.notes == ("ICC profile 'Grey' converted to sRGB",)


def test_a_cmyk_profile_is_applied():
    black = Image.frombytes("L", (256, 1), bytes(range(256)))
    none = Image.new("L", black.size)
    inks = Image.merge("CMYK", (none, none, none, black))
    lightness = 100 * (1 - np.arange(256) / 255)
    luminance = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)  # CIE 1976 L*
    loaded = load_image(encode(inks, "TIFF", icc_profile=black_ink_profile()))
    assert np.abs(loaded.pixels[0] - srgb_encode(luminance)[:, None]).max() < 1.1 / 255
    assert loaded.notes == ("ICC profile 'Black ink' converted to sRGB",)


@pytest.mark.parametrize("profile", [b"not a profile", rgb_profile(DISPLAY_P3, 2.2)[:200]])
def test_a_broken_profile_costs_a_note_not_the_image(profile):
    loaded = load_image(encode(PICTURE, "PNG", icc_profile=profile))
    assert np.array_equal(loaded.pixels, load_image(encode(PICTURE, "PNG")).pixels)
    assert loaded.notes == ("embedded ICC profile unreadable, pixels taken as sRGB",)


def test_a_profile_for_other_colours_is_ignored_with_a_note():
    loaded = load_image(encode(PICTURE, "PNG", icc_profile=grey_profile(1.8)))
    assert loaded.notes == ("ICC profile 'Grey' ignored: it is for GRAY, the pixels are RGB",)

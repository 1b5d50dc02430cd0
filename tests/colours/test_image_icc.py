"""ICC profiles, built here by the specification, against colorimetry in closed form."""

import numpy as np
import pytest
from image_files import PICTURE, encode
from PIL import Image, ImageCms
from profiles import DISPLAY_P3, SRGB, black_ink_profile, grey_profile, rgb_profile

from iqa_cli.images import ImagePolicy, load_image


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_a_wide_gamut_profile_is_converted_by_colorimetry(form):
    file = encode(PICTURE, form, icc_profile=rgb_profile(DISPLAY_P3, 2.2))
    stored = load_image(file, ImagePolicy(colour="ignore")).pixels.astype(float)
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

"""A Pillow image has the pixels of its file, whatever mode, turn and colours Pillow has for it."""

import io

import numpy as np
import pytest
from extra_files import heif, jxl_of_jpeg
from image_files import COLOURS, PICTURE, RAMP, SHORT, encode, exif, page, png, tiff
from PIL import Image

from iqa_cli.errors import ImageError
from iqa_cli.images.given import pixels_of, weights_of
from iqa_cli.images.loader import ImagePolicy, load_image

SIX = exif({0x0112: (SHORT, (6,))})  # an orientation
UNIT = RAMP / np.float32(65535)


@pytest.fixture(autouse=True)
def plugins():
    import pillow_heif
    import pillow_jxl  # noqa: F401 (registers itself)

    pillow_heif.register_heif_opener()


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


DEEP_GREY = {
    "PNG of 16 bits": lambda: png(RAMP, 16, 0),
    "PGM of 16 bits": lambda: b"P5 256 256 65535\n" + RAMP.astype(">u2").tobytes(),
    "TIFF of 16 bits": lambda: tiff(page(RAMP)),
    "TIFF of 16 bits, big-endian": lambda: tiff(page(RAMP.astype(">u2")), order=">"),
    "TIFF of 16 bits, inverted": lambda: tiff(page(65535 - RAMP, t262=(SHORT, (0,)))),
    "TIFF of 32 bits": lambda: tiff(page(RAMP.astype(np.uint32))),
    "TIFF of floats": lambda: encode(Image.fromarray(UNIT), "TIFF"),
    "JPEG 2000 of 16 bits": lambda: encode(Image.fromarray(RAMP), "JPEG2000"),
}


@pytest.mark.parametrize("form", DEEP_GREY)
@pytest.mark.parametrize("at_once", [True, False], ids=["loaded", "lazy"])
def test_grey_of_more_than_8_bits_keeps_its_range_and_its_steps(form, at_once):
    with opened(DEEP_GREY[form]()) as image:
        if at_once:
            image.load()
        assert np.abs(pixels_of(image) - UNIT[..., None]).max() < 1e-6


def test_grey_made_in_python_is_taken_where_its_samples_say_which_is_white():
    for image in (Image.fromarray(UNIT), Image.fromarray(RAMP), Image.fromarray(RAMP.astype(">u2"))):
        assert np.abs(pixels_of(image) - UNIT[..., None]).max() < 1e-6


@pytest.mark.parametrize("mode", ["I", "F"])
def test_grey_made_in_python_that_does_not_say_which_sample_is_white_is_refused(photo, mode):
    eight = Image.fromarray(photo(24, 30)).convert("L")
    with pytest.raises(ImageError, match=r"^Pillow image of 30x24 px: cannot be read: .*(which|rescale)"):
        pixels_of(eight.convert(mode))


@pytest.mark.parametrize("samples", [UNIT, RAMP.astype(np.int32) % 7], ids=["floats", "integers"])
def test_a_mask_of_more_than_8_bits_weighs_as_its_array_does(samples):
    assert np.array_equal(weights_of(Image.fromarray(samples)).weights, weights_of(samples).weights)


def test_a_pillow_image_of_too_many_pixels_is_refused_before_it_is_decoded(photo):
    with opened(encode(Image.fromarray(photo(24, 30)), "PNG")) as image:
        with pytest.raises(ImageError, match=r"^Pillow image of 30x24 px: cannot be read: 30x24 is 720 pixels, over"):
            pixels_of(image, ImagePolicy(max_pixels=719))
        assert image.tile  # nothing was decoded


TURNED = {
    "JPEG": lambda: encode(PICTURE, "JPEG", exif=SIX),
    "PNG": lambda: encode(PICTURE, "PNG", exif=SIX),
    "WebP": lambda: encode(PICTURE, "WEBP", exif=SIX, lossless=True),
    "AVIF": lambda: encode(PICTURE, "AVIF", exif=SIX),
    "TIFF": lambda: tiff(page(COLOURS, t274=(SHORT, (6,)))),
    "TIFF, packed": lambda: encode(PICTURE, "TIFF", tiffinfo={274: 6}, compression="tiff_lzw"),
    "HEIC": lambda: heif(COLOURS, exif=SIX),
    "JPEG XL that packs a JPEG": lambda: jxl_of_jpeg(encode(PICTURE, "JPEG", exif=SIX)),
}


@pytest.mark.parametrize("form", TURNED)
@pytest.mark.parametrize("at_once", [True, False], ids=["loaded", "lazy"])
def test_a_picture_is_turned_once_by_pillow_or_by_us(form, at_once):
    file = TURNED[form]()
    with opened(file) as image:
        if at_once:
            image.load()
        assert pixels_of(image).shape == (32, 24, 3)
        assert np.array_equal(pixels_of(image), load_image(file).pixels)


def test_jpeg_xl_is_upright_whatever_its_exif_data_say():
    with opened(encode(PICTURE, "JXL", lossless=True, exif=SIX)) as image:
        assert image.getexif()[0x0112] == 6
        assert np.array_equal(pixels_of(image), COLOURS / np.float32(255))

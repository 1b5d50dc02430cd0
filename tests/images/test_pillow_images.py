"""A Pillow image has the pixels of its file, whatever mode, turn and colours Pillow has for it."""

import io
import pickle
import struct

import numpy as np
import pytest
from extra_files import heif, jxl_of_jpeg
from image_files import COLOURS, PICTURE, RAMP, SHORT, chunk, encode, exif, page, png, tiff, with_chunks
from picture_samples import DEEP, SAMPLES
from PIL import Image
from profiles import black_ink_profile

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


def opened(file: bytes, at_once: bool = False) -> Image.Image:
    image = Image.open(io.BytesIO(file))
    if at_once:
        image.load()
    return image


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
    with opened(DEEP_GREY[form](), at_once) as image:
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
    with opened(file, at_once) as image:
        assert pixels_of(image).shape == (32, 24, 3)
        assert np.array_equal(pixels_of(image), load_image(file).pixels)


def test_jpeg_xl_is_upright_whatever_its_exif_data_say():
    with opened(encode(PICTURE, "JXL", lossless=True, exif=SIX)) as image:
        assert image.getexif()[0x0112] == 6
        assert np.array_equal(pixels_of(image), COLOURS / np.float32(255))


@pytest.mark.parametrize(
    "sample", [each for each in SAMPLES if each.aspect != DEEP and each.format != "camera raw"], ids=lambda it: it.named
)
def test_a_picture_of_each_format_shows_what_its_file_shows(sample):
    with opened(sample.make()) as image:
        image.seek(sample.frame or 0)
        seen = pixels_of(image)
    assert np.abs(seen - sample.pixels).max() <= sample.within


ADOBE = {0x8769: {0xA001: (SHORT, (2,))}}
GAMMA = chunk(b"gAMA", struct.pack(">I", 100_000))
WIDE = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
COLOURED = {
    "JPEG, EXIF": lambda: encode(PICTURE, "JPEG", exif=exif(ADOBE)),
    "WebP, EXIF": lambda: encode(PICTURE, "WEBP", lossless=True, exif=exif(ADOBE)),
    "TIFF, EXIF": lambda: tiff(page(COLOURS) | ADOBE),
    "PNG, gAMA": lambda: with_chunks(encode(PICTURE, "PNG"), GAMMA),
    "PNG, cHRM": lambda: with_chunks(encode(PICTURE, "PNG"), WIDE),
    "PNG, gAMA and cHRM": lambda: with_chunks(encode(PICTURE, "PNG"), GAMMA, WIDE),
    "HEIC, nclx of PQ": lambda: heif(COLOURS, color_primaries=9, transfer_characteristics=16),
    "CMYK, ICC": lambda: encode(PICTURE.convert("CMYK"), "TIFF", icc_profile=black_ink_profile()),
}


@pytest.mark.parametrize("form", COLOURED)
@pytest.mark.parametrize("at_once", [True, False], ids=["loaded", "lazy"])
def test_colours_are_brought_to_srgb_as_those_of_the_file(form, at_once):
    file = COLOURED[form]()
    with opened(file, at_once) as image:
        assert np.array_equal(pixels_of(image), load_image(file).pixels)
        plain = pixels_of(image, ImagePolicy(colour="ignore"))
    assert np.abs(plain - load_image(file).pixels).max() > 0.02


IDLE = {
    "PNG, gAMA beside sRGB": lambda: with_chunks(encode(PICTURE, "PNG"), chunk(b"sRGB", b"\0"), GAMMA),
    "JPEG XL, EXIF": lambda: encode(PICTURE, "JXL", lossless=True, exif=exif(ADOBE)),
    "HEIC, EXIF": lambda: heif(COLOURS, exif=exif(ADOBE)),
}


@pytest.mark.parametrize("form", IDLE)
def test_colours_that_do_not_count_in_a_file_do_not_count_in_pillows_image(form):
    with opened(IDLE[form]()) as image:
        assert np.array_equal(pixels_of(image), COLOURS / np.float32(255))


@pytest.mark.parametrize("mode", ["RGBa", "La", "PA"])
def test_transparency_of_every_mode_is_composited_over_white(mode):
    image = Image.new("LA" if mode == "La" else "RGBA", (3, 2), (100, 51) if mode == "La" else (100, 100, 100, 51))
    image = image.convert("RGB").convert("P").convert("PA") if mode == "PA" else image.convert(mode)
    if mode == "PA":
        image.putalpha(51)
    assert np.abs(pixels_of(image) - (0.2 * 100 / 255 + 0.8)).max() < 2 / 255


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("at_once", [True, False], ids=["loaded", "lazy"])
def test_a_grey_declared_transparent_shows_white_at_every_depth(bits, at_once):
    samples = np.arange(min(2**bits, 64))[None]
    file = png(samples, bits, 0, chunk(b"tRNS", b"\0\1"))
    with opened(file, at_once) as image:
        seen = pixels_of(image)[0, :, 0]
    assert np.abs(seen - np.where(samples[0] == 1, 1, samples[0] / (2**bits - 1))).max() < 1e-6


def test_a_colour_declared_transparent_shows_white_and_the_image_stays_as_it_was():
    file = png(COLOURS, 8, 2, chunk(b"tRNS", struct.pack(">3H", *COLOURS[3, 4])))
    with opened(file) as image:
        seen = pixels_of(image)
        assert image.info["transparency"] == tuple(COLOURS[3, 4])
    assert (seen[3, 4] == 1).all()
    assert np.array_equal(seen, load_image(file).pixels)


@pytest.mark.parametrize("form", ["TIFF", "PNG", "JPEG"])
def test_an_image_that_another_process_was_sent_is_taken(photo, form):
    file = encode(Image.fromarray(photo(48, 64)), form)
    np.testing.assert_array_equal(pixels_of(pickle.loads(pickle.dumps(opened(file)))), pixels_of(file))

"""JPEG XL by its extra: exact pixels, upright once, packed JPEGs, what its decoder leaves out, and no extra."""

import sys

import numpy as np
import pytest
from extra_files import jxl, jxl_of_jpeg
from image_files import COLOURS, PICTURE, RAMP, encode
from PIL import Image

from iqa_cli.decoders.jxl import jxl_header
from iqa_cli.errors import ImageError
from iqa_cli.images import ImagePolicy, load_image, pixel_count

pytest.importorskip("pillow_jxl")
IGNORING = ImagePolicy(colour="ignore")
STORED = (COLOURS / 255).astype(np.float32)


@pytest.mark.parametrize("container", [False, True])
def test_8_bit_colour_comes_back_exactly(container, tmp_path):
    file = jxl(COLOURS, container=container)
    loaded = load_image(file)
    assert np.array_equal(loaded.pixels, STORED) and loaded.notes == ()
    path = tmp_path / "x.jxl"
    path.write_bytes(file)
    assert pixel_count(str(path)) == 24 * 32


def test_16_bit_grey_keeps_its_values():
    file = jxl(RAMP, "I;16")  # which the plug-in's encoder calls linear light
    kept = load_image(file, IGNORING)
    assert np.array_equal(kept.pixels[..., 1], (RAMP / 65535).astype(np.float32)) and kept.notes == ()
    (note,) = load_image(file).notes
    assert note.startswith("ICC profile") and note.endswith("converted to sRGB")


def test_transparency_is_composited_over_white():
    alpha = np.full((24, 32, 1), 51, np.uint8)
    loaded = load_image(jxl(np.concatenate([COLOURS, alpha], axis=-1), "RGBA"))
    assert loaded.pixels == pytest.approx(0.2 * STORED + 0.8, abs=1e-6)
    assert loaded.notes == ("alpha composited over white",)


def test_exif_beside_it_does_not_turn_it_again():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert np.array_equal(load_image(jxl(COLOURS, container=True, exif=exif.tobytes()[6:])).pixels, STORED)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_packed_jpeg_is_read_as_that_jpeg(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg = encode(PICTURE, "JPEG", quality=90, exif=exif)
    packed, plain = load_image(jxl_of_jpeg(jpeg)), load_image(jpeg)
    assert np.array_equal(packed.pixels, plain.pixels)
    assert packed.notes == plain.notes


@pytest.mark.parametrize("size", [(1, 1), (8, 256), (24, 32), (300, 7), (1000, 1500), (640, 360), (9000, 1)])
def test_the_header_tells_the_size(size):
    header = jxl_header(jxl(np.zeros((*size, 3), np.uint8)))
    assert (header.height, header.width, header.bits, header.animated) == (*size, 8, False)


def test_the_header_tells_what_the_decoder_leaves_out():
    # As libjxl's own encoder writes them, cut after the headers: 10-bit colour, and an animation of 16 x 12 px.
    deep, moving = bytes.fromhex("ff0ac5504071210800"), bytes.fromhex("ff0a58304100161400")
    assert jxl_header(deep + bytes(20)) == (32, 24, 10, False)
    assert jxl_header(moving + bytes(20)).animated
    with pytest.raises(ImageError, match="an animation in JPEG XL, of which the decoder gives the last frame alone"):
        load_image(moving + bytes(20))


def test_one_that_is_too_large_is_refused_before_it_is_decoded():
    with pytest.raises(ImageError, match="32x24 is 768 pixels, over the limit"):
        load_image(jxl(COLOURS), ImagePolicy(max_pixels=700))


@pytest.mark.parametrize("start", [b"\xff\x0a\xfa\x7f", b"\0\0\0\x0cJXL \r\n\x87\n"])
def test_without_the_extra_the_row_names_the_format_and_what_to_install(start, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    with pytest.raises(ImageError) as caught:
        load_image(start + bytes(400))
    assert str(caught.value).endswith("cannot be read: JPEG XL needs an optional package: pip install 'iqa-cli[jxl]'")


def test_a_damaged_one_is_called_so():
    file = jxl(COLOURS, container=True)
    for cut in (file[:30], file[:-300], b"\xff\x0a"):
        with pytest.raises(ImageError, match="damaged or truncated"):
            load_image(cut)

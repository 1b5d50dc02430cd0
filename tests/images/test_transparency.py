"""Transparency, meant or not, and values that a file has in its own depth while pixels have 8 bits."""

import struct
import tracemalloc

import numpy as np
import pytest
from image_files import COLOURS, PICTURE, RAMP, SHORT, chunk, encode, page, png, tiff
from PIL import Image

from iqa_cli.images import load_image

WHOLE = (COLOURS / 255).astype(np.float32)


def test_alpha_is_composited_over_white():
    alpha = np.random.default_rng(2).integers(0, 256, (24, 32), dtype=np.uint8)
    rgba = np.dstack([COLOURS, alpha])
    weight = alpha[..., None] / 255
    loaded = load_image(encode(Image.fromarray(rgba), "PNG"))
    assert loaded.pixels == pytest.approx(COLOURS / 255 * weight + (1 - weight), abs=1e-6)
    assert loaded.pixels.max() <= 1
    assert loaded.notes == ("alpha composited over white",)

    grey = load_image(encode(Image.fromarray(rgba[..., 2:]), "PNG"))
    assert grey.pixels[..., :1] == pytest.approx(COLOURS[..., 2:] / 255 * weight + (1 - weight), abs=1e-6)


@pytest.mark.parametrize("bits", [8, 16])
def test_compositing_takes_little_memory_beside_the_pixels(bits):
    samples = np.full((1200, 1600, 4), 100, np.uint8 if bits == 8 else np.uint16)
    file = encode(Image.fromarray(samples), "PNG") if bits == 8 else png(samples, 16, 6)
    tracemalloc.start()
    try:
        loaded = load_image(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert loaded.notes == ("alpha composited over white",)
    assert peak < 2.8 * loaded.stored.nbytes


def test_an_opaque_alpha_channel_changes_nothing():
    loaded = load_image(encode(PICTURE.convert("RGBA"), "PNG"))
    assert np.array_equal(loaded.pixels, load_image(encode(PICTURE, "PNG")).pixels)
    assert loaded.notes == ()


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P"])
def test_a_colour_declared_transparent_becomes_white(mode):
    image = PICTURE.convert(mode)
    key = image.getpixel((5, 7))
    loaded = load_image(encode(image, "PNG", transparency=key))
    samples = np.asarray(image).reshape(24, 32, -1)
    hit = (samples == np.array(key)).all(axis=2)
    assert (loaded.pixels[hit] == 1).all()
    assert np.array_equal(loaded.pixels[~hit], load_image(encode(image, "PNG")).pixels[~hit])


def test_a_16_bit_grey_declared_transparent_becomes_white():
    loaded = load_image(png(RAMP[:2], 16, 0, chunk(b"tRNS", struct.pack(">H", 300))))
    assert loaded.pixels[1, 300 - 256, 0] == 1
    assert loaded.pixels[1, 301 - 256, 0] == np.float32(301 / 65535)
    assert loaded.notes == ("alpha composited over white",)


# --- a transparent colour in the depth of the file -----------------------------------------------

DEEP = np.random.default_rng(3).integers(0, 65536, (8, 9, 3), dtype=np.uint16)


def key(*samples: int) -> bytes:
    return chunk(b"tRNS", struct.pack(f">{len(samples)}H", *samples))


def white_at(loaded) -> np.ndarray:
    return (loaded.pixels == 1).all(axis=-1)


def test_a_16_bit_colour_declared_transparent_is_compared_at_16_bits():
    samples = DEEP.copy()
    samples[2, 3] = 0x1234
    samples[4, 5] = 0x1299  # the same in its upper halves
    samples[6, 7] = 0x3434
    loaded = load_image(png(samples, 16, 2, key(0x1234, 0x1234, 0x1234)))
    assert np.argwhere(white_at(loaded)).tolist() == [[2, 3]]
    opaque = load_image(png(samples, 16, 2)).pixels
    assert np.array_equal(
        np.delete(loaded.pixels.reshape(-1, 3), 2 * 9 + 3, 0), np.delete(opaque.reshape(-1, 3), 2 * 9 + 3, 0)
    )
    assert loaded.notes == ("alpha composited over white",)


def test_a_16_bit_colour_that_no_pixel_has_makes_none_transparent():
    for absent in ((0x12, 0x12, 0x12), (0x1200, 0x34, 0x56)):
        samples = np.full((4, 5, 3), 0x1234, np.uint16)
        loaded = load_image(png(samples, 16, 2, key(*absent)))
        assert loaded.pixels == pytest.approx(0x1234 / 65535)
        assert loaded.notes == ()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_declared_transparent_is_compared_in_those_bits(bits):
    samples = (np.arange(16).reshape(2, 8) % 2**bits).astype(np.uint8)
    white = 2**bits - 1
    for clear in range(2**bits):
        loaded = load_image(png(samples, bits, 0, key(clear)))
        expected = np.where(samples == clear, 1, samples / white)
        assert loaded.pixels[..., 0] == pytest.approx(expected, abs=1e-6)


def test_upper_bits_of_a_transparent_colour_that_samples_do_not_have_are_ignored():
    file = png(COLOURS, 8, 2, key(*(0xAB00 | int(value) for value in COLOURS[5, 7])))
    assert white_at(load_image(file))[5, 7]


def test_a_transparent_colour_turns_with_the_image():
    samples = np.arange(12, dtype=np.uint8).reshape(3, 4)
    orientation = chunk(b"eXIf", b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0")
    loaded = load_image(png(samples, 8, 0, orientation, key(3)))
    assert np.array_equal(np.argwhere(white_at(loaded)), np.argwhere(np.rot90(samples, -1) == 3))


# --- a colour map in the depth of the file -------------------------------------------------------

INDICES = np.arange(256, dtype=np.uint8).reshape(16, 16)


def palette_tiff(scale: int, order: str = "<", big: bool = False) -> bytes:
    values = tuple(scale * value for _ in range(3) for value in range(256))
    return tiff(page(INDICES, t262=(SHORT, (3,)), t320=(SHORT, values)), order=order, big=big)


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_a_colour_map_of_8_bit_values_is_a_grey_ramp_and_not_black(order, big):
    loaded = load_image(palette_tiff(1, order, big))
    assert np.array_equal(loaded.pixels[..., 0], (INDICES / 255).astype(np.float32))
    assert loaded.notes == ("colour map of 8-bit values",)


def test_a_colour_map_of_16_bit_values_is_read_as_it_is():
    loaded = load_image(palette_tiff(257))
    assert np.array_equal(loaded.pixels[..., 2], (INDICES / 255).astype(np.float32))
    assert loaded.notes == ()


@pytest.mark.parametrize("bands", [1, 3])
def test_white_of_a_4_bit_jpeg_2000_is_white(bands):
    steps = np.arange(16, dtype=np.uint8).repeat(4)[None].repeat(16, axis=0)
    samples = 120 + steps  # around the middle, which the level shift of 4 bits puts at 8
    file = bytearray(encode(Image.fromarray(np.dstack([samples] * bands).squeeze()), "JPEG2000", no_jp2=True))
    for component in range(bands):
        file[42 + 3 * component] = 3  # 4 bits a sample
    loaded = load_image(bytes(file))
    assert loaded.pixels[..., 1] == pytest.approx(steps / 15, abs=1e-6)


# --- alpha that nobody meant ---------------------------------------------------------------------


def bmp(alpha: int, header: int = 108) -> bytes:
    """A 32-bit BMP with a mask for alpha, as screenshot tools write it."""
    pixels = np.dstack([COLOURS[::-1, :, ::-1], np.full((24, 32), alpha, np.uint8)]).tobytes()
    info = struct.pack("<IiiHHIIiiII", header, 32, 24, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs"
    start = 14 + header
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + (info + masks).ljust(header, b"\0") + pixels


@pytest.mark.parametrize("header", [108, 124])
def test_a_32_bit_bmp_with_every_alpha_zero_is_opaque(header):
    loaded = load_image(bmp(0, header))
    assert np.array_equal(loaded.pixels, WHOLE)
    assert loaded.notes == ("alpha channel of zeros ignored",)


def test_a_32_bit_bmp_whose_alpha_was_meant_keeps_it():
    assert np.array_equal(load_image(bmp(255)).pixels, WHOLE)
    loaded = load_image(bmp(51))
    assert loaded.pixels == pytest.approx(0.2 * WHOLE + 0.8, abs=1e-6)


def test_a_fourth_channel_that_a_tiff_does_not_declare_as_alpha_is_none_where_it_is_zero():
    four = np.dstack([COLOURS, np.zeros((24, 32), np.uint8)])
    loaded = load_image(tiff(page(four)))
    assert np.array_equal(loaded.pixels, WHOLE)
    assert loaded.notes == ("alpha channel of zeros ignored",)
    declared = load_image(tiff(page(four, t338=(SHORT, (2,)))))
    assert declared.pixels.min() == 1  # a picture that is all transparent


def test_a_png_that_is_all_transparent_is_white():
    clear = PICTURE.copy()
    clear.putalpha(0)
    assert load_image(encode(clear, "PNG")).pixels.min() == 1

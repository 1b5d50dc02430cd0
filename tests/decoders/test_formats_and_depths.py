"""Every file format, mode and depth, against closed forms and Pillow's own conversions."""

import base64
import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import COLOURS, PICTURE, RAMP, encode
from PIL import Image, ImageOps

from iqa_cli.errors import ImageError
from iqa_cli.images import load_image

# OpenJPEG's encoding of the 12-bit grey samples 0, 1, 2047, 4095 (a 4×1 image).
J2K_12_BIT = base64.b64decode(
    "/0//UQApAAAAAAAEAAAAAQAAAAAAAAAAAAAABAAAAAEAAAAAAAAAAAABCwEB/1IADAAAAAEAAAQEAAH/XAAEQGD/ZAAlAAFDcmVhdGVkIGJ5IE"
    "9wZW5KUEVHIHZlcnNpb24gMi41LjT/kAAKAAAAAAAYAAH/k9/gHAZqLwmx9I//2Q=="
)


def row_tiff(samples: bytes, width: int, bits: tuple[int, ...], photometric: int) -> bytes:
    """A one-row little-endian TIFF by the specification."""
    fields = {256: width, 257: 1, 258: bits, 259: 1, 262: photometric, 273: 0, 277: len(bits), 278: 1}
    fields[279] = len(samples)
    end = 8 + 2 + 12 * len(fields) + 4
    fields[273] = end + 2 * len(bits)
    body = struct.pack("<2sHIH", b"II", 42, 8, len(fields))
    for tag, value in fields.items():
        if tag == 258 and len(bits) > 1:
            body += struct.pack("<HHII", tag, 3, len(bits), end)
        else:
            body += struct.pack("<HHII", tag, 4, 1, value[0] if tag == 258 else value)
    return body + bytes(4) + struct.pack(f"<{len(bits)}H", *bits) + samples


def test_lossless_formats_come_back_exactly():
    files = [
        encode(PICTURE, "PNG"),
        encode(PICTURE, "BMP"),
        encode(PICTURE, "PPM"),
        encode(PICTURE, "JPEG2000"),
        encode(PICTURE, "JPEG2000", no_jp2=True),
        encode(PICTURE, "WEBP", lossless=True),
        encode(PICTURE, "TIFF"),
        encode(PICTURE, "TIFF", compression="tiff_lzw"),
        encode(PICTURE.quantize(256), "GIF"),
    ]
    for file in files[:-1]:
        loaded = load_image(file)
        assert np.array_equal(loaded.pixels, (COLOURS / 255).astype(np.float32))
        assert loaded.pixels.dtype == np.float32
        assert loaded.pixels.flags.c_contiguous and loaded.pixels.flags.owndata
        assert loaded.size == (32, 24)
        assert loaded.notes == ()
    gif = np.asarray(PICTURE.quantize(256).convert("RGB"))
    assert np.array_equal(load_image(files[-1]).pixels, (gif / 255).astype(np.float32))


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_equal_what_pillow_decodes(form):
    file = encode(PICTURE, form)
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) / 255
    assert np.array_equal(load_image(file).pixels, expected.astype(np.float32))


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        *[("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("P", "GIF"), ("L", "PPM"), ("1", "PPM")],
        *[("CMYK", "TIFF"), ("CMYK", "JPEG"), ("L", "JPEG"), ("L", "AVIF"), ("L", "BMP")],
    ],
)
def test_every_8_bit_mode_equals_pillows_rgb(mode, form):
    file = encode(PICTURE.convert(mode), form)
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) / 255
    loaded = load_image(file)
    assert np.array_equal(loaded.pixels, expected.astype(np.float32))
    assert loaded.notes == (("CMYK converted without an ICC profile",) if mode == "CMYK" else ())


def test_a_grey_16_bit_ramp_keeps_its_65536_values():
    image = Image.fromarray(RAMP)
    big_endian = Image.frombytes("I;16B", (256, 256), RAMP.astype(">u2").tobytes())
    files = [encode(image, "PNG"), encode(image, "TIFF"), encode(image, "TIFF", compression="tiff_lzw")]
    files += [encode(big_endian, "TIFF"), encode(image, "JPEG2000"), encode(image, "PPM")]
    for file in files:
        loaded = load_image(file)
        assert np.array_equal(loaded.pixels[..., 1], (RAMP / 65535).astype(np.float32))
        assert loaded.notes == ()


def test_grey_of_10_and_12_bits_has_its_own_white():
    samples = np.array([0, 1, 2047, 4095])
    packed = int("".join(f"{v:012b}" for v in samples), 2).to_bytes(6, "big")
    for file in (J2K_12_BIT, row_tiff(packed, 4, (12,), 1)):
        assert load_image(file).pixels[0, :, 0] == pytest.approx(samples / 4095, rel=1e-6)
    ten_bit = b"P5 4 1 1023\n" + np.array([0, 1, 511, 1023], ">u2").tobytes()
    assert load_image(ten_bit).pixels[0, :, 0] == pytest.approx([0, 1 / 1023, 511 / 1023, 1], abs=1e-5)


def test_a_16_bit_tiff_with_white_as_zero_is_inverted():
    samples = np.array([0, 1, 30000, 65535], "<u2")
    assert load_image(row_tiff(samples.tobytes(), 4, (16,), 0)).pixels[0, :, 0] == pytest.approx(
        1 - samples / 65535, abs=1e-7
    )


def test_float_grey_is_taken_as_it_is():
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    for form in ("TIFF", "PPM"):
        assert np.array_equal(load_image(encode(Image.fromarray(values), form)).pixels[..., 2], values)


def test_32_bit_integers_are_taken_as_16_bit_and_say_so():
    loaded = load_image(encode(Image.fromarray(RAMP.astype(np.int32)), "TIFF"))
    assert np.array_equal(loaded.pixels[..., 0], (RAMP / 65535).astype(np.float32))
    assert loaded.notes == ("signed 32-bit integers read with white at 65535",)


def test_samples_without_an_agreed_white_are_refused():
    too_wide = Image.fromarray(np.full((4, 4), 70000, dtype=np.int32))
    with pytest.raises(ImageError, match=r"samples run from 70000 to 70000; rescale them to 0\.\.65535"):
        load_image(encode(too_wide, "TIFF"))
    for value in (2.0, -0.5, np.nan):
        with pytest.raises(ImageError, match=r"rescale them to 0\.\.1"):
            load_image(encode(Image.fromarray(np.full((4, 4), value, dtype=np.float32)), "TIFF"))


def test_colour_jpeg_2000_above_8_bits_is_refused_because_its_whites_would_wrap_to_black():
    file = bytearray(encode(PICTURE, "JPEG2000", no_jp2=True))
    for component in range(3):
        file[42 + 3 * component] = 11  # 12 bits per sample
    with pytest.raises(ImageError, match="12-bit colour JPEG 2000 is not supported; convert it"):
        load_image(bytes(file))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_orientation_turns_the_image_as_pillow_does(form, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encode(PICTURE, form, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file)))) / 255
    loaded = load_image(file)
    assert loaded.size == ((32, 24) if orientation < 5 else (24, 32))
    assert np.array_equal(loaded.pixels, expected.astype(np.float32))
    assert loaded.notes == ((f"EXIF orientation {orientation} applied",) if orientation > 1 else ())


def test_damaged_exif_costs_a_note_not_the_image():
    loaded = load_image(encode(PICTURE, "PNG", exif=b"Exif\0\0no tags here"))
    assert np.array_equal(loaded.pixels, load_image(encode(PICTURE, "PNG")).pixels)
    assert loaded.notes == ("EXIF data unreadable, orientation not applied",)


@pytest.mark.parametrize(
    ("form", "note"),
    [
        *[(form, "first frame of 3") for form in ("GIF", "WEBP", "AVIF", "PNG")],
        *[("TIFF", "first page of 3"), ("MPO", "first image of 3")],
    ],
)
def test_only_the_first_frame_is_read(form, note):
    frames = [Image.new("L", (16, 16), level) for level in (60, 120, 250)]
    loaded = load_image(encode(frames[0], form, save_all=True, append_images=frames[1:]))
    assert loaded.pixels == pytest.approx(60 / 255, abs=3 / 255)
    assert loaded.notes == (note,)


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    mode=st.sampled_from(["1", "L", "LA", "RGB", "RGBA", "P"]),
)
def test_any_size_and_mode_has_its_shape_and_range(width, height, mode):
    image = Image.frombytes("RGB", (width, height), bytes(COLOURS.tobytes() * 3)[: 3 * width * height])
    loaded = load_image(encode(image.convert(mode), "PNG"))
    assert loaded.pixels.shape == (height, width, 3)
    assert loaded.pixels.min() >= 0 and loaded.pixels.max() <= 1

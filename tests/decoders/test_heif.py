"""HEIC by its extra: exact pixels at every depth, upright once, colour by its tags, and what is said without it."""

import io
import sys

import numpy as np
import pytest
from extra_files import heif, heif_images
from image_files import COLOURS, PICTURE, RAMP, encode
from PIL import Image, ImageCms, ImageOps

from iqa_cli.errors import ImageError
from iqa_cli.images import ImagePolicy, load_image, pixel_count

pytest.importorskip("pillow_heif")
STORED = (COLOURS / 255).astype(np.float32)
DEEP = np.stack([RAMP[::8, ::8], RAMP[::8, ::8].T, RAMP[::-8, ::8]], axis=-1)
P3 = {"color_primaries": 12, "transfer_characteristics": 13}


def test_8_bit_colour_and_grey_come_back_exactly(tmp_path):
    loaded = load_image(heif(COLOURS))
    assert np.array_equal(loaded.pixels, STORED) and loaded.notes == ()
    assert np.array_equal(load_image(heif(COLOURS[..., 0].copy())).pixels[..., 2], STORED[..., 0])
    path = tmp_path / "phone.jpg"  # what it is, its contents tell
    path.write_bytes(heif(COLOURS))
    assert np.array_equal(load_image(path).pixels, STORED)
    assert pixel_count(str(path)) == 24 * 32


@pytest.mark.parametrize("bits", [10, 12])
def test_deeper_samples_keep_their_values(bits):
    samples = DEEP >> (16 - bits)
    for kept in (samples, samples[..., 0]):
        loaded = load_image(heif(kept, bits))
        expected = (kept / (2**bits - 1)).astype(np.float32)
        assert np.abs(loaded.pixels - expected.reshape(*kept.shape[:2], -1)).max() < 1e-6
        assert loaded.notes == ()


@pytest.mark.parametrize("bits", [8, 10])
def test_transparency_is_composited_over_white(bits):
    top = 2**bits - 1
    alpha = np.full((24, 32, 1), round(0.2 * top))
    samples = np.concatenate([COLOURS.astype(int) * top // 255, alpha], axis=-1).astype(np.uint8 if bits == 8 else int)
    loaded = load_image(heif(samples, bits))
    weight = alpha / top
    assert loaded.pixels == pytest.approx(weight * samples[..., :3] / top + 1 - weight, abs=1e-5)
    assert loaded.notes == ("alpha composited over white",)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_once_by_its_own_boxes_and_never_by_exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = heif(COLOURS, exif=exif.tobytes())  # whose encoder writes both
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(encode(PICTURE, "PNG", exif=exif))))) / 255
    assert np.array_equal(load_image(file).pixels, expected.astype(np.float32))
    exif_alone = file.replace(b"irot", b"free").replace(b"imir", b"free")
    assert np.array_equal(load_image(exif_alone).pixels, STORED)


def test_colour_that_its_box_tells_is_converted_and_can_be_ignored():
    file = heif(COLOURS, **P3)
    loaded, plain = load_image(file), load_image(file, ImagePolicy(colour="ignore"))
    assert loaded.notes == ("Display P3 (HEIC nclx) converted to sRGB",)
    assert np.array_equal(plain.pixels, STORED) and np.abs(loaded.pixels - STORED).max() > 0.1
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(load_image(heif(COLOURS, icc_profile=profile)).pixels, STORED)


def test_of_several_images_the_primary_one_is_read_and_the_row_says_so():
    images = [np.full((16, 16, 3), level, np.uint8) for level in (50, 100, 150)]
    for primary, note in ((0, "first image of 3"), (2, "image #2 of 3")):
        loaded = load_image(heif_images(*images, primary=primary))
        assert loaded.notes == (note,)
        assert np.array_equal(loaded.pixels, (images[primary] / 255).astype(np.float32))


def test_one_that_is_too_large_is_refused_before_it_is_decoded():
    with pytest.raises(ImageError, match="32x24 is 768 pixels, over the limit"):
        load_image(heif(COLOURS), ImagePolicy(max_pixels=700))


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_without_the_extra_the_row_names_the_format_and_what_to_install(brand, monkeypatch, tmp_path):
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(400))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError) as caught:
        load_image(path)
    remedy = "HEIC needs an optional package: pip install 'iqa-cli[heif]'"
    assert str(caught.value) == f"{path}: cannot be read: {remedy}"


def test_a_damaged_one_is_called_so():
    file = heif(COLOURS)
    for cut in (file[:200], file[:-200]):
        with pytest.raises(ImageError, match="damaged or truncated"):
            load_image(cut)


def test_what_libheif_says_over_several_lines_is_one():
    file = bytearray(heif(COLOURS))
    file[16 : int.from_bytes(file[:4], "big")] = bytes(int.from_bytes(file[:4], "big") - 16)  # no compatible brand
    with pytest.raises(ImageError, match="HEIF that libheif does not decode") as caught:
        load_image(bytes(file))
    assert "\n" not in str(caught.value)

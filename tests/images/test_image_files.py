"""Files as they come: any source, damaged, truncated, huge, and read from many threads."""

import os
import struct
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import COLOURS, PICTURE, encode
from PIL import Image, ImageCms

from iqa_cli.errors import ImageError
from iqa_cli.ground.picture_formats import PICTURE_FORMATS
from iqa_cli.images import ImagePolicy, load_image, pixel_count

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_bytes_path_and_string_give_the_same_pixels(tmp_path):
    path = tmp_path / "ünï cødé.jpg"
    PICTURE.save(path)
    for source in (str(path), path.read_bytes()):
        assert np.array_equal(load_image(source).pixels, load_image(path).pixels)


def test_the_suffix_does_not_matter_only_the_content(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(encode(PICTURE, "PNG"))
    assert np.array_equal(load_image(path).pixels, (COLOURS / 255).astype(np.float32))


def test_every_suffix_that_no_extra_reads_is_one_pillow_opens():
    without_extra = {suffix for form in PICTURE_FORMATS if not form.extra for suffix in form.suffixes}
    assert set(Image.registered_extensions()) | {".pfm"} >= without_extra


def error_of(source, policy=ImagePolicy()) -> str:
    with pytest.raises(ImageError) as caught:
        load_image(source, policy)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_unreadable_files_are_named_with_the_reason(tmp_path, monkeypatch):
    def make(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    vector = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    reasons = {
        tmp_path / "missing.png": "no such file or folder; check the spelling",
        tmp_path: "Is a directory",
        make("empty.png", b""): "empty file",
        make("text.jpg", b"hello, I am no image\n" * 50): "text, no image: is the name right?",
        make("noise.jpg", bytes(range(256)) * 9): "of another format; where a viewer opens it, save it there as PNG",
        make("vector.eps", vector): "PostScript (EPS), a format that is not read",
        make("cut.jpg", encode(PICTURE, "JPEG")[:-300]): "truncated",
        make("cut.png", encode(PICTURE, "PNG")[:-300]): "truncated",
    }
    for path, reason in reasons.items():
        message = error_of(path)
        assert message.startswith(f"{path}: cannot be read: ") and reason in message

    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert error_of("secret.png") == "secret.png: cannot be read: Permission denied"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM"])
def test_a_truncated_file_is_never_scored(form):
    file = encode(PICTURE, form)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns before it raises
        for part in (0.1, 0.4, 0.7, 0.95):
            assert "image of" in error_of(file[: int(part * len(file))])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_pipe_is_not_opened_to_count_its_pixels(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert pixel_count(str(tmp_path / "pipe")) == 0  # opening it would wait for a writer, or take what can be read once
    (tmp_path / "photo.png").write_bytes(encode(PICTURE, "PNG"))
    assert pixel_count(str(tmp_path / "photo.png")) == 24 * 32


def test_an_image_over_the_limit_is_refused_before_it_is_decoded():
    header = b"IHDR" + struct.pack(">IIBBBBB", 200_000, 100_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    bomb += struct.pack(">I", 9) + b"IDAT"
    assert error_of(bomb).endswith(
        "200000x100000 is 20,000,000,000 pixels, over the limit of 64,000,000; raise it with --max-pixels 20000000000"
    )
    assert "over the limit of 767" in error_of(encode(PICTURE, "PNG"), ImagePolicy(max_pixels=24 * 32 - 1))
    load_image(encode(PICTURE, "PNG"), ImagePolicy(max_pixels=24 * 32))


@pytest.mark.filterwarnings("ignore:Truncated File Read")  # said by Pillow, before it raises
@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "GIF"])
def test_our_limit_replaces_pillows_and_leaves_it_as_it_was(monkeypatch, form):
    file = encode(PICTURE, form)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    load_image(file)
    error_of(file[:60])
    assert Image.MAX_IMAGE_PIXELS == 10


def test_threads_decode_the_same_pixels_and_restore_pillows_limit():
    pillow_limit = Image.MAX_IMAGE_PIXELS
    forms = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "JPEG2000"]
    files = [encode(PICTURE.resize((200, 150)), form, icc_profile=SRGB) for form in forms]
    alone = [load_image(file).pixels for file in files]
    barrier = threading.Barrier(4)

    def worker(_):
        barrier.wait()
        return [load_image(file).pixels for file in files * 3]

    with ThreadPoolExecutor(4) as pool:
        for results in pool.map(worker, range(4)):
            assert all(map(np.array_equal, results, alone * 3))
    assert pillow_limit == Image.MAX_IMAGE_PIXELS


@settings(max_examples=150, deadline=None)
@given(data=st.data(), form=st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000"]))
def test_a_damaged_file_gives_pixels_or_an_image_error(data, form):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = bytearray(encode(PICTURE, form, exif=exif, icc_profile=SRGB))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pixels = load_image(bytes(file), ImagePolicy(max_pixels=100_000)).pixels
        except ImageError:
            return
    assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.float32
    assert pixels.size and pixels.min() >= 0 and pixels.max() <= 1


def test_pixels_of_8_bits_stay_8_bits_until_floats_are_asked_for():
    plain = load_image(encode(PICTURE, "PNG"))
    assert plain.stored.dtype == np.uint8 and plain.pixels.dtype == np.float32
    half = PICTURE.copy()
    half.putalpha(128)
    assert load_image(encode(half, "PNG")).stored.dtype == np.float32  # composited over white

"""What cannot be read is named for what it is, in one line, and no library prints lines of its own."""

import os
import struct
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_files import COLOURS, LONG, PICTURE, RAMP, SHORT, encode, page, tiff

from iqa_cli.errors import ImageError
from iqa_cli.images import load_image

GREY = np.arange(24 * 32).reshape(24, 32)


def error_of(file: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        load_image(file)
    assert "\n" not in str(caught.value)
    return str(caught.value).partition("cannot be read: ")[2]


def by_tifffile(samples: np.ndarray, tmp_path, **options) -> bytes:
    tifffile.imwrite(tmp_path / "x.tif", samples, **options)
    return (tmp_path / "x.tif").read_bytes()


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        *[(34887, "LERC"), (50001, "WebP"), (50002, "JPEG XL"), (34712, "JPEG 2000"), (33003, "JPEG 2000")],
        *[(9, "JBIG"), (34933, "PNG"), (34892, "lossy JPEG"), (34934, "JPEG XR"), (12345, "unknown")],
    ],
)
@pytest.mark.parametrize("order", "<>")
def test_a_codec_that_is_not_there_is_named(codec, name, order, capfd):
    message = error_of(tiff(page(COLOURS, t259=(SHORT, (codec,))), order=order))
    assert message.startswith(f"TIFF with {name}") and f"(code {codec})" in message
    assert "damaged" not in message and "save it as" in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (GREY.astype(np.uint64), "64-bit unsigned integers"),
        (GREY.astype(np.float16), "16-bit floats"),
        (GREY.astype(np.float64), "64-bit floats"),
        (GREY.astype(np.complex64), "64-bit complex floats"),
        (COLOURS.astype(np.int16), "3 samples a pixel, 16-bit signed integers"),
        (COLOURS.astype(np.uint32), "3 samples a pixel, 32-bit unsigned integers"),
        (COLOURS.astype(np.float32), "3 samples a pixel, 32-bit floats"),
    ],
)
def test_samples_that_cannot_be_read_are_named(samples, words, tmp_path):
    options = {"photometric": "rgb"} if samples.ndim == 3 else {}
    message = error_of(by_tifffile(samples, tmp_path, **options))
    assert (
        message.startswith("TIFF of ")
        and words in message
        and message.endswith("not supported: save it as 16-bit PNG or TIFF first")
    )


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_integers_that_reach_beyond_white_are_told_with_their_sign(compression, tmp_path):
    ramp = RAMP.astype(np.int64)
    for samples, words in (
        (
            (ramp * 65000).astype(np.uint32),
            "unsigned 32-bit samples run from 0 to 4259775000; rescale them to 0..65535",
        ),
        ((ramp - 40000).astype(np.int32), "signed 32-bit samples run from -40000 to 25535; rescale them to 0..65535"),
        ((ramp % 600 - 300).astype(np.int16), "signed 16-bit samples run from -300 to 299; rescale them to 0..65535"),
        ((ramp % 200 - 100).astype(np.int8), "signed 8-bit samples run from -100 to 99; rescale them to 0..255"),
    ):
        assert error_of(by_tifffile(samples, tmp_path, compression=compression)) == words


def test_integers_within_white_are_read_and_named(tmp_path):
    for samples, kind, white in (
        (RAMP.astype(np.uint32), "unsigned 32-bit", 65535),
        ((RAMP // 2).astype(np.int16), "signed 16-bit", 65535),
        ((RAMP // 1024).astype(np.int8), "signed 8-bit", 255),
    ):
        loaded = load_image(by_tifffile(samples, tmp_path))
        assert loaded.pixels[..., 1] == pytest.approx(samples / white, abs=1e-6)
        assert loaded.notes == (f"{kind} integers read with white at {white}",)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"8BPS\0\1", "a Photoshop document (PSD)"),
        (b"v/1\x01\2\0\0\0", "OpenEXR"),
        (b"#?RADIANCE\n", "Radiance HDR"),
        (b"II\xbc\1", "JPEG XR"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\0\0\x18ftypavci\0\0\0\0mif1avci", "HEIF with AVC inside"),
        (b"\0\0\0\x18ftypvvic\0\0\0\0mif1vvic", "HEIF with VVC inside"),
    ],
)
def test_picture_formats_that_are_not_read_are_named(start, name):
    message = error_of(start + bytes(400))
    assert message == f"{name}, a format that is not read: save it as PNG or TIFF first"


def patched_jpeg(process: int, bits: int = 8) -> bytes:
    file = bytearray(encode(PICTURE, "JPEG"))
    place = file.index(b"\xff\xc0")
    file[place + 1], file[place + 4] = process, bits
    return bytes(file)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (patched_jpeg(0xC1, 12), "12-bit JPEG"),
        (patched_jpeg(0xC3), "lossless JPEG"),
        (patched_jpeg(0xC3, 16), "lossless JPEG"),
        (patched_jpeg(0xC5), "hierarchical JPEG"),
        (b"\xff\xd8\xff\xf7\0\x0b\x08\0\x18\0\x20\1\1\x11\0" + bytes(300), "JPEG-LS"),
        (encode(PICTURE, "BMP")[:28] + b"\x40" + encode(PICTURE, "BMP")[29:], "Unsupported BMP pixel depth (64)"),
        (encode(PICTURE, "BMP")[:30] + struct.pack("<I", 4) + encode(PICTURE, "BMP")[34:], "BMP with JPEG inside"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_codecs_inside_other_formats_are_named(file, words):
    message = error_of(file)
    assert message.startswith(words) and "save it as" in message and "damaged" not in message


def test_a_file_that_was_cut_is_damaged_and_not_called_unsupported(capfd):
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd", "lzma", None):
        options = {"compression": compression} if compression else {}
        try:
            file = encode(PICTURE, "TIFF", **options)
        except (OSError, ValueError):  # a codec that this libtiff lacks
            continue
        broken = bytearray(file)
        broken[40:-300] = bytes(len(broken) - 340)
        for cut in (file[: len(file) // 2], bytes(broken)):
            try:
                load_image(cut)
            except ImageError as error:
                assert "not supported" not in str(error), compression
    assert capfd.readouterr() == ("", "")


def test_on_stderr_of_the_command_line_are_nothing_but_its_own_lines(tmp_path):
    whole = tmp_path / "whole.png"
    PICTURE.save(whole)
    lzw, webp = encode(PICTURE, "TIFF", compression="tiff_lzw"), encode(PICTURE, "WEBP")
    files = {"cut.tif": lzw[:-400], "header.tif": lzw[:60], "codec.tif": tiff(page(COLOURS, t259=(SHORT, (50001,))))}
    lines = []
    for name, content in (files | {"cut.webp": webp[:300]}).items():
        (tmp_path / name).write_bytes(content)
        arguments = ["score", str(whole), str(tmp_path / name), "-m", "psnr", "-f", "csv", "-o", os.devnull, "-q"]
        done = subprocess.run([sys.executable, "-m", "iqa_cli", *arguments], capture_output=True, text=True)
        lines += done.stderr.splitlines()
    assert len(lines) == 4 and all(line.startswith("error: ") for line in lines)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, which the command line does not show
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), form=st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "JPEG2000", "GIF", "BMP"]))
def test_damage_never_makes_a_library_print(capfd, data, form):
    options = {"compression": data.draw(st.sampled_from(["tiff_lzw", "jpeg", "tiff_adobe_deflate"]))}
    file = bytearray(encode(PICTURE, form, **(options if form == "TIFF" else {})))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        load_image(bytes(file))
    except ImageError as error:
        assert "\n" not in str(error)
    assert capfd.readouterr().err == ""


def test_a_page_count_that_runs_away_ends():
    pages = [page(COLOURS[:4, :4].copy(), t254=(LONG, (0,))) for _ in range(300)]
    assert load_image(tiff(*pages)).notes == ("first page of 300",)

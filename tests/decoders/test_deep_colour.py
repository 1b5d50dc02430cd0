"""Colour of 16 bits: every layout comes back exactly, and stays so through alpha, colour, turns and resizing.

tifffile writes and reads the TIFF files; PNG and PPM are written by their specifications.
"""

import io
from itertools import product

import numpy as np
import pytest
import tifffile
from image_files import chunk, exif, page, png, tiff, with_chunks
from profiles import DISPLAY_P3, SRGB, rgb_profile

from iqa_cli.errors import ImageError
from iqa_cli.images import load_image, match_sizes

DEEP = np.random.default_rng(5).integers(0, 65536, (40, 50, 4), dtype=np.uint16)
RGB = np.ascontiguousarray(DEEP[..., :3])
EXACT = (RGB / 65535).astype(np.float32)
OPAQUE = np.concatenate([RGB, np.full((40, 50, 1), 65535, np.uint16)], axis=2)


def saved(samples: np.ndarray, planes: bool = False, **how) -> bytes:
    """A TIFF by tifffile, of red, green and blue, together or apart."""
    buffer = io.BytesIO()
    stored = np.moveaxis(samples, -1, 0) if planes else samples
    tifffile.imwrite(
        buffer, stored, photometric="rgb", planarconfig="separate" if planes else "contig", metadata=None, **how
    )
    return buffer.getvalue()


def over_white(samples: np.ndarray) -> np.ndarray:
    colour, alpha = samples[..., :-1] / 65535, samples[..., -1:] / 65535
    return colour * alpha + 1 - alpha


def is_exact(file: bytes, samples: np.ndarray = RGB) -> bool:
    loaded = load_image(file)
    return np.array_equal(loaded.pixels, (samples / 65535).astype(np.float32)) and loaded.notes == ()


def test_png_keeps_all_bits():
    assert is_exact(png(RGB, 16, 2))
    assert is_exact(png(OPAQUE, 16, 6))
    grey = np.ascontiguousarray(OPAQUE[..., [0, 3]])
    assert is_exact(png(grey, 16, 4), np.repeat(grey[..., :1], 3, axis=2))


@pytest.mark.parametrize("planes", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}, {"rowsperstrip": 7}], ids=["one strip", "tiles", "strips"])
def test_tiff_keeps_all_bits_however_they_are_stored(planes, order, layout):
    for compression, predictor in ((None, None), ("zlib", None), ("zlib", 2)):
        how = {"compression": compression, "predictor": predictor, "byteorder": order, **layout}
        assert is_exact(saved(RGB, planes, **how))


def test_a_big_tiff_and_a_short_one_keep_all_bits():
    assert is_exact(saved(RGB, planes=True, bigtiff=True))
    assert is_exact(saved(RGB[:1, :1], planes=True, bigtiff=True), RGB[:1, :1])
    assert is_exact(saved(RGB[:1, :1], planes=True), RGB[:1, :1])


def test_tifffile_reads_the_same():
    for planes, order in product((False, True), "<>"):
        file = saved(RGB, planes, byteorder=order)
        theirs = tifffile.imread(io.BytesIO(file))
        theirs = np.moveaxis(theirs, 0, -1) if planes else theirs
        assert np.array_equal(load_image(file).pixels, (theirs / 65535).astype(np.float32))


@pytest.mark.parametrize("white", [65535, 4095, 1000])
def test_ppm_keeps_all_bits_whatever_its_white(white):
    samples = (RGB.astype(np.uint32) * white // 65535).astype(">u2")
    loaded = load_image(b"P6\n# a comment\n50 40\n%d\n" % white + samples.tobytes())
    assert np.abs(loaded.pixels - samples / white).max() < 0.51 / 65535 and loaded.notes == ()


def test_a_plain_ppm_keeps_all_bits_too():
    for white in (65535, 1000):
        samples = RGB.astype(np.uint32) * white // 65535
        lines = (" ".join(map(str, row.ravel())) for row in samples)
        loaded = load_image(b"P3\n50 40 %d\n# a comment, 7\n%s\n" % (white, "\r\n".join(lines).encode()))
        assert np.abs(loaded.pixels - samples / white).max() < 0.51 / 65535 and loaded.notes == ()
    for damaged in (b"1 2", b"1 2 1001", b"1 2 red"):
        with pytest.raises(ImageError, match="cannot be read"):
            load_image(b"P3 1 1 1000\n" + damaged)


@pytest.mark.parametrize("planes", [False, True], ids=["together", "apart"])
def test_alpha_is_composited_in_full_depth(planes):
    for file in (png(DEEP, 16, 6), saved(DEEP, planes, extrasamples=["unassalpha"])):
        loaded = load_image(file)
        assert np.abs(loaded.pixels - over_white(DEEP)).max() < 1e-6
        assert loaded.notes == ("alpha composited over white",)
    multiplied = DEEP.copy()
    multiplied[..., :3] = (DEEP[..., :3].astype(np.float64) * DEEP[..., 3:] / 65535).round()
    loaded = load_image(saved(multiplied, planes, extrasamples=["assocalpha"]))
    expected = multiplied[..., :3] / 65535 + 1 - multiplied[..., 3:] / 65535
    assert np.abs(loaded.pixels - expected).max() < 1 / 65535


def test_a_channel_that_is_no_alpha_is_not_looked_at():
    for planes in (False, True):
        assert is_exact(saved(DEEP, planes, extrasamples=["unspecified"]))
    unnamed = load_image(tiff(page(np.where([True, True, True, False], DEEP, np.uint16(0)))))
    assert np.array_equal(unnamed.pixels, EXACT) and unnamed.notes == ("alpha channel of zeros ignored",)


def test_colour_tags_and_profiles_are_applied_in_full_depth():
    linear = with_chunks(png(RGB, 16, 2), chunk(b"gAMA", (100_000).to_bytes(4, "big")))
    curve = np.where(RGB / 65535 <= 0.0031308, 12.92 * (RGB / 65535), 1.055 * (RGB / 65535) ** (1 / 2.4) - 0.055)
    assert np.abs(load_image(linear).pixels - curve).max() < 1e-6
    file = saved(RGB, extratags=[(34675, 7, None, rgb_profile(DISPLAY_P3, 2.2), True)])
    light = (RGB / 65535) ** (round(2.2 * 256) / 256) @ DISPLAY_P3.T @ np.linalg.inv(SRGB).T
    expected = 1.055 * np.maximum(light, 0.01) ** (1 / 2.4) - 0.055
    inside = ((light > 0.01) & (light < 0.999)).all(axis=-1)
    loaded = load_image(file)
    assert loaded.notes == ("ICC profile 'Display P3' converted to sRGB",)
    assert inside.sum() > 200 and np.abs(loaded.pixels - expected)[inside].max() < 1e-3  # numbers of five digits


def test_turns_and_resizing_keep_all_bits():
    turned = load_image(with_chunks(png(RGB, 16, 2), chunk(b"eXIf", exif({0x0112: (3, (6,))})[6:])))
    assert np.array_equal(turned.pixels, np.rot90(EXACT, -1))
    fine = np.full((16, 16, 3), 0x1234, np.uint16)
    kept = match_sizes(EXACT[:8, :8], load_image(png(fine, 16, 2)).pixels, "resize")[1]
    assert np.abs(kept - 0x1234 / 65535).max() < 1e-7


def test_a_file_of_16_bits_that_is_cut_costs_a_line():
    for file in (png(RGB, 16, 2), saved(RGB), saved(RGB, planes=True), b"P6 50 40 65535\n" + bytes(12000)):
        with pytest.raises(Exception, match="cannot be read") as caught:
            load_image(file[:-6000])
        assert "\n" not in str(caught.value)

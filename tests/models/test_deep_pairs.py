"""PSNR and SSIM of files of 16 bits, against scikit-image's with data_range 65535."""

import io

import numpy as np
import pytest
import tifffile
from extra_files import heif
from image_files import png
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import iqa_cli


@pytest.fixture(scope="module")
def reference(photo):
    """A photograph with all 65,536 values within reach: its 8 bits, and finer steps between them."""
    fine = np.random.default_rng(2).integers(0, 256, (96, 128, 3))
    return (photo(96, 128).astype(np.uint16) << 8) | fine.astype(np.uint16)


def noisy(reference: np.ndarray, strength: float) -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, strength, reference.shape)
    return np.clip(reference + noise.round(), 0, 65535).astype(np.uint16)


def tiff_of(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, photometric="rgb", compression="zlib")
    return buffer.getvalue()


@pytest.mark.parametrize("strength", [1, 20, 1000], ids=["far below a level of 8 bits", "below one", "visible"])
def test_psnr_is_right_to_the_depth_of_the_files(reference, strength):
    distorted = noisy(reference, strength)
    expected = peak_signal_noise_ratio(reference, distorted, data_range=65535)
    psnr = iqa_cli.load("psnr")
    assert psnr.score(png(reference, 16, 2), png(distorted, 16, 2)) == pytest.approx(expected, abs=1e-3)
    assert psnr.score(png(reference, 16, 2), tiff_of(distorted)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("strength", [1, 20, 1000])
def test_ssim_is_right_to_the_depth_of_the_files(reference, strength):
    distorted = noisy(reference, strength)
    expected = structural_similarity(
        reference, distorted, data_range=65535, channel_axis=-1, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip
    score = iqa_cli.load("ssim").score(png(reference, 16, 2), png(distorted, 16, 2))
    assert 1 - score == pytest.approx(1 - expected, abs=1e-6)  # scores have six digits


@pytest.mark.parametrize("bits", [10, 12])
def test_psnr_of_heic_is_right_to_its_depth(reference, bits):
    pytest.importorskip("pillow_heif")
    first, second = (samples >> (16 - bits) for samples in (reference, noisy(reference, 200)))
    expected = peak_signal_noise_ratio(first, second, data_range=2**bits - 1)
    score = iqa_cli.load("psnr").score(heif(first, bits), heif(second, bits))
    assert score == pytest.approx(expected, abs=1e-3)


def test_files_that_differ_in_their_lower_bytes_alone_are_no_longer_the_same(reference):
    distorted = reference ^ 1
    score = iqa_cli.load("psnr").score(png(reference, 16, 2), png(distorted, 16, 2))
    assert score == pytest.approx(20 * np.log10(65535), abs=1e-3)


def test_a_file_of_16_bits_that_holds_8_scores_as_one_of_8(photo):
    eight, other = photo(64, 64), photo(64, 64, 1)
    psnr = iqa_cli.load("psnr")
    wide, narrow = (
        psnr.score(png(first, bits, 2), png(second, bits, 2))
        for first, second, bits in (
            (eight.astype(np.uint16) * 257, other.astype(np.uint16) * 257, 16),
            (eight, other, 8),
        )
    )
    assert wide == pytest.approx(narrow, abs=1e-5)

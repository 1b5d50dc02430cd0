"""PSNR, SSIM and MS-SSIM against scikit-image, an independent MS-SSIM and closed forms."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from scipy.ndimage import correlate1d
from skimage import color, data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.executing.pieces import check_size
from iqa_cli.models.differentiable import MSSSIM, PSNR, SSIM
from iqa_cli.models.luma import ClassicConfig
from iqa_cli.models.ssim import C1
from iqa_cli.registry import find_model

PHOTO = data.astronaut()[:203, 100:367]  # odd sides, at coarser scales too
RULES = ["rgb", "bt601", "full"]
MODELS = [PSNR, SSIM, MSSSIM]


def compressed(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=20)
    return np.asarray(Image.open(file))


NOISY = np.clip(PHOTO + np.random.default_rng(0).normal(0, 12, PHOTO.shape), 0, 255).astype(np.uint8)
BLURRED = np.asarray(Image.fromarray(PHOTO).filter(ImageFilter.GaussianBlur(2)))
DISTORTED = {"noise": NOISY, "blur": BLURRED, "jpeg": compressed(PHOTO)}


def tensor(image):
    """H × W × 3 of 8 bits → 1 × 3 × H × W float32 in [0, 1]."""
    return torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]


def constant(value, side=20):
    return torch.full((1, 3, side, side), value)


def expected_planes(image, luma, border):
    """The same planes in float64, H × W × C, by scikit-image's own colour conversions."""
    values = image / 255
    if luma == "bt601":
        values = color.rgb2ycbcr(values)[..., :1] / 255
    elif luma == "full":
        values = color.rgb2yiq(values)[..., :1]
    return values[border : values.shape[0] - border, border : values.shape[1] - border]


def expected_psnr(reference, distorted):
    return peak_signal_noise_ratio(reference, distorted, data_range=1)


def expected_ssim(reference, distorted):
    variant = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(reference, distorted, data_range=1, channel_axis=-1, **variant)


def expected_ms_ssim(reference, distorted):
    """MS-SSIM of H × W × C planes in float64, written from the papers with their own formulae."""
    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()

    def window_mean(x):
        return correlate1d(correlate1d(x, taps, axis=0), taps, axis=1)[5:-5, 5:-5]

    def halve(x):
        x = np.pad(x, [(0, side % 2) for side in x.shape[:2]] + [(0, 0)], mode="edge")
        return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4

    product = 1.0
    for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
        mean_x, mean_y = window_mean(reference), window_mean(distorted)
        variance_x = window_mean(reference**2) - mean_x**2
        variance_y = window_mean(distorted**2) - mean_y**2
        covariance = window_mean(reference * distorted) - mean_x * mean_y
        term = (2 * covariance + 0.03**2) / (variance_x + variance_y + 0.03**2)
        if scale == 4:
            term *= (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
        product *= np.maximum(term.mean(axis=(0, 1)), 0) ** weight
        reference, distorted = halve(reference), halve(distorted)
    return product.mean()


@pytest.mark.parametrize("distortion", DISTORTED)
@pytest.mark.parametrize("border", [0, 4])
@pytest.mark.parametrize("luma", RULES)
@pytest.mark.parametrize(
    ("model", "oracle"), [(PSNR, expected_psnr), (SSIM, expected_ssim), (MSSSIM, expected_ms_ssim)]
)
def test_scores_agree_with_another_implementation(model, oracle, luma, border, distortion):
    distorted = DISTORTED[distortion]
    expected = oracle(*(expected_planes(image, luma, border) for image in (PHOTO, distorted)))
    score = model(ClassicConfig(luma, border))(tensor(PHOTO), tensor(distorted))
    assert score.item() == pytest.approx(expected, abs=1e-5 if model is PSNR else 1e-6)


def test_studio_range_psnr_is_1_32_db_above_full_range_psnr():
    pair = tensor(PHOTO), tensor(BLURRED)
    difference = PSNR(ClassicConfig("bt601"))(*pair) - PSNR(ClassicConfig("full"))(*pair)
    assert difference.item() == pytest.approx(20 * math.log10(255 / 219), abs=1e-5)


@pytest.mark.parametrize("luma", RULES)
def test_psnr_is_right_when_one_pixel_differs_by_one_level_of_8_bits(luma):
    distorted = PHOTO.copy()
    distorted[100, 100] += 1  # a grey level: every channel and full-range luma move by 1 / 255
    pixels = PHOTO[..., 0].size
    expected = 10 * math.log10(255**2 * pixels) + (20 * math.log10(255 / 219) if luma == "bt601" else 0)
    score = PSNR(ClassicConfig(luma))(tensor(PHOTO), tensor(distorted))
    assert score.item() == pytest.approx(expected, abs=1e-3)


def test_psnr_of_a_batch_is_the_psnr_of_each_image_not_of_the_mean_error():
    distorted = torch.cat([constant(0.1), constant(0.01)])
    scores = PSNR()(torch.zeros_like(distorted), distorted)
    torch.testing.assert_close(scores, torch.tensor([20.0, 40.0], dtype=torch.float64), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("a", "b"), [(0.9, 0.3), (1.0, 0.0), (0.5, 0.51)])
def test_only_luminance_tells_constant_images_apart(a, b):
    luminance = (2 * a * b + C1) / (a * a + b * b + C1)
    assert SSIM()(constant(a), constant(b)).item() == pytest.approx(luminance, abs=1e-6)
    score = MSSSIM()(constant(a, 161), constant(b, 161)).item()
    assert score == pytest.approx(luminance**0.1333, abs=1e-6)


def test_ssim_of_flat_regions_does_not_suffer_from_rounding():
    blocks = np.random.default_rng(0).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    flat = blocks.repeat(16, axis=0).repeat(16, axis=1)
    washed = (flat * 0.3 + 150).astype(np.uint8)
    expected = expected_ssim(flat / 255, washed / 255)
    assert SSIM()(tensor(flat), tensor(washed)).item() == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("height", [11, 12, 41, 42, 43, 74, 75])
def test_ssim_counts_every_window_once_whatever_the_height(height):
    reference, distorted = PHOTO[:height, :30], NOISY[:height, :30]
    expected = expected_ssim(reference / 255, distorted / 255)
    assert SSIM()(tensor(reference), tensor(distorted)).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("model", "equal"), [(PSNR, math.inf), (SSIM, 1), (MSSSIM, 1)])
@pytest.mark.parametrize("luma", RULES)
def test_equal_images_have_exactly_the_best_score(model, equal, luma):
    assert model(ClassicConfig(luma))(tensor(PHOTO), tensor(PHOTO)).item() == equal


@pytest.mark.parametrize("model", MODELS)
def test_scores_are_symmetric(model):
    pair = tensor(PHOTO), tensor(NOISY)
    assert model()(*pair).item() == model()(*reversed(pair)).item()


@pytest.mark.parametrize("model", MODELS)
def test_a_score_does_not_depend_on_the_rest_of_the_batch(model):
    references = torch.cat([tensor(PHOTO)] * 3)
    distorted = torch.cat([tensor(image) for image in DISTORTED.values()])
    alone = [model()(a[None], b[None]) for a, b in zip(references, distorted, strict=True)]
    together = model()(references, distorted)
    assert together.shape == (3,)
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-7, atol=0)


@pytest.mark.parametrize("model", MODELS)
def test_half_precision_images_are_scored_in_float32_or_better(model):
    pair = tensor(PHOTO).half(), tensor(NOISY).half()
    assert model()(*pair).item() == model()(*(image.float() for image in pair)).item()


@pytest.mark.parametrize(("model", "name"), [(PSNR, "psnr"), (SSIM, "ssim"), (MSSSIM, "ms-ssim")])
def test_the_smallest_image_is_scored_and_a_smaller_one_is_refused(model, name):
    minimum = find_model(name).minimum
    side = minimum + 4
    cropping = model(ClassicConfig(crop_border=2))
    images = torch.rand(2, 3, side, side + 1)
    assert cropping(images, images.flip(0)).isfinite().all()
    with pytest.raises(ImageError, match=f"{side + 1}x{side - 1} px .* {minimum} px a side after cutting 2 px"):
        check_size(find_model(name), cropping, side - 1, side + 1)


@pytest.mark.parametrize("settings", [{"luma": "yuv"}, {"crop_border": -1}])
def test_unknown_settings_are_refused(settings):
    with pytest.raises(UsageError):
        ClassicConfig(**settings)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("luma", ["rgb", "bt601"])
def test_gradients_are_those_of_finite_differences(model, luma):
    generator = torch.Generator().manual_seed(0)
    least = 161 if model is MSSSIM else 11
    reference = torch.rand(1, 3, least + 1, least, generator=generator, dtype=torch.float64)
    distorted = (reference * 0.8 + 0.1 * torch.rand(reference.shape, generator=generator)).requires_grad_()
    score = model(ClassicConfig(luma))
    assert torch.autograd.gradcheck(lambda x: score(reference, x), distorted, fast_mode=True)


def test_ms_ssim_of_a_negative_is_zero_with_a_finite_gradient():
    negative = (1 - tensor(PHOTO)).requires_grad_()
    score = MSSSIM()(tensor(PHOTO), negative)
    score.sum().backward()
    assert score.item() == 0
    assert negative.grad.isfinite().all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("model", MODELS)
def test_a_gpu_gives_the_scores_of_the_cpu(model):
    pair = tensor(PHOTO), tensor(NOISY)
    on_gpu = model()(*(image.cuda() for image in pair)).item()
    assert on_gpu == pytest.approx(model()(*pair).item(), abs=1e-5)

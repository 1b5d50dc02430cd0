"""What each of the 25 distortions does, against scikit-image and closed forms."""

import numpy as np
import pytest
import skimage
from scipy.interpolate import CubicSpline
from scipy.ndimage import convolve, gaussian_filter, map_coordinates

from iqa_cli.distortions import distort, parameter_at
from iqa_cli.distortions.colour import lab_to_rgb, rgb_to_lab
from iqa_cli.ground.pixels import luma

LEVELS = (1, 2, 3, 4, 5)

every_level = pytest.mark.parametrize("level", LEVELS)


def seeded(seed=0):
    return np.random.default_rng(seed)


def flat(value, height=160, width=192):
    return np.full((height, width, 3), value, np.float32)


def ramp(height=64, width=256):
    """Every grey from 0 to 1 from left to right."""
    grey = np.linspace(0, 1, width, dtype=np.float32)
    return np.broadcast_to(grey[None, :, None], (height, width, 3)).copy()


@pytest.fixture(scope="module")
def photos():
    pictures = (skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee())
    return [np.float32(picture[60:252, 100:292] / 255) for picture in pictures]


@pytest.fixture(scope="module")
def photo(photos):
    return photos[0]


# --- colour spaces -------------------------------------------------------------------------------


def test_lab_agrees_with_scikit_image_and_comes_back(photo):
    lab = rgb_to_lab(photo)
    assert np.abs(lab - skimage.color.rgb2lab(photo)).max() < 0.02
    assert np.abs(lab_to_rgb(lab) - photo).max() < 1e-4


# --- blurs ---------------------------------------------------------------------------------------


def test_the_mildest_gaussian_and_motion_blurs_change_nothing(photo):
    assert np.abs(distort(photo, 1, 1, seeded()) - photo).max() < 1e-4
    assert np.abs(distort(photo, 3, 1, seeded()) - photo).max() < 1e-4


def test_gaussian_blur_agrees_with_scikit_image(photo):
    expected = skimage.filters.gaussian(photo, 2, channel_axis=-1, truncate=4, mode="nearest")
    assert np.abs(distort(photo, 1, 4, seeded()) - expected).max() < 5e-3


def test_lens_blur_is_the_mean_over_a_disk(photo):
    disk = skimage.morphology.disk(8).astype(float)
    expected = convolve(photo, (disk / disk.sum())[..., None], mode="nearest")
    assert np.abs(distort(photo, 2, 5, seeded()) - expected).mean() < 2e-3


@pytest.mark.parametrize("seed", range(4))
def test_motion_blur_spreads_a_point_over_a_line_of_its_length(seed):
    point = flat(0, 41, 41)
    point[20, 20] = 1
    spread = distort(point, 3, 5, seeded(seed))[..., 0].astype(float)
    y, x = np.mgrid[-20:21, -20:21]
    along, across = (
        np.linalg.eigvalsh([[(spread * y * y).sum(), (spread * x * y).sum()]] * 2)[::-1] * 0 + 1,
        1,
    )
    covariance = [[(spread * a * b).sum() for a in (y, x)] for b in (y, x)]
    across, along = np.linalg.eigvalsh(covariance)
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    assert along == pytest.approx(10**2 / 12, rel=0.15)  # variance of a uniform line of 10 px
    assert across < 0.25


@pytest.mark.parametrize("type", [1, 2, 3, 5, 19, 21, 24])
def test_a_flat_image_has_nothing_to_blur_move_or_sharpen(type):
    assert np.abs(distort(flat(0.4), type, 4.5, seeded()) - 0.4).max() < 1e-4


# --- colour --------------------------------------------------------------------------------------


def test_colour_diffusion_keeps_the_lightness_and_blurs_the_colour(photo):
    muted = 0.4 + 0.2 * photo  # far from the border of the gamut, where clipping would interfere
    before, after = rgb_to_lab(muted), rgb_to_lab(distort(muted, 4, 1, seeded()))
    assert np.abs(before[..., 0] - after[..., 0]).max() < 0.1
    expected = gaussian_filter(before[..., 1], 3.5, mode="nearest")
    assert np.abs(after[..., 1] - expected).max() < 0.5


def test_colour_shift_moves_green_alone_and_only_near_edges():
    image = flat(0.2, 128, 128)
    image[:, 64:] = 0.8
    shifted = distort(image, 5, 3, seeded(3))
    assert np.array_equal(shifted[..., [0, 2]], image[..., [0, 2]])
    moved = np.abs(shifted[..., 1] - image[..., 1]).max(axis=0)
    assert moved[58:70].max() > 0.3
    assert moved[:40].max() == moved[88:].max() == 0


@every_level
def test_colour_quantization_leaves_at_most_the_declared_number_of_colours(photo, level):
    colours = np.unique(distort(photo, 6, level, seeded()).reshape(-1, 3), axis=0)
    assert 2 <= len(colours) <= parameter_at(6, level)


def test_colour_quantization_dithers_so_that_colours_are_right_on_average(photo):
    quantized = distort(photo, 6, 1, seeded())
    assert np.abs(quantized.mean((0, 1)) - photo.mean((0, 1))).max() < 0.01


def test_saturation_zero_is_grey_and_other_factors_agree_with_hsv(photo):
    grey = distort(photo, 7, 4, seeded())
    assert np.ptp(grey, axis=-1).max() == 0
    hsv = skimage.color.rgb2hsv(photo)
    hsv[..., 1] *= 0.4
    assert np.abs(distort(photo, 7, 1, seeded()) - skimage.color.hsv2rgb(hsv)).max() < 1e-5


def test_lab_saturation_agrees_with_scikit_image(photo):
    assert np.abs(distort(photo, 8, 1, seeded()) - photo).max() < 1e-4
    muted = 0.4 + 0.1 * photo
    lab = skimage.color.rgb2lab(muted)
    lab[..., 1:] *= 3
    assert np.abs(distort(muted, 8, 3, seeded()) - skimage.color.lab2rgb(lab)).max() < 1e-3


# --- compression ---------------------------------------------------------------------------------


def test_jpeg_at_low_quality_leaves_8x8_blocks(photo):
    grey = luma(distort(photo, 10, 5, seeded()))
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    at_borders = steps[7::8]
    assert at_borders.mean() > 3 * np.delete(steps, np.s_[7::8]).mean()


def test_jpeg2000_keeps_more_than_the_mean_colour_of_a_small_crop(photo):
    crop = photo[:64, 64:128]
    coded = distort(crop, 9, 5, seeded())
    assert np.square(coded - crop).mean() < 0.5 * crop.var(axis=(0, 1)).mean()


# --- noise ---------------------------------------------------------------------------------------


@every_level
def test_white_noise_on_mid_grey_has_the_declared_variance(level):
    noise = distort(flat(0.5), 11, level, seeded()) - 0.5
    assert noise.var() == pytest.approx(parameter_at(11, level), rel=0.03)
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.03


@every_level
def test_ycbcr_noise_on_mid_grey_has_the_declared_variance_in_luma_and_chroma(level):
    noise = distort(flat(0.5), 12, level, seeded()) - 0.5
    y = luma(noise)
    cb, cr = (noise[..., 2] - y) / 1.772, (noise[..., 0] - y) / 1.402
    for component in (y, cb, cr):
        assert component.var() == pytest.approx(parameter_at(12, level), rel=0.05)


@every_level
def test_impulse_noise_has_the_declared_density_half_of_it_salt(level):
    noisy = distort(flat(0.5), 13, level, seeded())
    assert set(np.unique(noisy)) == {0, 0.5, 1}
    density = parameter_at(13, level)
    tolerance = 5 * np.sqrt(density / noisy.size)
    assert np.mean(noisy == 1) == pytest.approx(density / 2, abs=tolerance)
    assert np.mean(noisy == 0) == pytest.approx(density / 2, abs=tolerance)


def test_multiplicative_noise_grows_with_the_value_it_sits_on():
    for value in (0.1, 0.2, 0.4):
        noise = distort(flat(value), 14, 3, seeded()) - value
        assert noise.std() == pytest.approx(value * 0.1, rel=0.03)
    assert distort(flat(0), 14, 5, seeded()).max() == 0


def test_denoise_removes_most_of_the_noise_and_keeps_strong_edges():
    image = flat(0.2, 128, 128)
    image[:, 64:] = 0.8
    distorted = distort(image, 15, 2, seeded())
    assert distorted[:, :40].std() < 0.3 * np.sqrt(parameter_at(15, 2))
    assert (distorted[:, 66] - distorted[:, 61]).mean() > 0.5


# --- tone ----------------------------------------------------------------------------------------


@every_level
def test_brighten_and_darken_move_the_mid_tone_and_keep_black_and_white(level):
    tones = np.stack([flat(tone, 1, 1) for tone in (0, 0.5, 1)]).reshape(1, 3, 3)
    for type, sign in ((16, 1), (17, -1)):
        black, middle, white = distort(tones, type, level, seeded())[0, :, 0]
        assert (black, white) == (0, 1)
        assert middle == pytest.approx(min(0.5 + sign * parameter_at(type, level) / 2, 1), abs=1e-6)


@every_level
def test_mean_shift_adds_and_clips(photo, level):
    offset = (0.15, 0.08, 0, -0.08, -0.15)[level - 1]
    assert np.allclose(distort(photo, 18, level, seeded()), np.clip(photo + offset, 0, 1), atol=1e-6)


@every_level
def test_quantization_leaves_as_many_greys_as_declared(level):
    assert len(np.unique(distort(ramp(), 22, level, seeded()))) == parameter_at(22, level)


@every_level
def test_contrast_change_is_the_spline_through_five_points(level):
    a = parameter_at(25, level)
    curve = CubicSpline([0, 0.3, 0.5, 0.7, 1], [0, 0.25 - a / 4, 0.5, 0.75 + a / 4, 1])
    expected = np.clip(curve(ramp()), 0, 1)
    assert np.abs(distort(ramp(), 25, level, seeded()) - expected).max() < 1e-5


# --- space ---------------------------------------------------------------------------------------


def test_jitter_is_five_bilinear_scatters(photo):
    rng, expected = seeded(), photo.astype(float)
    height, width = photo.shape[:2]
    for _ in range(5):
        steps = rng.standard_normal((2, height, width), dtype=np.float32) * np.float32(0.5)
        places = np.mgrid[:height, :width] + steps
        places = [np.clip(places[0], 0, height - 1), np.clip(places[1], 0, width - 1)]
        expected = np.dstack([map_coordinates(expected[..., c], places, order=1) for c in range(3)])
    assert np.abs(distort(photo, 19, 4, seeded()) - expected).max() < 1e-3


def test_patches_come_from_at_most_eight_pixels_away():
    y, x = np.mgrid[:384, :512] / np.float32(512)
    image = np.dstack([y, x, np.zeros_like(x)]).astype(np.float32)
    patched = distort(image, 20, 1, seeded())
    moved = np.abs(patched - image).max(axis=-1) * 512
    assert 0 < np.mean(moved > 0) <= 20 * 16**2 / moved.size
    assert moved.max() <= 2 * 8  # a patch may land on another


@every_level
def test_pixelate_leaves_as_many_distinct_rows_and_columns_as_it_reduces_to(level):
    height, width = 120, 200
    y, x = np.mgrid[:height, :width]
    image = np.dstack([y / height, x / width, 0 * x]).astype(np.float32)
    pixelated = distort(image, 21, level, seeded())
    scale = 0.95 - parameter_at(21, level) ** 0.6
    assert len(np.unique(pixelated[..., 0])) == int(height * scale)
    assert len(np.unique(pixelated[..., 1])) == int(width * scale)
    assert np.abs(pixelated - image).max() <= 1 / scale / height


@every_level
def test_colour_blocks_keep_their_density_at_any_size_that_holds_one(level):
    def blocks(height, width):
        covered = [distort(flat(0, height, width), 23, level, seeded(seed)) for seed in range(30)]
        return np.mean([len(np.unique(image[..., 0])) - 1 for image in covered])

    count = parameter_at(23, level)
    assert blocks(384, 512) == pytest.approx(count, abs=0.3)
    assert blocks(384, 256) == pytest.approx(max(count / 2, 1), abs=0.35)
    assert blocks(64, 64) == 1


# --- sharpness -----------------------------------------------------------------------------------


def test_high_sharpen_adds_what_a_blur_takes_away(photo):
    muted = 0.4 + 0.2 * photo
    grey = luma(muted)
    detail = grey - skimage.filters.gaussian(grey, 3, truncate=2, mode="nearest")
    expected = np.clip(muted + 2 * detail[..., None], 0, 1)
    assert np.abs(distort(muted, 24, 2, seeded()) - expected).max() < 1e-4

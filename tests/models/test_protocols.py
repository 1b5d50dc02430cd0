"""Protocols by name against NumPy and scikit-image, from the published formulae."""

import numpy as np
import pytest
from scipy.ndimage import correlate, correlate1d
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from iqa_cli import load
from iqa_cli.engine.session import open_session
from iqa_cli.errors import UsageError
from iqa_cli.options.protocols import find_protocol
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import constants
from iqa_cli.registry import find_model

REFERENCE = data.astronaut()[60:160, 150:271]
WORSE = np.clip(REFERENCE + np.random.default_rng(0).normal(0, 9, REFERENCE.shape), 0, 255).astype(np.uint8)


def luma_255(image, rounded):
    y = 16 + image.astype(float) @ [65.481, 128.553, 24.966] / 255
    return (np.floor(y + 0.5) if rounded else y)[..., None]


def psnr_255(a, b):
    return 20 * np.log10(255 / np.sqrt(((a - b) ** 2).mean()))


def ssim_255(a, b):
    """The authors' formula with a Gaussian of 11 and 1.5, windows inside, a peak of 255."""
    taps = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)

    def blur(x):
        return correlate1d(correlate1d(x, taps / taps.sum(), axis=0), taps / taps.sum(), axis=1)[5:-5, 5:-5]

    x, y, c1, c2 = blur(a), blur(b), (0.01 * 255) ** 2, (0.03 * 255) ** 2
    xx, yy, xy = blur(a * a) - x * x, blur(b * b) - y * y, blur(a * b) - x * y
    return ((2 * x * y + c1) * (2 * xy + c2) / ((x * x + y * y + c1) * (xx + yy + c2))).mean()


@pytest.mark.parametrize(
    ("name", "planes", "border"),
    [
        ("basicsr-y", lambda image: luma_255(image, False), 0),
        ("basicsr-y4", lambda image: luma_255(image, False), 4),
        ("basicsr-rgb2", lambda image: image.astype(float), 2),
        ("matlab-y3", lambda image: luma_255(image, True), 3),
    ],
)
def test_psnr_and_ssim_are_those_of_the_published_code(name, planes, border):
    a, b = (
        planes(image)[border : len(image) - border, border : image.shape[1] - border] for image in (REFERENCE, WORSE)
    )
    assert load("psnr", protocol=name).score(REFERENCE, WORSE) == pytest.approx(psnr_255(a, b), abs=1e-4)
    assert load("ssim", protocol=name).score(REFERENCE, WORSE) == pytest.approx(ssim_255(a, b), abs=2e-6)


def test_skimage_is_scikit_image_with_its_defaults():
    ssim = structural_similarity(REFERENCE, WORSE, channel_axis=-1)
    assert load("ssim", protocol="skimage").score(REFERENCE, WORSE) == pytest.approx(ssim, abs=1e-6)
    psnr = peak_signal_noise_ratio(REFERENCE, WORSE)
    assert load("psnr", protocol="skimage").score(REFERENCE, WORSE) == pytest.approx(psnr, abs=1e-4)


def ssim_map(a, b, blur):
    x, y, c1, c2 = blur(a), blur(b), (0.01 * 255) ** 2, (0.03 * 255) ** 2
    xx, yy, xy = blur(a * a) - x * x, blur(b * b) - y * y, blur(a * b) - x * y
    return (2 * x * y + c1) * (2 * xy + c2) / ((x * x + y * y + c1) * (xx + yy + c2))


def gaussian(dimensions):
    squares = sum(axis**2 for axis in np.meshgrid(*[np.arange(-5.0, 6.0)] * dimensions))
    return np.exp(-squares / 4.5) / np.exp(-squares / 4.5).sum()


def test_matlab_is_its_toolbox_which_takes_colour_for_a_third_dimension():
    a, b = REFERENCE.astype(float), WORSE.astype(float)
    volume = ssim_map(a, b, lambda x: correlate(x, gaussian(3), mode="nearest")).mean()
    assert load("ssim", protocol="matlab").score(REFERENCE, WORSE) == pytest.approx(volume, abs=2e-6)
    assert load("psnr", protocol="matlab").score(REFERENCE, WORSE) == pytest.approx(psnr_255(a, b), abs=1e-4)


def test_of_grey_images_matlab_is_its_toolbox_too():
    grey, worse = (np.repeat(image[..., :1], 3, axis=2) for image in (REFERENCE, WORSE))
    a, b = grey[..., 0].astype(float), worse[..., 0].astype(float)
    flat = ssim_map(a, b, lambda x: correlate(x, gaussian(2), mode="nearest")).mean()
    assert load("ssim", protocol="matlab").score(grey, worse) == pytest.approx(flat, abs=2e-6)


def test_matlab_toolbox_y_is_that_toolbox_given_rounded_luma():
    a, b = (luma_255(image, True)[3:-3, 3:-3, 0] for image in (REFERENCE, WORSE))
    ssim = ssim_map(a, b, lambda x: correlate(x, gaussian(2), mode="nearest")).mean()
    assert load("ssim", protocol="matlab-toolbox-y3").score(REFERENCE, WORSE) == pytest.approx(ssim, abs=2e-6)


@pytest.mark.parametrize(("height", "width", "factor"), [(300, 320, 1), (390, 401, 2), (640, 700, 3), (897, 899, 4)])
def test_wang_ssim_scales_down_as_the_authors_code_does(height, width, factor):
    draw = np.random.default_rng(height)
    reference = np.clip(draw.normal(128, 60, (height, width, 3)), 0, 255).astype(np.uint8)
    worse = np.clip(reference + draw.normal(0, 30, reference.shape), 0, 255).astype(np.uint8)
    box = np.full((factor, factor), factor**-2.0)
    # SciPy centres an even box one pixel later than MATLAB does; half-sample mirrors are its "reflect".
    filtered = [
        correlate(image @ [0.299, 0.587, 0.114], box, mode="reflect", origin=-1 if factor % 2 == 0 else 0)
        for image in (reference, worse)
    ]
    a, b = (plane[::factor, ::factor] for plane in filtered)
    ssim = ssim_map(a, b, lambda x: correlate(x, gaussian(2), mode="nearest"))[5:-5, 5:-5].mean()
    assert load("ssim", protocol="wang-ssim").score(reference, worse) == pytest.approx(ssim, abs=2e-6)


@pytest.mark.parametrize("protocol", ["matlab", "wang-ssim"])
def test_a_mask_of_the_whole_image_changes_nothing_under_a_protocol(protocol):
    reference, worse = (np.tile(image, (4, 4, 1)) for image in (REFERENCE, WORSE))
    ssim, everywhere = load("ssim", protocol=protocol), np.ones(reference.shape[:2], bool)
    assert ssim.score(reference, worse, mask=everywhere) == pytest.approx(ssim.score(reference, worse), abs=1e-12)


def test_a_protocol_writes_all_its_rules_into_every_row():
    wanted = {"protocol": "basicsr-y4", "luma": "bt601", "crop_border": 4, "ssim_windows": "gaussian"}
    assert constants([find_model("psnr")], None, None, "basicsr-y4") == wanted


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"protocol": "basicsr-y4"}, "--protocol basicsr-y4"),
        ({"luma": "bt601"}, "--luma bt601"),
        ({"crop_border": 4}, "--crop-border 4"),
    ],
)
def test_rules_of_classical_models_are_refused_where_none_is_scored(rules, told):
    options = EngineOptions(**rules)
    with pytest.raises(UsageError, match=f"{told}: says how psnr, ssim, ms-ssim are taken; no model of this run is"):
        options.for_models([find_model("iqt"), find_model("gmsd")])
    assert options.for_models([find_model("iqt"), find_model("psnr")]) is options


def test_rules_that_say_what_is_done_anyway_are_no_mistake():
    EngineOptions(luma="rgb", crop_border=0).for_models([find_model("iqt")])


@pytest.mark.parametrize("protocol", ["skimage", "matlab", "wang-ssim"])
def test_ms_ssim_is_refused_under_a_protocol_whose_windows_it_does_not_take(protocol):
    with pytest.raises(UsageError, match=f"ms-ssim: its windows are gaussian.*--protocol {protocol} says"):
        constants([find_model("psnr"), find_model("ms-ssim")], None, None, protocol)
    with pytest.raises(UsageError, match="ms-ssim: its windows"):
        load("ms-ssim", protocol=protocol)
    assert constants([find_model("ms-ssim")], None, None, "basicsr-y4")["ssim_windows"] == "gaussian"


def test_what_is_told_of_ssim_is_the_protocol_s_where_there_is_one():
    told = open_session([find_model("ssim")], EngineOptions(protocol="wang-ssim")).meta["models"]["ssim"]
    assert told["ssim_windows"] == "gaussian-downsample" and "scales down" in told["variant"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"protocol": "basicsr"}, "choose basicsr-yN"),
        ({"protocol": "skimage4"}, "choose"),
        ({"protocol": "basicsr-y4", "luma": "full"}, "--luma full: --protocol basicsr-y4 says bt601"),
        ({"protocol": "basicsr-y4", "crop_border": 2}, "--crop-border 2: --protocol basicsr-y4 says 4"),
        ({"protocol": "basicsr-y4", "luma": "rgb"}, "--luma rgb: --protocol basicsr-y4 says bt601"),
        ({"protocol": "basicsr-y4", "crop_border": 0}, "--crop-border 0: --protocol basicsr-y4 says 4"),
    ],
)
def test_what_contradicts_a_protocol_is_refused_by_name(options, told):
    with pytest.raises(UsageError, match=told):
        EngineOptions(**options)


def test_what_a_protocol_says_may_be_said_twice():
    assert EngineOptions(protocol="basicsr-y4", luma="bt601", crop_border=4).measured["luma"] == "bt601"
    assert find_protocol("matlab-y3").border == 3

"""A box is a cut, and a mask weighs: pixels, windows, or crops by their share."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fakes import CROPPED, Difference, executor
from imagery import blurred
from PIL import Image
from scipy.ndimage import binary_erosion
from skimage.metrics import structural_similarity

from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.stream import run
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.executing.pieces import Sample, places
from iqa_cli.ground.box import Box
from iqa_cli.options.crops import CropRule
from iqa_cli.records import Job

SHAPE = 400, 432
WEIGHED = replace(CROPPED, masks=True)


@pytest.fixture(scope="module")
def pair(photo):
    reference = photo(*SHAPE)
    return reference, blurred(reference)


def disc(height, width, radius):
    y, x = np.ogrid[:height, :width]
    return (y - height // 2) ** 2 + (x - width // 2) ** 2 < radius**2


@pytest.mark.parametrize("name", ["psnr", "ssim", "ms-ssim"])
def test_what_a_mask_leaves_out_has_no_part_in_a_classical_score(name, untrained, pair):
    reference, worse = pair
    mask = disc(*SHAPE, 190)
    ruined = np.where(mask[..., None], worse, 255 - worse)
    score = untrained(name).score(reference, worse, mask=mask)
    assert untrained(name).score(reference, ruined, mask=mask) == score
    assert 0 < score != untrained(name).score(reference, worse)


@pytest.mark.parametrize("soft", [False, True])
def test_psnr_is_that_of_the_weighed_squared_error(soft, untrained, pair):
    mask = disc(*SHAPE, 100).astype(float)
    if soft:
        mask *= np.random.default_rng(0).uniform(0.1, 1, SHAPE)
    first, second = (image / 255 for image in pair)
    error = np.average(((first - second) ** 2).mean(axis=2), weights=mask)
    assert untrained("psnr").score(*pair, mask=mask) == pytest.approx(-10 * np.log10(error), abs=1e-5)


def test_ssim_is_the_mean_of_the_map_of_scikit_image_over_windows_inside_the_mask(untrained, pair):
    mask = disc(*SHAPE, 100)
    _, ssim = structural_similarity(
        *(image / 255 for image in pair),
        data_range=1,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    inside = binary_erosion(mask, np.ones((11, 11)))
    assert untrained("ssim").score(*pair, mask=mask) == pytest.approx(ssim[inside].mean(), abs=1e-6)


def test_a_mask_of_zeros_and_ones_is_one_of_black_and_white(untrained, pair):
    mask = disc(*SHAPE, 90).astype(np.uint8)
    scores = {untrained("ssim").score(*pair, mask=mask * brightest) for brightest in (1, 255)}
    scores.add(untrained("ssim").score(*pair, mask=torch.from_numpy(mask).bool()))
    assert len(scores) == 1


def test_crops_lie_where_the_mask_is_and_count_by_their_share():
    mask = np.zeros((100, 200), np.float32)
    mask[10:50, 100:180] = 1
    mask[10:50, 164:180] = 0.5
    sample = Sample(np.zeros((100, 200, 3), np.float32), mask=mask)
    found = dict(places(sample, 32, CropRule(6)))
    assert all(10 <= top <= 18 and 100 <= left <= 148 for top, left in found)
    assert found[10, 100] == 1 and found[10, 148] == 0.75


def test_the_score_of_crops_is_their_mean_weighed_by_their_shares():
    image = np.zeros((32, 96, 3), np.float32)
    image[:, 64:] = 0.5
    mask = np.ones((32, 96), np.float32)
    mask[:, 64:] = 0.25
    sample = Sample(image, np.zeros_like(image), mask=mask)
    (score,) = executor(Difference(), WEIGHED, rule=CropRule(3)).score([sample])
    assert score.value == pytest.approx((1 + 1 + 0.25 * 0.5) / 2.25, abs=1e-6)
    assert score.details["crops"] == 3 and score.details["mask_share"] == 0.75


def test_a_mask_smaller_than_a_crop_is_seen_in_its_middle():
    mask = np.zeros((100, 100), np.float32)
    mask[48:52, 90:92] = 1
    sample = Sample(np.zeros((100, 100, 3), np.float32), mask=mask)
    ((window, share),) = places(sample, 32, CropRule(20))
    assert window == (34, 68) and share == pytest.approx(8 / 32**2)


def test_a_ring_that_no_crop_meets_is_told_with_the_remedy():
    ring = disc(300, 300, 150) & ~disc(300, 300, 140)
    sample = Sample(np.zeros((300, 300, 3), np.float32), mask=ring.astype(np.float32))
    with pytest.raises(ImageError, match="none of 1 crops meets the mask: --crops all"):
        places(sample, 32, CropRule(1))
    assert places(sample, 32, CropRule(None))


def test_masked_and_whole_images_share_a_batch_and_keep_their_scores(untrained, pair):
    scorer = untrained("psnr")
    whole = Sample(pair[1] / np.float32(255), pair[0] / np.float32(255))
    masks = [disc(*SHAPE, radius).astype(np.float32) for radius in (50, 100)]
    samples = [whole, *(Sample(whole.image, whole.reference, mask=mask) for mask in masks), whole]
    scores = [score.value for score in scorer._executor.score(samples)]
    alone = [scorer.score(*pair), *(scorer.score(*pair, mask=mask) for mask in masks), scorer.score(*pair)]
    assert scores == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize(("name", "holds"), [("ssim", "11x11 px"), ("ms-ssim", "five scales")])
def test_a_mask_that_holds_no_window_is_told_with_what_the_model_needs(name, holds, untrained, pair):
    with pytest.raises(ImageError, match=f"too small or too thin: .*{holds}"):
        untrained(name).score(*pair, mask=disc(*SHAPE, 5))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mask": np.ones((9, 9))}, "mask is 9x9 but the image is 432x400"),
        ({"mask": np.zeros(SHAPE)}, "no pixel counts"),
        ({"mask": -np.ones(SHAPE)}, "from 0"),
        ({"mask": np.ones((*SHAPE, 3))}, "is no mask"),
        ({"box": (400, 0, 33, 10)}, "box 400,0,33,10 is not wholly inside its 432x400 px"),
    ],
)
def test_masks_and_boxes_that_do_not_fit_are_told(options, told, untrained, pair):
    with pytest.raises(ImageError, match=told):
        untrained("psnr").score(*pair, **options)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,0,4", "-1,2,3,4", "1.5,2,3,4", "a"])
def test_a_box_is_four_whole_numbers(text):
    with pytest.raises(UsageError, match="x,y,w,h"):
        Box.parse(text)


@pytest.mark.parametrize("text", ["1,2,3,4", " 1, 2 ,3,4", "1 2 3 4", "[1, 2, 3, 4]", "1;2;3;4"])
def test_a_box_is_read_as_people_write_it(text):
    assert Box.parse(text) == (1, 2, 3, 4)
    assert str(Box.parse(text)) == "1,2,3,4"


def picture(saved, pixels, name="mask.png"):
    return saved(name, pixels)


def scored(jobs, **options):
    return list(run(jobs, [executor(spec=WEIGHED)], DecodeOptions(**options), False))


def test_masks_of_files_weigh_and_a_bad_one_costs_its_own_row(saved, tmp_path):
    black, grey = np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 51, np.uint8)
    reference, image = saved("black.png", black), saved("grey.png", grey)
    masks = {
        "good": np.full((40, 40), 255, np.uint8),
        "small": np.full((30, 40), 255, np.uint8),
        "empty": np.zeros((40, 40), np.uint8),
        "red": np.stack([np.full((40, 40), 255, np.uint8), *2 * [np.zeros((40, 40), np.uint8)]], axis=2),
        "clear": np.full((40, 40, 4), 100, np.uint8),
    }
    jobs = [Job(image, reference, mask=saved(f"{name}.png", pixels)) for name, pixels in masks.items()]
    jobs.append(Job(image, reference, mask=str(tmp_path / "gone.png")))
    good, *bad = scored(jobs)
    assert good.scores["fake"].value == pytest.approx(0.8)
    assert good.notes == ("mask: 100.0 % of the image counts",)
    told = ["small.png is 40x30 but", "empty.png: no pixel counts", "red.png: has colours", "clear.png: is transp"]
    for record, words in zip(bad, [*told, "gone.png: cannot be read: no such file"], strict=True):
        assert words in record.error


def test_a_mask_is_turned_as_an_image_is(tmp_path, saved):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter clockwise
    mask = np.zeros((40, 60), np.uint8)
    mask[:, :20] = 255  # which is the top once it is upright
    Image.fromarray(mask).save(tmp_path / "mask.png", exif=exif)
    pixels = np.zeros((60, 40, 3), np.uint8)
    pixels[20:] = 255
    job = Job(saved("image.png", pixels), saved("black.png", np.zeros((60, 40, 3), np.uint8)))
    plain, masked = scored([job, replace(job, mask=str(tmp_path / "mask.png"))])
    assert plain.scores["fake"].value < 0.7
    assert masked.scores["fake"].value == pytest.approx(1 - 12 / 32)  # of a crop around the 20 rows


def test_under_crop_a_mask_of_the_reference_is_cut_with_it(saved):
    reference = saved("reference.png", np.zeros((48, 40, 3), np.uint8))
    image = saved("image.png", np.zeros((40, 40, 3), np.uint8))
    mask = saved("mask.png", np.full((48, 40), 255, np.uint8))
    (record,) = scored([Job(image, reference, mask=mask)], on_size_mismatch="crop")
    assert record.scores["fake"].value == 1
    (record,) = scored([Job(image, reference, box=Box(0, 4, 40, 36))], on_size_mismatch="crop")
    assert record.scores["fake"].value == 1


def test_a_mask_of_which_nothing_is_left_costs_its_row_alone(saved):
    images = saved("image.png", np.zeros((40, 40, 3), np.uint8)), saved("black.png", np.zeros((48, 40, 3), np.uint8))
    corner = np.zeros((48, 40), np.uint8)
    corner[40:, :8] = 255
    job = Job(*images, mask=saved("mask.png", corner))
    (cut,) = scored([job], on_size_mismatch="crop")
    boxed, good = scored([replace(job, image=images[1], box=Box(8, 0, 32, 48)), replace(job, image=images[1])])
    assert cut.error.endswith("mask.png is left in what both images have: white is what counts")
    assert boxed.error.endswith("mask.png is left in box 8,0,32,48: white is what counts")
    assert good.scores["fake"].value == 1


def test_of_a_mask_outside_the_box_every_model_says_the_same(untrained, pair):
    mask = np.zeros(SHAPE)
    mask[:20, :20] = 1
    for name in ("psnr", "iqt-lite"):
        with pytest.raises(ImageError, match=r"nothing of mask is left in box 60,60,330,330"):
            untrained(name).score(*pair, mask=mask, box=(60, 60, 330, 330))


def test_a_reference_is_encoded_for_each_box_and_once_for_all_masks(saved):
    reference, image = (
        saved("a.png", np.zeros((40, 40, 3), np.uint8)),
        saved("b.png", np.full((40, 40, 3), 51, np.uint8)),
    )
    model = executor(spec=WEIGHED)
    masks = [saved(f"mask{i}.png", np.full((40, 40), 255, np.uint8)) for i in range(3)]
    jobs = [Job(image, reference, mask=mask) for mask in masks] + [Job(image, reference, box=Box(0, 0, 32, 33))]
    records = list(run(jobs, [model], DecodeOptions(), False))
    assert [record.scores["fake"].value for record in records] == pytest.approx([0.8] * 4)

"""What all distortions have in common: form and range, the scale from 1 to 8, the human scores that go with it."""

import csv
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from iqa_cli.__main__ import main
from iqa_cli.distortions import DISTORTIONS, Distortion, distort, expected_score, expected_std, parameter_at
from iqa_cli.errors import UsageError

LEVELS = (1, 2, 3, 4, 5)
RANDOM = {3, 5, 11, 12, 13, 14, 15, 19, 20, 23}
PER_AREA = {20, 23}
MONOTONE = sorted(type for type, distortion in DISTORTIONS.items() if distortion.monotone)

every_type = pytest.mark.parametrize("type", sorted(DISTORTIONS))


def seeded(seed=0):
    return np.random.default_rng(seed)


def flat(value, height=160, width=192):
    return np.full((height, width, 3), value, np.float32)


@pytest.fixture(scope="module")
def photos():
    pictures = (skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee())
    return [np.float32(picture[60:252, 100:292] / 255) for picture in pictures]


@pytest.fixture(scope="module")
def photo(photos):
    return photos[0]


# --- what all types have in common ---------------------------------------------------------------


def test_there_are_25_types_numbered_as_in_kadid10k():
    assert list(DISTORTIONS) == list(range(1, 26))
    assert all(distortion.type == type for type, distortion in DISTORTIONS.items())
    assert len({distortion.name for distortion in DISTORTIONS.values()}) == 25


@every_type
@pytest.mark.parametrize("size", [(64, 64), (97, 65), (31, 129), (9, 7)])
def test_the_result_has_the_form_and_range_of_the_image(photo, type, size):
    image = photo[: size[0], : size[1]]
    before = image.copy()
    for level in (1, 2.6, 5):
        distorted = distort(image, type, level, seeded())
        assert distorted.shape == image.shape
        assert distorted.dtype == np.float32
        assert distorted.min() >= 0 and distorted.max() <= 1
    assert np.array_equal(image, before)


@every_type
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_images_stay_finite(type, value):
    assert np.isfinite(distort(flat(value, 64, 64), type, 3.3, seeded())).all()


@every_type
def test_the_same_seed_gives_the_same_result_and_only_random_types_heed_it(photo, type):
    first, again, other = (distort(photo, type, 4.4, seeded(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (type not in RANDOM)


@pytest.mark.parametrize("type", MONOTONE)
def test_a_higher_level_is_farther_from_the_original(photos, type):
    if type in PER_AREA:  # a crop has room for too few to tell the levels apart
        photos = [np.tile(photo, (2, 2, 1)) for photo in photos]

    def error(level):
        return np.mean([np.square(distort(p, type, level, seeded(s)) - p).mean() for p in photos for s in range(6)])

    errors = [error(level) for level in LEVELS]
    assert np.all(np.diff(errors) > 0), errors


@pytest.mark.parametrize(("type", "mildest"), [(18, 3), (25, 3.5)])
def test_mean_shift_and_contrast_change_leave_the_image_alone_in_the_middle(photo, type, mildest):
    assert np.abs(distort(photo, type, mildest, seeded()) - photo).max() < 1e-6
    assert expected_score(type, mildest) == pytest.approx(4.60, abs=0.01)
    errors = [np.square(distort(photo, type, level, seeded()) - photo).mean() for level in LEVELS]
    assert errors[0] > errors[1] > errors[2]
    assert errors[4] > errors[3] > 0


# --- the scale -----------------------------------------------------------------------------------


@every_type
def test_whole_levels_have_the_published_parameter_and_cell(type):
    distortion = DISTORTIONS[type]
    assert [parameter_at(type, level) for level in LEVELS] == list(distortion.parameters)
    assert [expected_score(type, level) for level in LEVELS] == list(distortion.means)
    assert [expected_std(type, level) for level in LEVELS] == list(distortion.stds)


@every_type
def test_between_whole_levels_parameter_and_score_lie_between_their_neighbours(type):
    distortion = DISTORTIONS[type]
    for level in (1.25, 2.5, 3.75, 4.9):
        below, above = int(level) - 1, int(level)
        low, high = sorted(distortion.parameters[below : above + 1])
        assert low < parameter_at(type, level) < high
        if distortion.unchanged_at is None or not below < distortion.unchanged_at - 1 < above:
            low, high = sorted(distortion.means[below : above + 1])
            assert low <= expected_score(type, level) <= high


def test_positive_parameters_are_spaced_geometrically_and_others_evenly():
    assert parameter_at(1, 4.5) == pytest.approx(np.sqrt(2 * 5))
    assert parameter_at(18, 1.5) == pytest.approx((0.15 + 0.08) / 2)
    assert parameter_at(7, 4.5) == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("type", "level", "mean", "std"),
    [(1, 5, 1.3027, 0.1385), (9, 4, 2.4448, 0.6798), (18, 3, 4.6030, 0.1355), (25, 1, 3.4194, 0.3420)],
)
def test_cells_of_the_study_come_back(type, level, mean, std):
    assert (expected_score(type, level), expected_std(type, level)) == (mean, std)


@pytest.mark.parametrize("level", [0.9, 8.1, float("nan"), float("inf")])
def test_a_level_outside_1_to_8_is_refused(level):
    with pytest.raises(UsageError, match="from 1 to 8"):
        parameter_at(1, level)


@pytest.mark.parametrize("type", [0, 26, -1])
def test_an_unknown_type_is_refused(type):
    with pytest.raises(UsageError, match="1 to 25"):
        expected_score(type, 3)


@pytest.mark.parametrize(
    "image", [np.zeros((8, 8), np.float32), np.zeros((8, 8, 4), np.float32), np.zeros((8, 8, 3), np.uint8)]
)
def test_an_image_that_is_not_float_rgb_is_refused(image):
    with pytest.raises(UsageError, match="H x W x 3"):
        distort(image, 1, 3, seeded())


# --- beyond level 5 ------------------------------------------------------------------------------


@every_type
def test_beyond_level_5_images_are_finite_and_scores_those_of_level_5(photo, type):
    for level in (5.5, 7, 8):
        distorted = distort(photo[:64, :80], type, level, seeded())
        assert distorted.shape == (64, 80, 3)
        assert distorted.min() >= 0 and distorted.max() <= 1
        assert (expected_score(type, level), expected_std(type, level)) == (
            expected_score(type, 5),
            expected_std(type, 5),
        )


@pytest.mark.parametrize("type", sorted(set(DISTORTIONS) - PER_AREA))
def test_beyond_level_5_an_image_is_farther_from_the_original(photos, type):
    def error(level):
        return np.mean([np.square(distort(p, type, level, seeded(s)) - p).mean() for p in photos for s in range(3)])

    assert error(5) < error(6) < error(6.8)
    assert error(8) >= error(6.8)  # JPEG has no quality below 1


def test_parameters_beyond_level_5_repeat_the_last_step_or_where_they_fall_the_last_ratio():
    assert parameter_at(1, 7) == 2 * 3 + 5  # sigma 2 at level 4, 5 at level 5
    assert parameter_at(10, 6) == pytest.approx(4 * 4 / 7)  # quality 7, then 4
    assert parameter_at(10, 8) == 1  # the lowest there is
    assert parameter_at(18, 6) == pytest.approx(-0.22)
    assert parameter_at(22, 8) >= 2


# --- one more ------------------------------------------------------------------------------------


def test_a_distortion_of_ones_own_is_an_entry_that_the_command_line_knows(monkeypatch, tmp_path, capsys, photo):
    def mirror_some_rows(image, share, rng):
        mirrored = image.copy()
        rows = rng.random(len(image)) < share
        mirrored[rows] = mirrored[rows, ::-1]
        return mirrored

    parameters, means, stds = (0.1, 0.2, 0.4, 0.6, 0.9), (4.5, 4, 3, 2, 1), (0.1, 0.2, 0.3, 0.2, 0.1)
    toy = Distortion(26, "mirrored rows", mirror_some_rows, parameters, means, stds)
    monkeypatch.setitem(DISTORTIONS, toy.type, toy)
    assert not np.array_equal(distort(photo, 26, 5, seeded()), photo)
    Image.fromarray(np.uint8(photo * 255)).save(tmp_path / "cat.png")
    arguments = ("--types", "mirrored-rows", "--levels", "2,2.5", "--jobs", "1", "--out", str(tmp_path / "set"))
    with pytest.raises(SystemExit) as leaving:
        main(["distort", str(tmp_path / "cat.png"), *arguments])
    assert not leaving.value.code, capsys.readouterr().err
    with Path(tmp_path, "set", "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["type"], row["level"], row["mos"]) for row in rows] == [
        ("mirrored rows", "2", "4.0000"),
        ("mirrored rows", "2.5", "3.5000"),
    ]

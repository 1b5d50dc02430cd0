"""What a score tells in Python, and scores of several images at once."""

import json
import math
import pickle

import numpy as np
import pytest
from imagery import blurred, png
from PIL import Image

import iqa_cli
from iqa_cli.errors import ImageError, UsageError


def test_a_score_is_a_float_that_tells_what_json_tells(untrained, photo):
    pair = photo(200, 300), blurred(photo(200, 300))
    score = untrained("iqt-c").score(*pair)
    assert isinstance(score, float) and score.status == "ok" and score.error is None
    assert score.crops == 2 and score.details["crop_min"] <= score <= score.details["crop_max"]
    assert score.label in ("very annoying", "annoying", "slightly annoying", "perceptible but not annoying",
                           "imperceptible")  # fmt: skip
    assert score.probabilities is None and score.percentile is None
    assert type(score + 1) is float and f"{score:.2f}" == f"{float(score):.2f}" and repr(score) == repr(float(score))
    assert json.loads(json.dumps([score])) == [score] and np.asarray([score]).dtype == np.float64


def test_a_model_without_reference_gives_probabilities_of_the_five_levels(untrained, photo):
    score = untrained("triq").score(photo(64, 64))
    assert sum(score.probabilities) == pytest.approx(1, abs=1e-5)
    levels = sum(level * share for level, share in enumerate(score.probabilities, 1))
    assert levels == pytest.approx(score, abs=1e-5) and score.crops is None


def test_a_score_survives_a_pickle_with_what_it_tells(untrained, photo):
    score = untrained("triq").score(photo(64, 64))
    copy = pickle.loads(pickle.dumps(score))
    assert copy == score and copy.details == score.details and copy.status == "ok"


def test_equal_images_have_an_infinite_psnr_that_says_so(untrained, photo):
    score = untrained("psnr").score(photo(20, 20), photo(20, 20))
    assert score == math.inf and score.status == "infinite"


def test_lists_and_generators_give_a_score_each(untrained, photo, saved):
    scorer, paths = untrained("psnr"), [saved(f"{number}.png", photo(40, 40, number)) for number in range(3)]
    worse = [blurred(photo(40, 40, number)) for number in range(3)]
    expected = [scorer.score(*pair) for pair in zip(paths, worse, strict=True)]
    assert scorer.score(paths, worse) == expected
    assert scorer.score((path for path in paths), iter(worse)) == expected
    assert scorer.score(paths[0], [worse[0], worse[1]]) == [expected[0], scorer.score(paths[0], worse[1])]
    assert untrained("triq").score(tuple(paths)) == [untrained("triq").score(path) for path in paths]
    assert scorer.score([], []) == []


def test_one_of_several_that_cannot_be_scored_costs_its_own_place(untrained, photo, tmp_path):
    (tmp_path / "a.png").write_bytes(png(photo(40, 40)))
    scores = untrained("triq").score([tmp_path / "a.png", tmp_path / "none.png", photo(8, 8)])
    assert [score.status for score in scores] == ["ok", "error", "error"]
    assert math.isnan(scores[1]) and "none.png" in scores[1].error and "8x8 px is too small" in scores[2].error
    with pytest.raises(ImageError, match=r"none\.png"):
        untrained("triq").score(tmp_path / "none.png")


@pytest.mark.parametrize(("references", "distorted"), [(2, 3), (3, 2), (2, None)])
def test_references_that_do_not_pair_are_refused(untrained, photo, references, distorted):
    images = [photo(20, 20)] * 3
    with pytest.raises(UsageError, match="as many of one as of the other"):
        untrained("psnr").score(images[:references], images[:distorted] if distorted else images[0])


def test_errors_of_single_images_name_keywords_that_load_takes(photo, saved):
    path = saved("a.png", photo(40, 40))
    with pytest.raises(ImageError, match=r"raise it with max_pixels=1600"):
        iqa_cli.load("psnr", max_pixels=100, device="cpu").score(path, path)
    with pytest.raises(ImageError, match="choose on_size_mismatch='crop' or 'resize'"):
        iqa_cli.load("psnr", device="cpu").score(path, photo(39, 40))
    cut = iqa_cli.load("psnr", on_size_mismatch="crop", device="cpu")
    assert cut.score(path, photo(40, 40)[:, :38]) == math.inf
    (score,) = iqa_cli.load("psnr", max_pixels=100, device="cpu").score([path], [photo(40, 40)])
    assert "max_pixels=1600" in score.error


def test_a_pillow_image_and_a_file_are_the_same(untrained, photo, saved):
    path = saved("a.png", photo(40, 40))
    assert untrained("psnr").score([path], [Image.open(path)]) == [math.inf]

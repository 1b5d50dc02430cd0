"""`--view-size`: what is scored, what the row says, and what the run tells."""

import numpy as np
import pytest
from fakes import executor
from PIL import Image

import iqa_cli
from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.session import open_session
from iqa_cli.engine.stream import run
from iqa_cli.errors import UsageError
from iqa_cli.gate.alike import check_alike, model_facts
from iqa_cli.images.viewing import shown
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import Job
from iqa_cli.registry import find_model


@pytest.fixture
def pair(photo, saved):
    """A reference and a worse copy, 90 x 60 px: files and pixels."""
    reference = photo(60, 90)
    worse = np.clip(reference.astype(int) + 20, 0, 255).astype(np.uint8)
    return [saved(f"{name}.png", pixels) for name, pixels in (("good", reference), ("worse", worse))], reference, worse


def test_both_images_of_a_pair_are_averaged_down_and_the_row_says_so(pair):
    (reference, distorted), good, worse = pair
    (record,) = run([Job(distorted, reference)], [executor()], DecodeOptions(view_size=45), streaming=False)
    expected = 1 - np.abs(shown(good, 45) - shown(worse, 45)).mean()
    assert record.scores["fake"].value == pytest.approx(expected, abs=1e-5)
    assert record.notes == ("shown at 45x30 px, area-averaged from 90x60",)


def test_smaller_pictures_stay_as_they_are_and_no_row_speaks_of_it(pair):
    (reference, distorted), _, _ = pair
    records = [
        next(iter(run([Job(distorted, reference)], [executor()], DecodeOptions(view_size=size), streaming=False)))
        for size in (None, 90, 2000)
    ]
    assert records[0] == records[1] == records[2] and records[0].notes == ()


def test_a_box_is_cut_before_and_a_mask_shrinks_with_its_image(pair, saved):
    (reference, distorted), _, _ = pair
    found = iqa_cli.score(reference, distorted, models="psnr", box=(10, 10, 40, 20), view_size=20)
    assert found["notes"][0].startswith("shown at 20x10 px, area-averaged from 40x20")
    whole = saved("mask.png", np.full((60, 90), 255, np.uint8))
    masked, plain = (
        iqa_cli.score(reference, distorted, models="psnr", view_size=30, **mask)["psnr"][0]
        for mask in ({"mask": whole}, {})
    )
    assert masked == pytest.approx(plain, abs=1e-6)


def test_a_scorer_takes_it_too(pair):
    _, good, worse = pair
    small = [Image.fromarray(pixels) for pixels in (good, worse)]
    assert iqa_cli.load("psnr", view_size=30).score(*small) == pytest.approx(
        iqa_cli.load("psnr").score(shown(good, 30), shown(worse, 30)), abs=1e-9
    )


def test_the_facts_of_a_run_tell_it_and_runs_at_other_sizes_do_not_compare():
    facts = {
        size: open_session([find_model("psnr")], EngineOptions(view_size=size)).meta for size in (None, 1920, 1024)
    }
    assert facts[1920]["view_size"] == 1920 and "view_size" not in facts[None]
    before = {"psnr": model_facts(facts[1920]["models"]["psnr"])}
    check_alike("scores.json", before, facts[1920]["models"])
    for other in (None, 1024):
        with pytest.raises(UsageError, match="psnr was scored with view_size 1920"):
            check_alike("scores.json", before, facts[other]["models"])


def test_a_size_below_one_pixel_is_refused():
    with pytest.raises(UsageError, match="--view-size 0: give the pixels of the longer side"):
        EngineOptions(view_size=0)


def test_a_size_below_the_smallest_that_a_chosen_model_scores_is_refused_before_any_is_scored(pair):
    for refused in (
        lambda: iqa_cli.score(pair[0][0], models="triq-lite", view_size=31),
        lambda: iqa_cli.load("triq-lite", view_size=31),
    ):
        with pytest.raises(UsageError, match=r"31: triq-lite scores images of 32 px a side and more"):
            refused()
    EngineOptions(view_size=32).for_models([find_model("triq-lite")])
    with pytest.raises(UsageError, match="more"):
        EngineOptions(view_size=10).for_models([find_model("psnr"), find_model("ssim")])

"""Scores against thresholds, and what is said of those that miss them."""

import math

import pytest

from iqa_cli.errors import ExitCode
from iqa_cli.gate.numbers import short
from iqa_cli.gate.telling import failures as told
from iqa_cli.gate.verdict import Watch, with_thresholds
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange

PSNR = ModelInfo("psnr", ScoreRange(0, None))
LPIPS = ModelInfo("lpips", ScoreRange(0, 1, higher_is_better=False))


def row(image, error=None, **scores):
    return Record(Job(image), {name: _score(value) for name, value in scores.items()}, error)


def _score(value):
    return Score(None, "infinite") if value == math.inf else Score(value)


def verdict_of(*records, models=(PSNR,), kept=(), **thresholds):
    watch = Watch(with_thresholds(models, thresholds), kept)
    for record in records:
        watch.see(record)
    return watch.verdict()


def test_the_count_the_worst_images_and_the_threshold_are_told():
    verdict = verdict_of(row("x/a.png", psnr=31.0), row("x/b.png", psnr=26.04), psnr=30)
    assert list(told(verdict)) == ["1 of 2 below 30: b.png 26.0"]
    assert verdict.exit_code is ExitCode.BELOW_THRESHOLD


def test_the_worst_come_first_and_no_more_than_five_are_named():
    rows = [row(f"{number}.png", psnr=20.0 + number) for number in range(8)]
    (line,) = told(verdict_of(*reversed(rows), psnr=30))
    assert line == "8 of 8 below 30: 0.png 20.0, 1.png 21.0, 2.png 22.0, 3.png 23.0, 4.png 24.0 and 3 more"


def test_lower_is_better_turns_the_threshold_round():
    verdict = verdict_of(row("a", lpips=0.5), row("b", lpips=0.1), models=(LPIPS,), lpips=0.3)
    assert list(told(verdict)) == ["1 of 2 above 0.3: a 0.500"]


def test_of_several_thresholds_each_names_its_model():
    verdict = verdict_of(row("a", psnr=20.0, lpips=0.5), models=(PSNR, LPIPS), psnr=30, lpips=0.3)
    assert list(told(verdict)) == ["psnr: 1 of 1 below 30: a 20.0", "lpips: 1 of 1 above 0.3: a 0.500"]


def test_a_model_without_a_threshold_is_never_missed():
    verdict = verdict_of(row("a", psnr=20.0, lpips=0.5), models=(PSNR, LPIPS), lpips=0.9)
    assert not list(told(verdict)) and verdict.exit_code is ExitCode.OK


def test_a_score_on_the_threshold_reaches_it_and_equal_images_reach_any():
    assert verdict_of(row("a", psnr=30.0), row("b", psnr=math.inf), psnr=30).exit_code is ExitCode.OK


def test_failed_rows_go_before_thresholds_which_are_told_all_the_same():
    verdict = verdict_of(row("a", error="a: no image"), row("b", psnr=20.0), psnr=30)
    assert verdict.exit_code is ExitCode.SOME_FAILED
    assert list(told(verdict)) == ["1 of 1 below 30: b 20.0"]


def test_rows_kept_of_an_earlier_run_count():
    verdict = verdict_of(row("a", psnr=40.0), kept=[row("b", psnr=20.0)], psnr=30)
    assert list(told(verdict)) == ["1 of 2 below 30: b 20.0"]


def test_without_thresholds_only_failed_rows_are_remembered():
    verdict = verdict_of(row("a", psnr=40.0), row("b", error="b: no image"))
    assert [record.job.image for record in verdict.records] == ["b"]


@pytest.mark.parametrize(
    ("images", "names"),
    [
        (["x/1/a.png", "x/2/a.png"], ["1/a.png", "2/a.png"]),
        (["/x/a.png", "y/b.png"], ["/x/a.png", "y/b.png"]),
        (["./x/a.png"], ["./x/a.png"]),
    ],
)
def test_images_are_named_below_the_folder_that_all_share(images, names):
    (line,) = told(verdict_of(*(row(image, psnr=1.0) for image in images), psnr=2))
    assert line.partition(": ")[2] == ", ".join(f"{name} 1.00" for name in names)


@pytest.mark.parametrize(
    ("score", "against", "text"),
    [
        (26.04, None, "26.0"),
        (29.996, 30, "29.996"),
        (29.98, 29.99, "29.98"),
        (123.456, None, "123"),
        (0.0, 1, "0.00"),
        (-0.5, 0, "-0.500"),
        (math.inf, 3, "inf"),
        (30.0, 30, "30.0"),
        (0.1 + 0.2, 0.3, "0.30000000000000004"),
    ],
)
def test_a_score_is_short_but_never_on_the_wrong_side_of_its_threshold(score, against, text):
    assert short(score, against) == text

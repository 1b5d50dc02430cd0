"""A run against an earlier one: which images are the same, what was lost, and which runs compare at all."""

import json
import math

import pytest
from rows import write_file

from iqa_cli.errors import ExitCode, UsageError
from iqa_cli.gate.alike import check_alike, untold
from iqa_cli.gate.baseline import check_shared, read_baseline
from iqa_cli.gate.drops import Allowance
from iqa_cli.gate.telling import failures, means, remarks, shortfalls, tell
from iqa_cli.gate.verdict import Watch
from iqa_cli.output import Columns
from iqa_cli.records import Job, ModelInfo, Record, Score, ScoreRange
from iqa_cli.terminal import Terminal

PSNR, SSIM = ModelInfo("psnr", ScoreRange(0, None)), ModelInfo("ssim", ScoreRange(-1, 1))
LPIPS = ModelInfo("lpips", ScoreRange(0, 1, higher_is_better=False))


def row(image, reference="ref.png", error=None, **scores):
    told = {name: Score(None, "infinite") if value == math.inf else Score(value) for name, value in scores.items()}
    return Record(Job(image, reference), told, error)


@pytest.fixture
def earlier(tmp_path):
    """`earlier(*records)`: the baseline that an earlier run with these rows left."""

    def baseline(*records, models=("psnr",), suffix=".csv", **constants):
        path = tmp_path / f"old{suffix}"
        write_file(path, records, Columns(True, None, models, constants))
        return read_baseline(path, models)

    return baseline


def verdict_of(baseline, *records, models=(PSNR,), image=None, mean=None):
    watch = Watch(models, baseline=(baseline, Allowance(image or {}, mean or {})))
    for record in records:
        watch.see(record)
    return watch.verdict()


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_every_format_of_rows_is_a_baseline_infinite_scores_and_failed_rows_too(earlier, suffix):
    rows = row("a", psnr=30.5), row("b", psnr=math.inf), row("c", error="c: no image")
    baseline = earlier(*rows, suffix=suffix)
    assert baseline.scores == {"psnr": [30.5, math.inf, None]}
    assert [job.image for job in baseline.jobs] == ["a", "b", "c"]


def test_an_image_that_lost_more_than_is_allowed_is_told_then_and_now(earlier):
    baseline = earlier(row("x/a", psnr=30.0), row("x/b", psnr=30.0))
    verdict = verdict_of(baseline, row("x/a", psnr=29.9), row("x/b", psnr=29.0), image={"psnr": 0.1}, mean={"psnr": 9})
    assert verdict.exit_code is ExitCode.BELOW_THRESHOLD
    assert list(failures(verdict)) == [f"1 of 2 worse than in {baseline.path} by more than 0.1: b 30.0 → 29.0"]


def test_the_mean_may_be_allowed_less_than_an_image(earlier):
    baseline = earlier(row("a", psnr=30.0), row("b", psnr=40.0))
    now = row("a", psnr=29.8), row("b", psnr=39.8)
    assert verdict_of(baseline, *now, image={"psnr": 0.5}).exit_code is ExitCode.OK
    strict = verdict_of(baseline, *now, image={"psnr": 0.5}, mean={"psnr": 0.1})
    assert strict.exit_code is ExitCode.BELOW_THRESHOLD
    assert list(failures(strict)) == [f"mean worse than in {baseline.path} by 0.200, more than 0.1: 35.0 → 34.8"]
    assert list(means(strict)) == [f"psnr: mean 35.0 → 34.8 since {baseline.path} (2 images)"]


def test_without_an_allowance_only_what_rounding_makes_may_be_lost(earlier):
    baseline = earlier(row("a", psnr=30.0))
    assert verdict_of(baseline, row("a", psnr=29.9995)).exit_code is ExitCode.OK
    assert verdict_of(baseline, row("a", psnr=29.998)).exit_code is ExitCode.BELOW_THRESHOLD


def test_a_lower_score_of_a_model_whose_lower_scores_are_better_is_no_loss(earlier):
    baseline = earlier(row("a", lpips=0.3), row("b", lpips=0.3), models=("lpips",))
    verdict = verdict_of(baseline, row("a", lpips=0.1), row("b", lpips=0.31), models=(LPIPS,))
    assert [change.job.image for change in verdict.against.drops["lpips"]] == ["b"]


def test_equal_images_that_are_equal_no_more_lost_infinitely_much(earlier):
    baseline = earlier(row("a", psnr=math.inf), row("b", psnr=math.inf), row("c", psnr=40.0), row("d", psnr=20.0))
    now = row("a", psnr=math.inf), row("b", psnr=50.0), row("c", psnr=math.inf), row("d", psnr=20.0)
    verdict = verdict_of(baseline, *now, image={"psnr": 1000})
    assert [(change.job.image, change.loss) for change in verdict.against.drops["psnr"]] == [("b", math.inf)]
    mean = verdict.against.means["psnr"]
    assert (mean.before, mean.after, mean.images) == (20.0, 20.0, 1)


def test_images_new_or_gone_and_models_without_scores_are_told_and_fail_nothing(earlier):
    baseline = earlier(row("a", psnr=30.0), row("b", psnr=30.0))
    verdict = verdict_of(baseline, row("a", psnr=30.0, ssim=0.5), row("c", psnr=1.0, ssim=0.5), models=(PSNR, SSIM))
    assert verdict.exit_code is ExitCode.OK
    assert list(remarks(verdict)) == [
        f"1 image not in {baseline.path}: c",
        f"1 image only in {baseline.path}: b",
        f"{baseline.path} has no scores of ssim, which are not compared",
    ]


def test_an_image_that_fails_now_ends_with_1_and_is_not_called_gone(earlier):
    baseline = earlier(row("a", psnr=30.0))
    verdict = verdict_of(baseline, row("a", error="a: no image"))
    assert verdict.exit_code is ExitCode.SOME_FAILED and not verdict.against.gone


def test_a_baseline_of_other_images_is_refused(earlier):
    with pytest.raises(UsageError, match=r"none of these images \(z, ...\), but a, ..."):
        check_shared([Job("z")], earlier(row("a", psnr=1.0)))


@pytest.mark.parametrize("score", ["nan", "NaN", "-inf", ""])
def test_what_is_no_number_in_a_baseline_is_no_score_that_was_compared(tmp_path, score):
    (tmp_path / "old.csv").write_text(f"image,psnr\na,{score}\nb,30\n")
    verdict = verdict_of(read_baseline(tmp_path / "old.csv", ["psnr"]), row("a", psnr=1.0), row("b", psnr=30.0))
    assert list(shortfalls(verdict)) == [f"1 of 2 images compared with {tmp_path / 'old.csv'}"]
    assert [job.image for job in verdict.against.unscored] == ["a"]


def test_rows_say_themselves_with_which_luma_they_were_scored(earlier):
    baseline = earlier(row("a", psnr=1.0), luma="rgb", crop_border=0)
    check_alike(baseline.path, baseline.facts, {"psnr": {"luma": "rgb", "crop_border": 0}})
    with pytest.raises(UsageError, match="psnr was scored with luma rgb, this run has bt601"):
        check_alike(baseline.path, baseline.facts, {"psnr": {"luma": "bt601", "crop_border": 0}})


def test_a_protocol_with_other_windows_is_refused_where_one_of_both_runs_names_none(earlier):
    plain, uniform = ({"luma": "rgb", "crop_border": 0, **more} for more in ({}, {"ssim_windows": "uniform"}))
    baseline = earlier(row("a", ssim=0.9), models=("ssim",), **plain)
    check_alike(baseline.path, baseline.facts, {"ssim": plain})
    with pytest.raises(UsageError, match="ssim was scored with ssim_windows gaussian, this run has uniform"):
        check_alike(baseline.path, baseline.facts, {"ssim": uniform})
    baseline = earlier(row("a", ssim=0.9), models=("ssim",), **uniform)
    with pytest.raises(UsageError, match="ssim was scored with ssim_windows uniform, this run has gaussian"):
        check_alike(baseline.path, baseline.facts, {"ssim": plain})


@pytest.mark.parametrize("beside", [False, True])
def test_other_weights_and_other_crops_are_refused_where_the_file_or_one_beside_it_tells(tmp_path, beside):
    path, meta = tmp_path / "old.json", {"iqa": "1.0", "models": {"iqt": {"sha256": "ab" * 32, "crops": "20"}}}
    document = {"rows": [{"image": "a", "iqt": 3.0}]}
    if beside:
        path.with_name("old.json.run.json").write_text(json.dumps(meta))
    else:
        document = {"meta": meta, **document}
    path.write_text(json.dumps(document, indent=1))
    baseline = read_baseline(path, ["iqt"])
    check_alike(path, baseline.facts, {"iqt": {"sha256": "ab" * 32, "crops": "20", "paper": "other"}})
    for other in ({"sha256": "cd" * 32}, {"crops": "all"}):
        with pytest.raises(UsageError, match="these scores do not compare"):
            check_alike(path, baseline.facts, {"iqt": other})


NOW = {
    "iqt": {"sha256": "ab", "crops": "the fewest"},
    "triq": {"sha256": "cd"},
    "psnr": {"luma": "rgb", "crop_border": 0},
}


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"iqt": {}, "triq": {}, "psnr": {}}, "crops, weights and options iqt, triq scored"),
        ({"iqt": {"sha256": "ab"}}, "crops, weights and options iqt scored"),
        ({"triq": {"luma": "rgb"}}, "which weights and options triq scored"),
    ],
)
def test_a_baseline_that_does_not_tell_how_trained_models_scored_is_told_in_one_line(tmp_path, facts, says):
    told = untold(tmp_path / "old.csv", facts, NOW)
    assert says in told and "\n" not in told
    assert ("give --crops 20" in told) == ("iqt" in facts)
    assert "--crops" not in untold(tmp_path / "old.csv", facts, NOW, crops_by_default=False)


def test_a_baseline_that_tells_or_has_no_trained_model_is_no_reason_to_warn(tmp_path):
    assert untold(tmp_path / "old.csv", {"iqt": NOW["iqt"], "triq": NOW["triq"], "psnr": {}}, NOW) is None


def test_a_document_tells_for_itself_in_parquet_too(tmp_path):
    write_file(tmp_path / "old.parquet", [row("a", psnr=1.0)], Columns(True, None, ("psnr",)))
    assert read_baseline(tmp_path / "old.parquet", ["psnr"]).facts == {"psnr": {}}


# What is not compared


def test_how_many_images_are_compared_is_said_where_it_is_not_all_even_when_quiet(earlier, capsys):
    baseline = earlier(row("a", psnr=30.0), row("b", error="b: no image"), row("c", psnr=30.0))
    verdict = verdict_of(baseline, row("a", psnr=30.0), row("b", psnr=30.0), row("d", psnr=30.0))
    tell(verdict, Terminal(quiet=True))
    line = f"1 of 3 images compared with {baseline.path}, which has 1 more"
    assert capsys.readouterr().err == f"warning: {line}\n"
    assert f"1 image without a score in {baseline.path}: b" in list(remarks(verdict))
    assert not list(shortfalls(verdict_of(earlier(row("a", psnr=30.0)), row("a", psnr=30.0))))


def test_a_line_end_in_a_file_name_does_not_break_the_line_of_a_message(earlier):
    verdict = verdict_of(earlier(row("x/a", psnr=30.0)), row("x/a", psnr=20.0), row("x/n\n\x01", psnr=1.0))
    assert next(iter(remarks(verdict))).endswith(r": x/n\n\x01")
    verdict = verdict_of(earlier(row("n\n", psnr=30.0)), row("n\n", psnr=20.0))
    assert r": n\n 30.0 → 20.0" in next(iter(failures(verdict)))

"""Models by name: with commas, misspelt, and those of other toolkits."""

import pytest
from command_line import PAIR

from iqa_cli.command_options.parsing import models_chosen, names_listed
from iqa_cli.errors import UsageError
from iqa_cli.registry import SPECS, names
from iqa_cli.weights.ready import is_ready


def complaint(name):
    with pytest.raises(UsageError) as caught:
        models_chosen([name])
    return str(caught.value)


@pytest.mark.parametrize("typed", [["psnr,ssim"], ["psnr", "ssim"], ["psnr, ssim", "PSNR"]])
def test_models_are_parted_by_commas_or_named_one_by_one(typed):
    assert [spec.name for spec in models_chosen(typed)] == ["psnr", "ssim"]


def test_a_run_with_commas_has_a_column_a_model(iqa):
    done = iqa("score", *PAIR, "-m", "psnr,ssim", "--fail-below", "psnr=1")
    assert (done.code, list(done.rows[0])[2:4]) == (0, ["psnr", "ssim"])


@pytest.mark.parametrize("typed", ["psnr,", ",psnr", "psnr,,ssim", " "])
def test_nothing_between_two_commas_is_an_error(typed):
    with pytest.raises(UsageError, match="no name between two commas"):
        names_listed("--model", [typed])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("pnsr", "psnr"), ("msssim", "ms-ssim"), ("iqt_c", "iqt-c"), ("PSNR-Y", "psnr"), ("triqlite", "triq-lite")],
)
def test_a_slip_is_answered_with_the_name_that_was_meant(typed, meant):
    assert complaint(typed) == f"no model {typed!r}: did you mean {meant!r}?"


@pytest.mark.parametrize("typed", ["mean-opinion-of-my-aunt", "qsim", "---"])
def test_a_metric_that_is_not_here_is_answered_with_those_that_are_by_kind(typed):
    message = complaint(typed)
    assert "did you mean" not in message
    with_reference, without = message.split("; without: ")
    for spec in SPECS:
        assert spec.name in (with_reference if spec.full_reference else without)
    assert len(names()) == len(SPECS)


def test_the_word_of_a_group_stands_for_its_models_each_once():
    assert [spec.name for spec in models_chosen(["ssim,classical"])] == ["ssim", "psnr", "ms-ssim"]
    assert {spec.group for spec in models_chosen(["metrics"])} == {"metrics"}


def test_all_are_those_that_can_score_here(monkeypatch):
    monkeypatch.setenv("PATH", "")
    found = models_chosen(["all"])
    assert all(is_ready(spec) for spec in found)
    assert {"iqt-lite", "triq-lite", "psnr"} <= {spec.name for spec in found}
    assert not {"vit-iqa", "ssimulacra2"} & {spec.name for spec in found}


def test_a_group_without_models_is_an_error():
    assert complaint("plugins") == "no model is in the group 'plugins': see 'iqa models'"

"""`iqa eval` from end to end: miniature datasets and manifests in, reports out."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from reports import FAST, rows_of, write_scores
from scipy import stats

from iqa_cli.datasets import DATASETS, load
from iqa_cli.engine.session import Session
from iqa_cli.registry import find_model
from iqa_cli.weights import save_weights

RATED = [dataset for dataset in DATASETS.values() if dataset.low is not None]
FULL_REFERENCE = [dataset.name for dataset in RATED if dataset.full_reference]
NO_REFERENCE = [dataset.name for dataset in RATED if not dataset.full_reference]


@pytest.mark.parametrize("name", FULL_REFERENCE)
def test_every_full_reference_dataset_is_scored_and_evaluated(iqa, root, name):
    done = iqa("eval", "--dataset", name, "--root", root(name), "-m", "psnr", *FAST)
    (dataset,) = done.report["datasets"]
    assert (done.code, dataset["title"], dataset["images"]) == (0, DATASETS[name].title, len(load(name, root(name))))
    assert any("officially" in note for note in dataset["notes"]) is (name != "live")
    if name != "live":  # whose miniature images are all alike
        assert done.overall("psnr")["srocc"] > 0.5


@pytest.mark.parametrize("name", NO_REFERENCE)
def test_every_no_reference_dataset_is_evaluated_from_scores_by_file_name(iqa, root, name):
    items = load(name, root(name))
    scores = np.random.default_rng(0).permutation(len(items))
    write_scores("scores.csv", [item.image.name for item in items], scores)
    done = iqa("eval", "--dataset", name, "--root", root(name), "--scores", "scores.csv", *FAST)
    mos = [item.mos for item in items]
    assert done.overall("triq")["srocc"] == pytest.approx(stats.spearmanr(scores, mos).statistic)
    assert done.overall("triq")["plcc"] == pytest.approx(stats.pearsonr(scores, mos).statistic)


def test_a_no_reference_model_is_evaluated_on_the_distorted_images_of_pairs(iqa, ratings):
    torch.manual_seed(0)
    spec = find_model("triq")
    save_weights(Path("triq.safetensors"), spec.name, spec.default_config(), spec.build().state_dict(), half=True)
    done = iqa("eval", "--manifest", ratings, "-m", "triq", "--weights", "triq.safetensors", *FAST)
    assert (done.code, done.report["datasets"][0]["images"]) == (0, 6)
    assert done.report["meta"]["scores"]["models"]["triq"]["weights"]


def test_a_manifest_may_call_its_columns_otherwise(iqa, ratings):
    named = ("--column", "reference=gt", "--column", "image=file", "--column", "mos=MOS")
    plain = iqa("eval", "--manifest", ratings, "-m", "psnr", *FAST)
    text = Path(ratings).read_text()
    Path(ratings).write_text(text.replace("reference,distorted,mos", "gt,file,MOS", 1))
    assert iqa("eval", "--manifest", ratings, "-m", "psnr", *FAST).code == 2
    done = iqa("eval", "--manifest", ratings, "-m", "psnr", *named, *FAST)
    assert (done.code, done.overall("psnr")) == (0, plain.overall("psnr"))


@pytest.mark.parametrize("name", ["pipal-valid", "pipal-test"])
def test_scores_of_images_without_public_labels_are_kept_and_nothing_is_computed(iqa, root, name):
    command = ("eval", "--dataset", name, "--root", root(name), "-m", "psnr")
    refused, done = iqa(*command), iqa(*command, "--keep", "submit.csv")
    assert refused.code == 2
    assert "labels are not public" in refused.err
    assert "--keep" in refused.err
    assert (done.code, done.out) == (0, "")
    assert "submit.csv" in done.err
    assert [(row["mos"], bool(float(row["psnr"]))) for row in rows_of("submit.csv")] == [("", True)] * 3


def test_a_test_set_that_iqa_distort_made_is_evaluated(iqa, saved, photo):
    iqa("distort", saved("cat.png", photo(64, 64)), "--types", "10,11", "--levels", "1,5", "--jobs", 1, "--out", "made")
    done = iqa("eval", "--manifest", "made/manifest.csv", "-m", "psnr", "--by", "type", *FAST)
    (dataset,) = done.report["datasets"]
    assert (dataset["name"], dataset["images"]) == ("made", 4)
    assert [row["name"] for row in dataset["models"]["psnr"]["by_type"]] == ["JPEG", "white noise"]


def test_another_dataset_under_the_root_is_recognised(iqa, root):
    done = iqa("eval", "--dataset", "tid2013", "--root", root("csiq"), "-m", "psnr")
    assert (done.code, done.out) == (2, "")
    assert "this looks like CSIQ, not TID2013" in done.err


def test_a_full_reference_model_on_images_without_references_is_refused_in_one_line(iqa, root, monkeypatch):
    monkeypatch.setattr(Session, "run", None)
    done = iqa("eval", "--dataset", "biq2021", "--root", root("biq2021"), "-m", "triq", "-m", "psnr", "-m", "ssim")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "psnr, ssim: needs references, which biq2021 has not" in done.err


def test_bad_data_are_refused_with_counts_and_examples_unless_skipped(iqa, ratings):
    text = ratings.read_text().replace("4.0,", ",", 1)
    ratings.write_text(text + "r0.png,gone.png,3,noise\n" + text.splitlines()[-1] + "\n")
    command = ("eval", "--manifest", ratings, "-m", "psnr", *FAST)
    refused, done = iqa(*command), iqa(*command, "--skip-bad")
    assert refused.code == 2
    for told in ("3 problems", "missing image: 1", "gone.png", "NaN label: 1", "duplicate image: 1", "--skip-bad"):
        assert told in refused.err
    assert (done.code, done.report["datasets"][0]["images"]) == (0, 5)
    assert any("3 problems" in note for note in done.report["datasets"][0]["notes"])


def test_an_image_that_cannot_be_decoded_costs_its_own_row(iqa, ratings):
    (ratings.parent / "d01.png").write_bytes(b"no image")
    done = iqa("eval", "--manifest", ratings, "-m", "psnr", *FAST)
    assert done.code == 1
    assert "d01.png" in done.err
    assert done.report["datasets"][0]["models"]["psnr"]["overall"]["images"] == 5
    assert "left out: 1 image without a score of psnr" in done.report["datasets"][0]["notes"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-m", "psnr"), "evaluate on what?"),
        (("--manifest", "set/ratings.csv"), "choose a model"),
        (("--manifest", "set/ratings.csv", "-m", "psmr"), "did you mean 'psnr'"),
        (("--dataset", "csiq", "-m", "psnr"), "needs a --root"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--split", "image"), "whole or reference"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--logistic", 3), "4 or 5"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--by", "level"), "type or group"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--format", "xlsx"), "markdown"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "-o", "report.xlsx"), "unknown suffix"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "-o", "gone/report.csv"), "no folder gone"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--plot", "plot.gif"), "unknown suffix"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--resume"), "--resume needs --keep"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--keep", "scores.json"), "name it .csv"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--keep", "set/ratings.csv"), "would replace"),
        (("--dataset", "csiq", "--root", "x", "-m", "psnr", "--column", "mos=MOS"), "tells of --scores"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--lower-is-better", "psnr"), "tells of --scores"),
        (("--manifest", "set/ratings.csv", "-m", "iqt", "--crops", "all", "--crop-seed", 1), "--crop-seed"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--split", "reference", "--test-list", "l"), "leave out"),
        (("--scores", "set/ratings.csv", "--keep", "scores.csv"), "leave out --keep"),
        (("--scores", "set/ratings.csv", "--column", "image"), "OURS=THEIRS"),
        (("--scores", "set/ratings.csv"), "no column of a model"),
        (("--scores", "set/gone.csv"), "cannot read this score file"),
        (("--scores", "set/ratings.csv", "--luma", "none", "--no-icc"), "leave out --luma, --icc"),
        (("--scores", "set/ratings.csv", "--frame", "none"), "leave out --frame"),
        (("--scores", "set/ratings.csv", "--times"), "leave out --times"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "--repeats", 99), "--repeats is for --split reference"),
        (("--manifest", "set/ratings.csv", "-m", "psnr", "-o", "r.csv", "--latex", "none"), "-o FILE.tex"),
    ],
)
def test_wrong_use_is_told_in_one_line_before_anything_is_computed(iqa, ratings, monkeypatch, arguments, told):
    monkeypatch.setattr(Session, "run", None)
    done = iqa("eval", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert told in done.err


def test_a_pipe_gets_csv_and_notes_go_to_stderr(iqa, root):
    done = iqa("eval", "--dataset", "ivc", "--root", root("ivc"), "-m", "psnr", "--resamples", 0)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {row["model"] for row in rows} == {"psnr"}
    assert "ivc: 50 rated images here, officially 185" in done.err
    assert iqa("eval", "--dataset", "ivc", "--root", root("ivc"), "-m", "psnr", "--resamples", 0, "-q").err == ""


@pytest.mark.parametrize(
    ("name", "told"), [("r.md", "|"), ("r.tex", "tabular"), ("r.json", '"meta"'), ("r.txt", "psnr")]
)
def test_the_suffix_of_a_file_gives_the_format(iqa, ratings, name, told):
    done = iqa("eval", "--manifest", ratings, "-m", "psnr", "--resamples", 0, "-o", name)
    assert (done.code, done.out) == (0, "")
    assert told in Path(name).read_text(encoding="utf-8")


def test_plots_are_drawn_beside_the_report(iqa, ratings):
    pytest.importorskip("matplotlib")
    done = iqa("eval", "--manifest", ratings, "-m", "psnr", "--resamples", 0, "--plot", "plot.png", "-o", "r.csv")
    assert done.code == 0
    assert Image.open(next(Path().glob("plot*.png"))).width > 100


def test_the_list_names_every_dataset_with_size_direction_page_and_terms(iqa):
    done = iqa("eval", "--list")
    assert done.code == 0
    lines = {line.split("\t")[0]: line.split("\t") for line in done.out.splitlines()}
    for name, dataset in DATASETS.items():
        assert {str(dataset.images), dataset.page} <= set(lines[name])
        told = dict(line.split("\t") for line in iqa("eval", "--list", "--dataset", name).out.splitlines())
        assert (told["page"], told["terms"]) == (dataset.page, dataset.terms)
    assert "lower" in lines["live"]
    assert "higher" in lines["kadid10k"]


def test_times_are_a_column_of_the_table_and_stand_in_the_document(iqa, ratings):
    command = ("eval", "--manifest", ratings, "-m", "psnr,ssim", "--resamples", "100")
    table = iqa(*command, "--times", "-f", "markdown").out
    assert "s / image" in table and "on cpu, without decoding" in table
    assert "s / image" not in iqa(*command, "-f", "markdown").out
    seconds = iqa(*command, "-f", "json").report["meta"]["scores"]["seconds_per_image"]
    assert list(seconds) == ["psnr", "ssim"] and all(0 < value < 10 for value in seconds.values())

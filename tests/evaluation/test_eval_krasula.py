"""`iqa eval --krasula`: pairs of images that differ for people, in all forms of the report."""

from pathlib import Path

import layouts
import numpy as np
import pytest
from reports import FAST

from iqa_cli.datasets import load


@pytest.fixture
def scored(tmp_path):
    """A score file of two models with opinions, their deviations and how many were asked."""
    rng = np.random.default_rng(0)
    mos = rng.uniform(1, 5, 30).round(3)
    rows = [[f"{n}.png", m, 0.8, 20, m + rng.normal(0, 0.3), m + rng.normal(0, 2)] for n, m in enumerate(mos)]
    layouts.write_csv(tmp_path / "s.csv", ["image", "mos", "std", "count", "iqt", "psnr"], rows)
    layouts.write_csv(tmp_path / "bare.csv", ["image", "mos", "std", "iqt"], [[*row[:3], row[4]] for row in rows])
    return tmp_path / "s.csv"


def test_it_is_computed_when_asked_for_and_told_in_every_form(iqa, scored):
    plain = iqa("eval", "--scores", scored, *FAST).report["datasets"][0]
    assert plain["krasula"] is None
    found = iqa("eval", "--scores", scored, "--krasula", *FAST).report["datasets"][0]["krasula"]
    assert (found["pairs"], found["all_pairs"]) == (435, 435)
    assert found["models"]["iqt"]["auc_better"]["value"] > found["models"]["psnr"]["auc_better"]["value"]
    assert len(found["differences"]) == 3
    for format in ("table", "markdown", "latex"):
        out = " ".join(iqa("eval", "--scores", scored, "--krasula", "--resamples", 0, "-f", format).out.split())
        for told in ("AUC", "C0", "435 pairs", "J.149"):
            assert told in out, (format, told)
    rows = iqa("eval", "--scores", scored, "--krasula", "--resamples", 0, "-f", "csv").out.splitlines()
    assert sum(",krasula,all," in row for row in rows) == 2 * 3


def test_the_number_of_raters_can_be_said_where_it_is_not_known(iqa, scored):
    command = ("eval", "--scores", scored.with_name("bare.csv"), "--krasula")
    without = iqa(*command, *FAST)
    assert without.code == 2 and "--raters N" in without.err and "column std" not in without.err
    said = iqa(*command, "--raters", 20, *FAST).report["datasets"][0]["krasula"]
    known = iqa("eval", "--scores", scored, "-m", "iqt", "--krasula", *FAST).report["datasets"][0]["krasula"]
    assert said == known


def test_what_is_missing_is_said_at_once_before_anything_is_scored_and_raters_alone_are_refused(iqa, ratings, scored):
    done = iqa("eval", "--manifest", ratings, "-m", "psnr", "--krasula", *FAST)
    assert done.code == 2 and "--column std=NAME" in done.err and "--raters N" in done.err
    done = iqa("eval", "--manifest", ratings, "-m", "psnr", "--krasula", "--raters", 5, *FAST)
    assert done.code == 2 and "column std" in done.err and "--raters" not in done.err
    refused = iqa("eval", "--scores", scored, "--raters", 5)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--raters is for --krasula" in refused.err


def test_a_dataset_that_tells_how_many_rated_needs_no_more(iqa, root):
    items = load("kadid10k", root("kadid10k"))
    layouts.write_csv(Path("s.csv"), ["image", "triq"], [[item.image.name, item.mos] for item in items])
    dataset = ("--dataset", "kadid10k", "--root", root("kadid10k"))
    done = iqa("eval", *dataset, "--scores", "s.csv", "--krasula", *FAST)
    assert done.report["datasets"][0]["krasula"]["models"]["triq"]["c0"]["value"] == 1
    assert {item.count for item in load("koniq10k", root("koniq10k"))} == {100}

"""`iqa eval` on choices between two images: manifests and data sets in, reports out."""

import csv
import io
import json
from pathlib import Path

import layouts
import pytest
from reports import FAST, rows_of

from iqa_cli.engine.session import Session

LEVELS = 4


@pytest.fixture
def pairs(tmp_path):
    """A manifest of all pairs of four noisy versions of three references; people see the noise, if not always."""
    rows = []
    for content in range(3):
        layouts.save_picture(tmp_path / f"set/r{content}.png", 32, content)
        for level in range(LEVELS):
            layouts.save_picture(tmp_path / f"set/d{content}{level}.png", 32, content, (level + 1) / 10)
        for a in range(LEVELS):
            for b in range(a + 1, LEVELS):
                share = round(0.4 / (b - a), 2)
                kind = "near" if b - a == 1 else "far"
                rows.append([f"r{content}.png", f"d{content}{a}.png", f"d{content}{b}.png", share, 10, kind])
    header = ["reference", "image_a", "image_b", "preference", "count", "type"]
    layouts.write_csv(tmp_path / "set/pairs.csv", header, rows)
    return tmp_path / "set/pairs.csv"


def measures(done, model="psnr", place=0):
    found = done.report["choices"][place]["models"][model]["overall"]["measures"]
    return {name: measure["value"] for name, measure in found.items()}


def test_a_model_that_sees_what_people_see_reaches_the_ceiling(iqa, pairs):
    done = iqa("eval", "--manifest", pairs, "-m", "psnr", *FAST)
    (found,) = done.report["choices"]
    assert (done.code, found["name"], found["pairs"], done.report["datasets"]) == (0, "pairs", 18, [])
    assert measures(done)["twoafc"] == pytest.approx(found["people"]["overall"]["ceiling"])
    assert (measures(done)["accuracy"], measures(done)["bt_srocc"]) == (1, pytest.approx(1))
    assert 0 < measures(done)["bt_fit"] <= found["people"]["overall"]["scale"] + 1e-6


@pytest.mark.parametrize("name", ["bapps", "pieapp"])
def test_a_dataset_of_choices_is_read_by_its_name(iqa, root, name):
    done = iqa("eval", "--dataset", name, "--root", root(name), "-m", "psnr", "--by", "type", *FAST)
    (found,) = done.report["choices"]
    assert measures(done)["accuracy"] == 1
    assert len(found["models"]["psnr"]["by_type"]) == 2
    assert any("officially" in note for note in found["notes"])


def test_each_image_is_scored_once_and_kept_scores_are_evaluated_again_without_it(iqa, pairs, monkeypatch):
    first = iqa("eval", "--manifest", pairs, "-m", "psnr", "-m", "ssim", "--keep", "kept.csv", *FAST)
    assert len(rows_of("kept.csv")) == 3 * LEVELS
    monkeypatch.setattr(Session, "run", lambda session, jobs, **options: map(pytest.fail, jobs))
    again = iqa("eval", "--manifest", pairs, "--scores", "kept.csv", *FAST)
    resumed = iqa("eval", "--manifest", pairs, "-m", "psnr", "-m", "ssim", "--keep", "kept.csv", "--resume", *FAST)
    for done in (again, resumed):
        assert [measures(done, model) for model in ("psnr", "ssim")] == [
            measures(first, model) for model in ("psnr", "ssim")
        ]


def test_no_reference_scores_of_pairs_without_references_are_evaluated(iqa, tmp_path):
    layouts.write_csv(tmp_path / "p.csv", ["image_a", "image_b", "preference"], [["a", "b", "b"], ["b", "c", "b"]])
    layouts.write_csv(tmp_path / "s.csv", ["image", "triq"], [["a", 1], ["b", 2], ["c", 1.5]])
    done = iqa("eval", "--manifest", "p.csv", "--scores", "s.csv", *FAST)
    assert (done.code, measures(done, "triq")["twoafc"]) == (0, 0.5)
    refused = iqa("eval", "--manifest", "p.csv", "-m", "psnr", "--skip-bad")
    assert refused.code == 2
    assert "no image is left" in refused.err or "needs references" in refused.err


def test_an_image_that_cannot_be_decoded_costs_its_own_pairs(iqa, pairs):
    (pairs.parent / "d00.png").write_bytes(b"no image")
    done = iqa("eval", "--manifest", pairs, "-m", "psnr", *FAST)
    (found,) = done.report["choices"]
    assert (done.code, found["models"]["psnr"]["overall"]["pairs"], found["pairs"]) == (1, 15, 18)
    assert "left out: 3 pairs without scores of both images" in found["notes"]


def test_a_missing_image_is_told_before_anything_is_computed(iqa, pairs, monkeypatch):
    monkeypatch.setattr(Session, "run", None)
    (pairs.parent / "d00.png").unlink()
    done = iqa("eval", "--manifest", pairs, "-m", "psnr")
    assert done.code == 2
    assert "missing image: 1" in done.err


def test_splits_are_refused_for_choices(iqa, pairs):
    done = iqa("eval", "--manifest", pairs, "-m", "psnr", "--split", "reference")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "choices are evaluated whole" in done.err


def test_an_analysis_of_ratings_is_refused_where_there_are_choices_alone(iqa, pairs):
    done = iqa("eval", "--manifest", pairs, "-m", "psnr", "--krasula", "--raters", 5)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--krasula cannot be had of " in done.err and "chose between two images" in done.err


def test_tables_have_models_people_types_and_differences_and_go_beside_those_of_ratings(iqa, pairs, ratings):
    command = ("eval", "--manifest", pairs, "-m", "psnr", "-m", "ssim", "--by", "type", "--resamples", 50)
    for format in ("table", "markdown", "latex"):
        done = iqa(*command, "-f", format)
        assert done.code == 0
        for told in ("2AFC", "one person", "best possible", "near", "differences", "18 pairs of 3 references"):
            assert told in " ".join(done.out.split()), (format, told)
    both = iqa(*command, "--manifest", ratings, "-f", "markdown")
    assert "SROCC" in both.out and "2AFC" in both.out
    assert any(row["model"] == "(people)" for row in csv.DictReader(io.StringIO(iqa(*command, "-f", "csv").out)))


def test_several_sets_of_choices_have_a_table_together(iqa, pairs, root):
    command = ("eval", "--manifest", pairs, "--dataset", "bapps", "--root", root("bapps"), "-m", "psnr")
    done = iqa(*command, "--resamples", 0, "-f", "table")
    assert "Agreement with choices" in done.out
    assert "bapps" in done.out


def test_a_plot_of_choices_is_drawn(iqa, pairs):
    pytest.importorskip("matplotlib")
    done = iqa("eval", "--manifest", pairs, "-m", "psnr", "--resamples", 20, "--plot", "p.svg", "-f", "json")
    assert done.code == 0
    assert "best possible" in Path("p.svg").read_text()
    assert json.loads(done.out)["choices"]

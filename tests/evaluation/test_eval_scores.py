"""`iqa eval` of scores that are kept or were there already, and its protocols."""

import subprocess
import sys
from pathlib import Path

import layouts
import pytest
from reports import FAST, rows_of, write_scores

import iqa_cli
from iqa_cli.datasets import load
from iqa_cli.engine.session import Session


def test_kept_scores_give_the_same_report_without_images(iqa, ratings):
    command = ("eval", "-m", "psnr", "-m", "ssim", "--by", "type", "--resamples", 20, "--format", "csv")
    first = iqa(*command, "--manifest", ratings, "--keep", "kept.csv")
    for image in ratings.parent.glob("*.png"):
        image.unlink()
    assert first.code == 0
    assert iqa(*command, "--manifest", ratings, "--scores", "kept.csv").out == first.out
    assert iqa(*command, "--scores", "kept.csv").out == first.out


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_what_iqa_score_wrote_of_a_manifest_is_evaluated(iqa, ratings, suffix):
    iqa("score", "--manifest", ratings, "-m", "psnr", "-o", f"scores{suffix}", "--quiet")
    by_scores = iqa("eval", "--scores", f"scores{suffix}", *FAST)
    by_images = iqa("eval", "--manifest", ratings, "-m", "psnr", *FAST)
    assert by_scores.overall("psnr") == by_images.overall("psnr")


def test_a_score_file_for_each_model_is_as_good_as_one_for_all(iqa, ratings):
    for model in ("psnr", "ssim"):
        iqa("score", "--manifest", ratings, "-m", model, "-o", f"{model}.csv", "--quiet")
    apart = iqa("eval", "--scores", "psnr.csv", "--scores", "ssim.csv", *FAST)
    together = iqa("eval", "--manifest", ratings, "-m", "psnr", "-m", "ssim", *FAST)
    assert [apart.overall(model) for model in ("psnr", "ssim")] == [together.overall(m) for m in ("psnr", "ssim")]


def test_kept_scores_and_those_of_iqa_score_are_of_the_same_images(iqa, ratings):
    together = iqa("eval", "--manifest", ratings, "-m", "psnr", "-m", "ssim", *FAST)
    iqa("eval", "--manifest", ratings, "-m", "psnr", "--keep", "kept.csv", *FAST)
    iqa("score", "--manifest", ratings, "-m", "ssim", "-o", "ssim.csv", "--quiet")
    apart = iqa("eval", "--scores", "kept.csv", "--scores", "ssim.csv", *FAST)
    assert len(apart.report["datasets"]) == len(together.report["datasets"]) == 1
    assert [apart.overall(model) for model in ("psnr", "ssim")] == [together.overall(m) for m in ("psnr", "ssim")]


def test_an_interrupted_evaluation_goes_on_where_it_was(iqa, ratings, monkeypatch):
    command = ("eval", "--manifest", ratings, "-m", "psnr", *FAST)
    whole, run, scored = iqa(*command), Session.run, []

    def interrupted(self, jobs, **how):
        for number, record in enumerate(run(self, jobs, **how)):
            if number == 2 and not scored:
                raise KeyboardInterrupt
            yield record

    def counted(self, jobs, **how):
        for record in run(self, jobs, **how):
            scored.append(record)
            yield record

    monkeypatch.setattr(Session, "run", interrupted)
    assert iqa(*command, "--keep", "kept.csv").code == 130
    assert len(rows_of("kept.csv")) == 2
    monkeypatch.setattr(Session, "run", counted)
    resumed = iqa(*command, "--keep", "kept.csv", "--resume")
    assert (resumed.code, len(scored), len(rows_of("kept.csv"))) == (0, 4, 6)
    assert resumed.overall("psnr") == whole.overall("psnr")


def test_a_corrected_label_takes_the_place_of_the_wrong_one_in_what_is_kept(iqa, ratings):
    keep = ("eval", "--manifest", ratings, "-m", "psnr", "--keep", "kept.csv", *FAST)
    score = ("score", "--manifest", ratings, "-m", "psnr", "-o", "scores.csv")
    iqa(*keep), iqa(*score)
    labels = ratings.read_text()
    ratings.write_text(labels.replace("d01.png,4.0", "d01.png,1.0"))
    right = iqa(*keep, "--resume")
    assert ratings.read_text() != labels and iqa(*score, "--resume").code == 0
    for file in ("kept.csv", "scores.csv"):
        assert len(rows_of(file)) == 6
        assert iqa("eval", "--scores", file, *FAST).overall("psnr") == right.overall("psnr")


def test_another_toolkits_scores_are_evaluated_with_their_labels_and_direction(iqa):
    layouts.write_csv(Path("niqe.csv"), ["", "name", "NIQE", "MOS"], [[n, f"{n}.png", n, 9 - n] for n in range(9)])
    mapping = ("--column", "image=name", "--column", "mos=MOS", "--column", "niqe=NIQE")
    higher = iqa("eval", "--scores", "niqe.csv", *mapping, *FAST)
    lower = iqa("eval", "--scores", "niqe.csv", *mapping, "--lower-is-better", "niqe", *FAST)
    assert higher.overall("niqe")["srocc"] == -1  # an inverted model shows as it is
    assert lower.overall("niqe")["srocc"] == 1
    assert not lower.report["datasets"][0]["models"]["niqe"]["higher_is_better"]


def test_models_of_score_files_are_named_like_others_in_any_case_and_by_group(iqa):
    rows = [[f"{n}.png", 9 - n, n, -n, n, n % 3] for n in range(9)]
    layouts.write_csv(Path("s.csv"), ["image", "mos", "psnr", "iqt", "LPIPS", "PSNR"], rows)
    command = ("eval", "--scores", "s.csv", *FAST)
    for named, found in (
        (("Iqt,psnr",), ["iqt", "psnr"]),
        (("all",), ["psnr", "iqt"]),
        (("CLASSICAL", "-m", "psnr"), ["psnr"]),
        (("PSNR",), ["PSNR"]),  # as the column is called
        (("LPIPS,trained",), ["LPIPS", "iqt"]),
        (("all", "--column", "own=LPIPS"), ["psnr", "iqt", "own"]),
    ):
        assert list(iqa(*command, "-m", *named).report["datasets"][0]["models"]) == found
    assert "no column learned" in iqa(*command, "-m", "learned").err


def test_images_without_a_score_are_refused_unless_skipped(iqa, ratings):
    write_scores("scores.csv", ["d01.png", "d02.png", "d03.png", "d11.png"], [4, 3, 2, 5])
    command = ("eval", "--manifest", ratings, "--scores", "scores.csv", *FAST)
    refused, done = iqa(*command), iqa(*command, "--skip-bad")
    assert refused.code == 2
    assert "2 images of ratings without a score" in refused.err
    assert done.report["datasets"][0]["images"] == 4


def test_scores_are_evaluated_without_torch(ratings):
    write_scores(ratings.parent / "s.csv", [f"d{r}{n}.png" for r in (0, 1) for n in (1, 2, 3)], range(6))
    code = (
        "import sys; from iqa_cli.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: assert 'torch' not in sys.modules"
    )
    arguments = ("eval", "--manifest", "ratings.csv", "--scores", "s.csv", "--resamples", "0", "--quiet")
    command = [sys.executable, "-c", code, *arguments]
    environment = {"PYTHONPATH": str(Path(iqa_cli.__file__).parents[1])}
    done = subprocess.run(command, cwd=ratings.parent, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_split_by_reference_reports_medians(iqa, root):
    done = iqa(
        "eval", "--dataset", "ivc", "--root", root("ivc"), "-m", "psnr", "--split", "reference", "--repeats", 3, *FAST
    )
    splits = done.report["datasets"][0]["models"]["psnr"]["splits"]
    assert splits["splits"] == 3
    assert splits["measures"]["srocc"]["median"] > 0.5


def test_a_test_list_leaves_its_images(iqa, root):
    folder = root("koniq10k")
    names = [item.image.name for item in load("koniq10k", folder)]
    write_scores("scores.csv", names, range(len(names)))
    Path("list.txt").write_text("\n".join(names[:4]))
    done = iqa(
        *("eval", "--dataset", "koniq10k", "--root", folder, "--scores", "scores.csv"), "--test-list", "list.txt", *FAST
    )
    assert done.report["datasets"][0]["images"] == 4


def test_several_datasets_give_a_cross_dataset_table(iqa, root, ratings):
    folders = [argument for name in ("ivc", "toyama") for argument in ("--dataset", name, "--root", root(name))]
    done = iqa("eval", *folders, "--manifest", ratings, "-m", "psnr", "--keep", "all.csv", *FAST)
    assert [dataset["name"] for dataset in done.report["datasets"]] == ["ivc", "toyama", "ratings"]
    again = iqa("eval", "--scores", "all.csv", *FAST)  # the kept file names its datasets
    assert [again.overall("psnr", n) for n in range(3)] == [done.overall("psnr", n) for n in range(3)]
    markdown = iqa("eval", "--scores", "all.csv", "--resamples", 0, "--format", "markdown").out
    assert all(told in markdown for told in ("ivc", "toyama", "ratings", "psnr", "SROCC", "PLCC", "KROCC"))

"""What lies between labels, scores and statistics: matching, score files, test lists, sources."""

from pathlib import Path

import layouts
import numpy as np
import pytest
from scipy import stats

from iqa_cli.datasets import Item
from iqa_cli.errors import IqaError, UsageError
from iqa_cli.evaluation.evaluate import evaluate
from iqa_cli.evaluation.matching import match
from iqa_cli.evaluation.protocol import Protocol
from iqa_cli.evaluation.score_files import read_score_files
from iqa_cli.evaluation.scored import Scored, ScoreSet, sources_in
from iqa_cli.evaluation.sources import Source, checked, from_dataset, from_manifest, read_sources
from iqa_cli.evaluation.test_lists import only_listed, with_test_lists


def matched(images, names):
    return [None if place is None else names[place] for place in match([Path(image) for image in images], names)]


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


# Rows to images


def test_images_find_their_rows_by_path_or_file_name_in_any_case_and_with_either_slash():
    images = ["/data/set/A.png", "/data/set/b.png", "/data/set/c.png", "/data/set/d.png"]
    assert matched(images, ["c.PNG", "/data/set/A.png", r"copy\b.png"]) == [
        "/data/set/A.png",
        r"copy\b.png",
        "c.PNG",
        None,
    ]


def test_images_of_one_name_find_their_rows_by_the_folders_before_it():
    images = ["/live/jp2k/img1.bmp", "/live/jpeg/img1.bmp", "/live/wn/img1.bmp"]
    assert matched(images, ["jpeg/img1.bmp", "jp2k/img1.bmp"]) == ["jp2k/img1.bmp", "jpeg/img1.bmp", None]


def test_a_row_with_the_very_path_comes_before_one_that_ends_alike():
    assert matched(["a/1.png"], ["x/a/1.png", "a/1.png"]) == ["a/1.png"]


@pytest.mark.parametrize("names", [["img1.bmp"], ["x/img1.bmp", "y/img1.bmp"]])
def test_file_names_that_could_mean_several_images_are_refused(names):
    with pytest.raises(UsageError, match="ambiguous"):
        match([Path("/live/jp2k/img1.bmp"), Path("/live/jpeg/img1.bmp")], names)


# Score files


def test_columns_of_another_toolkit_are_renamed_and_its_own_of_that_name_dropped(tmp_path):
    file = written(tmp_path / "other.csv", "name,LPIPS,psnr,PSNR-Y,image\na.png,0.1,1,30,x\nb.png,,2,inf,y\n")
    table = read_score_files([file], {"image": "name", "lpips": "LPIPS", "psnr": "PSNR-Y"})
    assert set(table.models) == {"lpips", "psnr"}
    assert table.scores("psnr", False) == {"a.png": 30, "b.png": np.inf}
    assert np.isnan(table.scores("lpips", False)["b.png"])


def test_json_lines_are_read_like_csv(tmp_path):
    file = written(tmp_path / "scores.jsonl", '{"image": "a.png", "triq": 3.5}\n{"image": "b.png", "triq": null}\n')
    scores = read_score_files([file], {}).scores("triq", False)
    assert scores["a.png"] == 3.5
    assert np.isnan(scores["b.png"])


@pytest.mark.parametrize(
    ("text", "columns", "models", "told"),
    [
        ("image,LPIPS\na.png,1\n", {}, (), "no column of a model, only image, LPIPS"),
        ("image,psnr\na.png,1\n", {}, ("iqt",), "no column iqt"),
        ("name,psnr\na.png,1\n", {}, (), "--column image=NAME"),
        ("image,psnr\na.png,1,2\n", {}, (), "line 2"),
        ("", {}, (), "empty"),
    ],
)
def test_a_score_file_that_will_not_do_is_told_with_the_remedy(tmp_path, text, columns, models, told):
    with pytest.raises(UsageError, match=told):
        read_score_files([written(tmp_path / "scores.csv", text)], columns, models)


def test_a_cell_that_is_no_number_and_an_image_with_two_scores_are_told(tmp_path):
    table = read_score_files([written(tmp_path / "s.csv", "image,psnr,ssim\na,1,good\na,2,0.5\n")], {})
    with pytest.raises(UsageError, match="'good' under ssim"):
        table.scores("ssim", skip_bad=True)
    with pytest.raises(UsageError, match="several scores of psnr"):
        table.scores("psnr", skip_bad=False)
    assert table.scores("psnr", skip_bad=True) == {"a": 1}


def test_score_files_with_labels_are_sources_by_themselves_one_for_each_dataset(tmp_path):
    rows = "dataset,distorted,reference,mos,type,psnr\ncsiq,a,r,0.5,blur,1\nmine,b,,2,,3\ncsiq,c,r,0.7,,4\n"
    csiq, mine = sources_in(read_score_files([written(tmp_path / "s.csv", rows)], {}))
    assert (csiq.name, csiq.title, [item.mos for item in csiq.items]) == ("csiq", "CSIQ", [0.5, 0.7])
    assert (csiq.items[0].group, csiq.items[0].type, mine.items[0].group) == ("r", "blur", "b")
    with pytest.raises(UsageError, match="no column mos"):
        sources_in(read_score_files([written(tmp_path / "t.csv", "image,psnr\na,1\n")], {}))


# Sources


def test_a_dataset_with_fewer_images_than_published_says_so(tmp_path):
    layouts.write_csiq(tmp_path)
    assert from_dataset("csiq", tmp_path).notes == ("60 rated images here, officially 866",)


def test_a_manifest_is_called_as_its_file_or_else_its_folder(tmp_path):
    for name in ("manifest.csv", "ratings.csv"):
        written(tmp_path / name, "image,mos\na.png,1\n")
    assert from_manifest(tmp_path / "ratings.csv").name == "ratings"
    assert from_manifest(tmp_path / "manifest.csv").name == tmp_path.name


def test_datasets_pair_with_roots_and_each_source_has_a_name_of_its_own(tmp_path):
    with pytest.raises(UsageError, match="1 dataset and 0 roots"):
        read_sources(["csiq"], [], [])
    file = written(tmp_path / "ratings.csv", "image,mos\na.png,1\n")
    with pytest.raises(UsageError, match="ratings is there twice"):
        read_sources([], [], [file, file])


def test_bad_data_are_told_together_and_left_out_on_request(tmp_path):
    layouts.write_biq2021(tmp_path)
    images = sorted((tmp_path / "Images").iterdir())
    images[0].rename(tmp_path / "Images" / "renamed.jpg")
    labels = tmp_path / "Test (Images and MOS).csv"
    labels.write_text(labels.read_text() + labels.read_text().splitlines()[1] + "\n")
    source = from_dataset("biq2021", tmp_path)
    with pytest.raises(UsageError) as error:
        checked(source, files=True, skip_bad=False)
    for told in ("3 problems", "missing image: 1", "image without label: 1", "duplicate image: 1", "--skip-bad"):
        assert told in str(error.value)
    left = checked(source, files=True, skip_bad=True)
    assert len(left.items) == 9
    assert left.notes[-1].startswith("skipped: 3 problems")


def test_a_nan_label_is_bad_in_a_manifest_and_images_need_not_exist_for_given_scores(tmp_path):
    source = from_manifest(written(tmp_path / "m.csv", "image,mos\na.png,1\nb.png,\n"))
    with pytest.raises(UsageError, match=r"1 problem in the data\n  NaN label: 1"):
        checked(source, files=False, skip_bad=False)


# Test lists


def test_a_test_list_keeps_its_images_and_what_is_wrong_with_others_does_not_matter(tmp_path):
    layouts.write_biq2021(tmp_path)
    labels = tmp_path / "Test (Images and MOS).csv"
    source = only_listed(from_dataset("biq2021", tmp_path), labels)
    for item in source.unlisted:
        item.image.unlink()
    assert len(checked(source, files=True, skip_bad=False).items) == 2


def test_of_a_list_with_parts_the_test_part_counts(tmp_path):
    layouts.write_koniq(tmp_path, fractions=True)
    source = only_listed(from_dataset("koniq10k", tmp_path), tmp_path / "koniq10k_distributions_sets.csv")
    assert len(source.items) == 3


def test_a_list_must_belong_to_a_source_and_name_its_images(tmp_path):
    one = from_manifest(written(tmp_path / "one.csv", "image,mos\na.png,1\n"))
    two = from_manifest(written(tmp_path / "two.csv", "image,mos\nb.png,1\n"))
    names = written(tmp_path / "list.txt", "b.png\nc.png\n")
    with pytest.raises(UsageError, match=r"--test-list one\|two=FILE"):
        with_test_lists([one, two], [str(names)])
    with pytest.raises(UsageError, match="lists no image of one"):
        with_test_lists([one], [str(names)])
    untouched, listed = with_test_lists([one, two], [f"two={names}"])
    assert untouched is one
    assert listed.notes == ("1 image listed in list.txt", "1 name in list.txt without an image")


# Reports


def scored(scores, mos, references=5):
    items = [
        Item(Path(f"{n}.png"), Path("r.png"), m, type="ab"[n % 2], group=str(n % references)) for n, m in enumerate(mos)
    ]
    return Scored(Source("set", "Set", tuple(items)), scores)


def report_of(scores, mos, higher=None, references=5, **options):
    one = scored(scores, mos, references)
    directions = {model: (higher or {}).get(model, True) for model in scores}
    return evaluate(ScoreSet((one,), directions, {}), Protocol(**{"resamples": 50} | options)).datasets[0]


@pytest.fixture
def opinions():
    rng = np.random.default_rng(0)
    mos = rng.uniform(1, 5, 60)
    return mos, mos + rng.normal(0, 0.5, 60)


def test_the_correlations_are_those_of_scipy(opinions):
    mos, scores = opinions
    found = report_of({"iqt": scores}, mos).summaries["iqt"].overall.value
    assert found.srocc == pytest.approx(stats.spearmanr(scores, mos).statistic)
    assert found.krocc == pytest.approx(stats.kendalltau(scores, mos).statistic)
    assert found.plcc == pytest.approx(stats.pearsonr(scores, mos).statistic)


def test_an_inverted_model_shows_negative_and_a_lower_is_better_one_positive(opinions):
    mos, scores = opinions
    report = report_of({"inverted": -scores, "distance": -scores}, mos, {"distance": False})
    found = {model: summary.overall.value for model, summary in report.summaries.items()}
    assert found["inverted"].srocc == pytest.approx(-found["distance"].srocc)
    assert found["distance"].srocc > 0.9
    assert found["inverted"].plcc_fitted < 0
    assert np.array_equal(report.scores["distance"], -scores)


def test_a_constant_model_has_no_correlation_and_breaks_nothing(opinions):
    mos, scores = opinions
    report = report_of({"constant": np.ones(60), "iqt": scores}, mos)
    assert np.isnan(report.summaries["constant"].overall.value.srocc)
    assert any("straight line" in note for note in report.notes)


def test_infinite_and_failed_scores_are_left_out_of_every_model_and_told(opinions):
    mos, scores = opinions
    psnr, ssim = scores.copy(), scores.copy()
    psnr[3], ssim[:2] = np.inf, np.nan
    report = report_of({"psnr": psnr, "ssim": ssim}, mos)
    assert {summary.overall.images for summary in report.summaries.values()} == {57}
    assert "left out: 1 image with an infinite psnr (identical images)" in report.notes
    assert "left out: 2 images without a score of ssim" in report.notes
    assert np.isnan(report.scores["psnr"][3])
    with pytest.raises(IqaError, match="no image has a score of every model"):
        report_of({"psnr": np.full(60, np.nan)}, mos)


def test_types_and_groups_are_rows_only_when_asked_for(opinions):
    mos, scores = opinions
    plain, full = report_of({"iqt": scores}, mos), report_of({"iqt": scores}, mos, by=("type", "group"))
    assert (plain.summaries["iqt"].by_type, plain.summaries["iqt"].by_group) == ((), ())
    assert [row.name for row in full.summaries["iqt"].by_type] == ["a", "b"]
    assert len(full.summaries["iqt"].by_group) == 5


def test_intervals_rest_on_references_and_few_of_them_are_told(opinions):
    mos, scores = opinions
    of_references, of_images = (report_of({"iqt": scores}, mos, references=n) for n in (5, 60))
    assert of_references.summaries["iqt"].overall.references == 5
    assert of_images.summaries["iqt"].overall.references == 60
    assert "5 references only: the intervals are too narrow, differences prove little" in of_references.notes
    assert not of_images.notes


def test_without_resamples_there_are_no_intervals_and_no_differences(opinions):
    mos, scores = opinions
    report = report_of({"iqt": scores, "psnr": scores**2}, mos, resamples=0)
    assert np.isnan(report.summaries["iqt"].overall.interval.srocc).all()
    assert report.differences == ()


def test_splits_by_reference_are_medians_that_a_seed_repeats(opinions):
    mos, scores = opinions
    one, same, other = (report_of({"iqt": scores}, mos, split="reference", seed=s) for s in (1, 1, 2))
    assert one.splits["iqt"].splits == 10
    assert one.splits == same.splits
    assert one.splits != other.splits


def test_several_models_are_compared_in_pairs(opinions):
    mos, scores = opinions
    noise = np.random.default_rng(1).permutation(60)
    report = report_of({"iqt": scores, "psnr": scores + 0.01 * noise, "noise": noise}, mos)
    srocc, plcc = report.differences
    assert (srocc.statistic, plcc.statistic, len(srocc.pairs)) == ("srocc", "plcc", 3)
    assert srocc.difference[0, 2] == pytest.approx(
        stats.spearmanr(scores, mos).statistic - stats.spearmanr(noise, mos).statistic
    )


@pytest.mark.parametrize("options", [{"split": "image"}, {"logistic": 3}, {"by": ("level",)}])
def test_an_unknown_choice_is_refused_before_anything_is_computed(options):
    with pytest.raises(UsageError, match="choose"):
        Protocol(**options)

"""Scores that are there already: which files are read, and how."""

from pathlib import Path

import numpy as np
import pytest

from iqa_cli.datasets import DATASETS
from iqa_cli.datasets.name_matching import match
from iqa_cli.errors import UsageError
from iqa_cli.evaluation.labelled_rows import sources_in
from iqa_cli.evaluation.rated import checked
from iqa_cli.evaluation.score_files import read_score_files, scores_from_files


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


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
    "text",
    [
        "\ufeffimage,psnr\r\nd\\a.png,30.5\r\n",  # Windows
        ",image,psnr\n0,d/a.png,30.5\n",  # pandas' index
        "image, psnr\nd/a.png, 30.5\n",
        "image;psnr\nd/a.png;30,5\n",  # Excel where the comma is decimal
        "image,psnr,\nd/a.png,30.5,\n,,\n",  # Excel's empty columns and rows
        '[{"image": "d/a.png", "psnr": 30.5}]',
    ],
)
def test_tables_as_other_programs_write_them_give_the_same_scores(tmp_path, text):
    scores = read_score_files([written(tmp_path / "scores.csv", text)], {}).scores("psnr", False)
    assert list(scores.values()) == [30.5]
    assert match([Path("d/a.png")], list(scores)) == [0]


def test_a_spreadsheet_is_a_score_file(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["image", "mos", "psnr"], ["a.png", 4, 30.5], ["b.png", 3, None]):
        book.active.append(row)
    book.save(tmp_path / "scores.xlsx")
    (source,) = sources_in(read_score_files([tmp_path / "scores.xlsx"], {}))
    assert [item.mos for item in source.items] == [4, 3]


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


def test_files_with_labels_that_score_one_model_each_are_one_set_of_rated_images(tmp_path):
    one = written(tmp_path / "one.csv", "image,mos,type,psnr\na,4.50,blur,1\nb,2,,3\n")
    two = written(tmp_path / "two.csv", "image,mos,std,ssim\nb,2.0,0.5,0.1\na,4.5,0.25,0.3\n")
    table = read_score_files([one, two], {})
    (source,) = sources_in(table)
    assert [(item.image.name, item.mos, item.std, item.type) for item in source.items] == [
        ("a", 4.5, 0.25, "blur"),
        ("b", 2, 0.5, ""),
    ]
    (scored,) = scores_from_files([source], table, (), False).scored
    assert {model: list(values) for model, values in scored.scores.items()} == {"psnr": [1, 3], "ssim": [0.3, 0.1]}


def test_files_that_tell_the_label_of_an_image_differently_are_refused(tmp_path):
    one = written(tmp_path / "one.csv", "image,mos,psnr\na,4.5,1\nb,2,3\n")
    two = written(tmp_path / "two.csv", "image,mos,ssim\na,1.5,0.3\nb,2,0.1\n")
    with pytest.raises(UsageError, match=r"1 image with other labels .*\(a: mos 4\.5 and 1\.5\).*--manifest FILE"):
        sources_in(read_score_files([one, two], {}))


@pytest.mark.parametrize("kept_first", [True, False])
def test_a_file_without_datasets_tells_of_the_images_of_one_that_has_them(tmp_path, kept_first):
    kept = written(tmp_path / "kept.csv", "image,dataset,mos,psnr\nset/a.png,csiq,0.5,1\nset/b.png,mine,0.7,3\n")
    plain = written(tmp_path / "plain.csv", "image,mos,ssim\nset/b.png,0.70,0.1\nset/a.png,0.5,0.3\n")
    table = read_score_files([kept, plain] if kept_first else [plain, kept], {})
    by_name = {source.name: source for source in sources_in(table)}
    assert {name: [item.mos for item in source.items] for name, source in by_name.items()} == {
        "csiq": [0.5],
        "mine": [0.7],
    }
    wrong = written(tmp_path / "wrong.csv", "image,mos,ssim\nset/a.png,0.9,0.3\n")
    with pytest.raises(UsageError, match=r"\(set/a\.png: mos 0\.5 and 0\.9\)"):
        sources_in(read_score_files([kept, wrong], {}))


def test_an_image_of_two_datasets_is_not_joined_by_a_row_that_names_none(tmp_path):
    kept = written(tmp_path / "kept.csv", "image,dataset,mos,psnr\na.png,csiq,0.5,1\na.png,mine,0.7,3\n")
    plain = written(tmp_path / "plain.csv", "image,mos,ssim\na.png,0.2,0.1\n")
    found = sources_in(read_score_files([kept, plain], {}))
    assert {source.name: [item.mos for item in source.items] for source in found} == {
        "csiq": [0.5],
        "mine": [0.7],
        "kept": [0.2],
    }


@pytest.mark.parametrize("spelling", ["./set/a.png", "set\\a.png", "set//a.png"])
def test_an_image_is_one_however_the_files_spell_its_path(tmp_path, spelling):
    one = written(tmp_path / "one.csv", "image,mos,psnr\nset/a.png,4,1\n")
    table = read_score_files([one, written(tmp_path / "two.csv", f"image,mos,ssim\n{spelling},4,0.3\n")], {})
    (source,) = sources_in(table)
    assert checked(source, files=False, skip_bad=False).items == source.items and len(source.items) == 1
    (scored,) = scores_from_files([source], table, (), False).scored
    assert {model: list(values) for model, values in scored.scores.items()} == {"psnr": [1], "ssim": [0.3]}
    again = read_score_files([one, written(tmp_path / "again.csv", f"image,mos,psnr\n{spelling},4,1\n")], {})
    with pytest.raises(UsageError, match=r"set/a\.png is listed 2 times"):
        checked(*sources_in(again), files=False, skip_bad=False)


def test_an_image_with_two_rows_of_one_model_is_still_listed_twice(tmp_path):
    one = written(tmp_path / "one.csv", "image,mos,psnr\na,4,1\nb,2,3\n")
    two = written(tmp_path / "two.csv", "image,mos,psnr\na,4,1\n")
    (source,) = sources_in(read_score_files([one, two], {}))
    with pytest.raises(UsageError, match="a is listed 2 times"):
        checked(source, files=False, skip_bad=False)


@pytest.mark.parametrize("name", ["csiq", "pipal-valid"])
def test_a_file_that_is_called_like_a_dataset_has_neither_its_scale_nor_its_secrets(tmp_path, name):
    (own,) = sources_in(read_score_files([written(tmp_path / f"{name}.csv", "image,mos,psnr\na,8,1\nb,0,3\n")], {}))
    assert (own.title, own.labelled, own.scale) == (name, True, None)
    assert checked(own, files=False, skip_bad=False) == own
    named = written(tmp_path / "own.csv", f"image,dataset,mos,psnr\na,{name},8,1\nb,{name},0,3\n")
    assert sources_in(read_score_files([named], {}))[0].dataset is DATASETS[name]

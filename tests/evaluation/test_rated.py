"""What is evaluated: sources checked for bad data, and test lists."""

from unicodedata import normalize

import layouts
import pytest

from iqa_cli.errors import UsageError
from iqa_cli.evaluation.rated import (
    checked,
    from_dataset,
    from_manifest,
    only_listed,
    read_sources,
    with_test_lists,
)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


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


def test_an_infinite_label_is_told_with_the_other_bad_ones_and_can_be_left_out(tmp_path):
    source = from_manifest(written(tmp_path / "m.csv", "image,mos\na.png,1\nb.png,inf\nc.png,-inf\nd.png,\n"))
    with pytest.raises(UsageError, match=r"3 problems in the data\n  infinite label: 2 \(\S*b.png; \S*c.png\)\n  NaN"):
        checked(source, files=False, skip_bad=False)
    assert [item.image.name for item in checked(source, files=False, skip_bad=True).items] == ["a.png"]


def test_a_test_list_keeps_its_images_and_what_is_wrong_with_others_does_not_matter(tmp_path):
    layouts.write_biq2021(tmp_path)
    labels = tmp_path / "Test (Images and MOS).csv"
    source = only_listed(from_dataset("biq2021", tmp_path), labels)
    for item in source.unlisted:
        item.image.unlink()
    assert len(checked(source, files=True, skip_bad=False).items) == 2


def test_a_test_list_may_spell_an_accent_in_another_way(tmp_path):
    image, listed = (normalize(form, "café.png") for form in ("NFD", "NFC"))
    source = from_manifest(written(tmp_path / "m.csv", f"image,mos\n{image},1\nb.png,2\n"))
    names = written(tmp_path / "list.txt", listed)
    assert [item.image.name for item in only_listed(source, names).items] == [image]


def test_of_a_list_with_parts_the_test_part_counts(tmp_path):
    layouts.write_koniq(tmp_path, fractions=True)
    source = only_listed(from_dataset("koniq10k", tmp_path), tmp_path / "koniq10k_distributions_sets.csv")
    assert len(source.items) == 3


def test_a_list_must_belong_to_a_source_and_name_its_images(tmp_path):
    one = from_manifest(written(tmp_path / "one.csv", "image,mos\na.png,1\n"))
    two = from_manifest(written(tmp_path / "two.csv", "image,mos\nb.png,1\n"))
    names = written(tmp_path / "list.txt", "b.png\nc.png\n")
    with pytest.raises(UsageError, match=r"--test-list one\|two="):
        with_test_lists([one, two], [str(names)])
    with pytest.raises(UsageError, match="lists no image of one"):
        with_test_lists([one], [str(names)])
    untouched, listed = with_test_lists([one, two], [f"two={names}"])
    assert untouched is one
    assert listed.notes == ("1 image listed in list.txt", "1 name in list.txt without an image")

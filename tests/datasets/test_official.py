"""Readers of the public datasets, against miniature copies of their official layouts."""

import builtins
import math

import layouts
import numpy as np
import pytest
from scipy.io import savemat

from iqa_cli.datasets import (
    DATASETS,
    audit_dataset,
    find_dataset,
    load,
)
from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.images import load_image

FULL_REFERENCE = [name for name, dataset in DATASETS.items() if dataset.full_reference]
# LIVE's miniature images are all alike: its direction has a test of its own.
RATED = [name for name, dataset in DATASETS.items() if dataset.low is not None and name != "live"]


def by_name(items):
    return {item.image.name.lower(): item for item in items}


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_is_read_from_its_official_layout_and_found_in_order(root, name):
    dataset, items = DATASETS[name], load(name, root(name))
    assert all(item.image.is_file() for item in items)
    assert all((item.reference is not None) is dataset.full_reference for item in items)
    problems = audit_dataset(dataset, root(name), items)
    assert problems == []


@pytest.mark.parametrize("name", RATED)
def test_a_higher_score_always_means_a_less_distorted_image(root, name):
    # The miniature files carry more noise the worse their published score is.
    items = load(name, root(name))

    def roughness(item):
        return np.abs(np.diff(load_image(item.image).pixels, axis=0)).mean()

    assert np.corrcoef([item.mos for item in items], [roughness(item) for item in items])[0, 1] < -0.3


@pytest.mark.parametrize("name", FULL_REFERENCE)
def test_images_of_one_reference_share_a_group_and_references_do_not(root, name):
    items = load(name, root(name))
    assert len({(item.reference, item.group) for item in items}) == len({item.reference for item in items})
    # BAPPS numbers its patches alike in each of its folders.
    assert all(item.group.endswith(item.reference.name) for item in items)


def test_without_a_reference_every_image_is_its_own_group(root):
    items = load("koniq10k", root("koniq10k"))
    assert [item.group for item in items] == [item.image.name for item in items]


def test_the_catalogue_knows_names_directions_and_pages():
    assert {name for name, dataset in DATASETS.items() if not dataset.higher_is_better} == {"live", "csiq"}
    assert all(dataset.page.startswith("http") and dataset.terms for dataset in DATASETS.values())
    assert find_dataset("kadid10k").images == 10125
    with pytest.raises(UsageError, match="unknown dataset 'kadid': choose live, tid2008"):
        find_dataset("kadid")


# Traps of single datasets


def test_live_rows_follow_folder_order_without_the_copies_of_references(root):
    items = load("live", root("live"))
    assert len(items) == 779
    jpeg = next(item for item in items if item.image.parts[-2:] == ("jpeg", "img59.bmp"))
    row = 227 + 58  # of the vectors: after the whole of jp2k, the 59th of jpeg
    assert jpeg.mos == pytest.approx(112 - row / 10)
    assert (jpeg.std, jpeg.type, jpeg.group) == (5.5, "jpeg", "ocean.bmp")
    assert not any(item.image.parts[-2:] == ("jpeg", "img58.bmp") for item in items)


def test_live_falls_back_on_the_older_scores_and_reads_padded_character_matrices(tmp_path):
    layouts.write_live(tmp_path, realigned=False)
    names = [name.ljust(20) for name in ("bikes.bmp", "ocean.bmp")] * 491
    savemat(tmp_path / "refnames_all.mat", {"refnames_all": names})
    items = load("live", tmp_path)
    assert items[0].std is None
    assert items[0].mos == pytest.approx(112 - 5.81)
    assert {item.group for item in items} == {"bikes.bmp", "ocean.bmp"}


def test_a_shortened_live_vector_is_refused(tmp_path):
    layouts.write_live(tmp_path)
    savemat(tmp_path / "dmos_realigned.mat", {"dmos_new": [1.0], "dmos_std": [1.0], "orgs": [0]})
    with pytest.raises(UsageError, match="1 rows where LIVE release 2 has 982"):
        load("live", tmp_path)


def test_tid2013_is_matched_in_any_case(root):
    items = by_name(load("tid2013", root("tid2013")))
    assert len(items) == 2 * 24 * 5
    item = items["i02_01_3.bmp"]
    assert (item.image.name, item.reference.name) == ("i02_01_3.bmp", "i02.bmp")
    assert items["i01_24_5.bmp"].reference.name == "I01.BMP"
    assert (item.mos, item.std, item.type) == (4.01, 0.3, "additive Gaussian noise")
    assert items["i01_24_5.bmp"].type == "sparse sampling and reconstruction"


def test_csiq_has_its_header_on_row_four_and_its_scores_turned_round(root):
    items = by_name(load("csiq", root("csiq")))
    assert len(items) == 2 * 6 * 5
    item = items["1600.awgn.5.png"]
    assert item.mos == pytest.approx(1 - 5 / 8)
    assert (item.std, item.type, item.group) == (0.05, "noise", "1600.png")
    assert item.image.parent.name == "AWGN"  # the folder's case differs between copies
    assert items["aerial_city.jpeg2000.1.png"].type == "jpeg 2000"


def test_kadid10k_is_higher_better_despite_the_name_of_its_score(root):
    items = by_name(load("kadid10k", root("kadid10k")))
    mild, strong = items["i01_10_01.png"], items["i01_10_05.png"]
    assert (mild.mos, strong.mos, mild.std, mild.type) == (4.4, 1.2, 0.496, "JPEG")


def test_pipal_finds_images_in_all_its_folders(root):
    items = load("pipal", root("pipal"))
    assert {item.image.parent.name for item in items} == {"Distortion_1", "Distortion_2"}
    assert (items[0].mos, items[0].type) == (1800, "00")


@pytest.mark.parametrize("name", ["pipal-valid", "pipal-test"])
def test_the_unrated_parts_of_pipal_have_no_scores(root, name):
    items = load(name, root(name))
    assert len(items) == 3
    assert all(math.isnan(item.mos) for item in items)


def test_koniq_reads_quoted_counts_and_fractions_alike(root, tmp_path):
    layouts.write_koniq(tmp_path, fractions=True)
    counts, fractions = load("koniq10k", root("koniq10k")), load("koniq10k", tmp_path)
    assert '"10004473376.jpg"' in (root("koniq10k") / "koniq10k_scores_and_distributions.csv").read_text()
    assert sum(counts[3].votes) == 100
    assert sum(fractions[3].votes) == pytest.approx(1)
    for one, other in zip(counts, fractions, strict=True):
        assert one.mos == pytest.approx(other.mos)
        assert one.std == pytest.approx(other.std)
        assert 1 <= one.mos <= 5


def test_live_wild_leaves_out_the_seven_training_images(root):
    items = load("live-wild", root("live-wild"))
    assert len(items) == 10
    assert (items[0].image.name, items[0].mos) == ("3.jpg", 90)
    assert items[-1].std == 20


def test_toyama_leaves_out_its_reference_rows(root):
    items = load("toyama", root("toyama"))
    assert len(items) == 2 * 12
    assert {item.type for item in items} == {"JPEG", "JPEG 2000"}


def test_ivc_takes_type_and_reference_from_the_name(root):
    items = by_name(load("ivc", root("ivc")))
    item = items["barba_jpeg_lumichr_r2.bmp"]
    assert (item.type, item.group, item.mos) == ("JPEG, luma and chroma", "barba.bmp", pytest.approx(3.4))


def test_biq2021_is_read_in_two_parts_or_as_one_table(root, tmp_path):
    layouts.write_biq2021(tmp_path, one_table=True)
    assert [item.mos for item in load("biq2021", tmp_path)] == [item.mos for item in load("biq2021", root("biq2021"))]


def test_a_spreadsheet_without_openpyxl_names_the_extra(root, monkeypatch):
    real = builtins.__import__

    def without_openpyxl(name, *args, **kwargs):
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_openpyxl)
    monkeypatch.delitem(__import__("sys").modules, "openpyxl", raising=False)
    with pytest.raises(MissingExtraError, match=r"iqa-cli\[datasets\]"):
        load("spaq", root("spaq"))

"""Readers of the public datasets, against miniature copies of their official layouts."""

import builtins
import math
from pathlib import Path

import layouts
import numpy as np
import pytest
from scipy.io import savemat

from iqa_cli.datasets import (
    DATASETS,
    Item,
    audit,
    audit_dataset,
    describe,
    find_dataset,
    load,
    read_manifest,
    without_bad,
)
from iqa_cli.errors import MissingExtraError, UsageError
from iqa_cli.images import load_image

FULL_REFERENCE = [name for name, dataset in DATASETS.items() if dataset.full_reference]
# LIVE's miniature images are all alike: its direction has a test of its own.
RATED = [name for name, dataset in DATASETS.items() if dataset.low is not None and name != "live"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """`root(name)`: the folder of a miniature dataset, written once; tests leave it as it is."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            layouts.WRITERS[name](made[name])
        return made[name]

    return folder


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
    assert {item.group for item in items} == {item.reference.name for item in items}


def test_without_a_reference_every_image_is_its_own_group(root):
    items = load("koniq10k", root("koniq10k"))
    assert [item.group for item in items] == [item.image.name for item in items]


def test_the_catalogue_knows_names_directions_and_pages():
    assert {name for name, dataset in DATASETS.items() if not dataset.higher_better} == {"live", "csiq"}
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


# Folders that will not do


def test_a_missing_folder_names_the_page_of_the_dataset(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere: no such folder; SPAQ is to be had at https://") as raised:
        load("spaq", tmp_path / "nowhere")
    assert "\n" not in str(raised.value)


def test_missing_label_files_are_named_in_one_line_with_the_page(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(UsageError, match=r"\(looked for dmos\.csv\); .*mmsp-kn\.de/kadid") as raised:
        load("kadid10k", tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("present", DATASETS)
@pytest.mark.parametrize("asked", ["kadid10k", "tid2008", "koniq10k"])
def test_another_dataset_under_the_root_is_recognised(root, asked, present):
    if present == asked:
        return
    with pytest.raises(UsageError) as raised:
        load(asked, root(present))
    assert f"this looks like {DATASETS[present].title}, not {DATASETS[asked].title}: ask for {present}" in str(
        raised.value
    )


def test_a_folder_too_high_up_is_told(tmp_path):
    layouts.write_kadid10k(tmp_path / "kadid10k", types=1, levels=1)
    with pytest.raises(UsageError, match=r"one folder further down: give .*kadid10k"):
        load("kadid10k", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"dist_img,ref_img\na,b\n", "no column dmos, var in it, only dist_img, ref_img"),
        (b"dist_img,ref_img,dmos,var\nhello.png,I01.png,3,1\n", "odd image name 'hello.png'"),
        (b"dist_img,ref_img,dmos,var\n", "labels of KADID-10k are empty"),
        (b"", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_broken_label_file_is_told_in_one_line(tmp_path, content, message):
    layouts.write_kadid10k(tmp_path, references=1, types=1, levels=1)
    (tmp_path / "dmos.csv").write_bytes(content)
    with pytest.raises(UsageError, match=message) as raised:
        load("kadid10k", tmp_path)
    assert "\n" not in str(raised.value)


# Manifests


def test_a_manifest_of_pairs_takes_std_type_and_group_and_passes_over_the_rest(tmp_path):
    table = tmp_path / "manifest.csv"
    table.write_text(
        "reference,distorted,type,level,mos,std,group\na.png,d/a1.png,JPEG,2,3.5,0.4,\nb.png,d/b1.png,,1,,,g\n"
    )
    first, second = read_manifest(table)
    assert first == Item(
        tmp_path / "d/a1.png", tmp_path / "a.png", 3.5, 0.4, type="JPEG", group=str(tmp_path / "a.png")
    )
    assert math.isnan(second.mos)
    assert (second.std, second.type, second.group) == (None, "", "g")


def test_a_manifest_of_single_images_needs_no_reference(tmp_path):
    table = tmp_path / "manifest.csv"
    table.write_text("image,mos\nx.jpg,71\n")
    assert read_manifest(table) == [Item(tmp_path / "x.jpg", None, 71.0, group=str(tmp_path / "x.jpg"))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,score\nx.jpg,3\n", "no column mos"),
        ("image,mos\nx.jpg,good\n", "must be numbers, found 'good' for .*x.jpg"),
    ],
)
def test_a_manifest_without_numbers_is_refused(tmp_path, text, message):
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_manifest(tmp_path / "manifest.csv")


# The audit


def test_the_audit_tells_everything_at_once_with_counts_and_examples(tmp_path):
    layouts.write_kadid10k(tmp_path, references=2, types=2, levels=5)
    images = tmp_path / "images"
    for level in range(1, 6):
        (images / f"I01_01_0{level}.png").unlink()
    (images / "I01_02_01.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (images / "I02.png").unlink()
    layouts.save_picture(images / "I03_01_01.png", 8)
    labels = tmp_path / "dmos.csv"
    text = labels.read_text().replace("I01_02_02.png,I01.png,3.6", "I01_02_02.png,I01.png,36")
    text = text.replace("I01_02_03.png,I01.png,2.8", "I01_02_03.png,I01.png,")
    labels.write_text(text + "I01_02_04.png,I01.png,2.0,0.5\n")
    items, decoded = load("kadid10k", tmp_path), []
    problems = audit_dataset(DATASETS["kadid10k"], tmp_path, items, tick=lambda: decoded.append(1))
    message = describe(problems)
    assert message.splitlines()[0] == "20 problems in the data"
    assert "missing image: 5 (" in message
    assert "I01_01_03.png and 2 more)" in message
    assert f"missing reference: 10 ({images / 'I02.png'}, of 10 images)" in message
    assert "unreadable image: 1 (" in message
    assert "I01_02_02.png has 36, outside 1 to 5" in message
    assert "NaN label: 1 (" in message
    assert "I01_02_04.png is listed 2 times" in message
    assert f"image without label: 1 ({images / 'I03_01_01.png'})" in message
    assert len(decoded) == 1 + 5 + 10  # one reference, what is left of the first picture's images, the second's
    good = without_bad(items, problems)
    assert [item.image.name for item in good] == ["I01_02_04.png", "I01_02_05.png"]
    assert audit(good, 1, 5) == []


def test_without_decoding_a_broken_image_goes_unnoticed(tmp_path):
    (tmp_path / "x.png").write_bytes(b"no image")
    item = Item(tmp_path / "x.png", None, 3.0)
    assert audit([item], 1, 5, decode=False) == []
    assert [problem.kind for problem in audit([item], 1, 5)] == ["unreadable image"]


def test_an_unreadable_reference_costs_all_its_images(tmp_path):
    layouts.write_kadid10k(tmp_path, references=2, types=1, levels=2)
    (tmp_path / "images" / "I01.png").write_bytes(b"no image")
    items = load("kadid10k", tmp_path)
    problems = audit(items, 1, 5)
    assert [problem.image.name for problem in problems] == ["I01.png"]
    assert {item.group for item in without_bad(items, problems)} == {"I02.png"}


def test_scores_may_pass_the_ends_of_their_scale_a_little(tmp_path):
    # LIVE publishes a DMOS of -2.64, BIQ2021 a MOS of -0.028.
    for name, mos in (("live", 112 + 2.64), ("biq2021", -0.028)):
        dataset = DATASETS[name]
        assert audit([Item(Path(__file__), None, mos)], dataset.low, dataset.high, decode=False) == []
    assert len(audit([Item(Path(__file__), None, -0.2)], 0, 1, decode=False)) == 1

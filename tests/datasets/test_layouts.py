"""Folders that are not what was asked for, and what systems and copies do to official layouts."""

import layouts
import pytest

from iqa_cli.datasets import (
    DATASETS,
    load,
)
from iqa_cli.errors import UsageError


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
        (b"", "dmos.csv: empty"),
        (b"\xff\xfe\x00", "dmos.csv: not a table"),
    ],
)
def test_a_broken_label_file_is_told_in_one_line(tmp_path, content, message):
    layouts.write_kadid10k(tmp_path, references=1, types=1, levels=1)
    (tmp_path / "dmos.csv").write_bytes(content)
    with pytest.raises(UsageError, match=message) as raised:
        load("kadid10k", tmp_path)
    assert "\n" not in str(raised.value)


def rewritten(path, change):
    path.write_bytes(change(path.read_text()))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: ("\ufeff" + text.replace("\n", "\r\n")).encode(),
        lambda text: text.replace(",", ", ").encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode("utf-16"),
        lambda text: "".join(
            f"{'' if not number else number - 1},{line}\n" for number, line in enumerate(text.splitlines())
        ).encode(),
    ],
    ids=["windows", "blanks", "semicolons", "excel_unicode", "pandas_index"],
)
def test_labels_saved_by_another_program_are_read_alike(tmp_path, change):
    layouts.write_kadid10k(tmp_path, references=1, types=2, levels=2)
    before = load("kadid10k", tmp_path)
    rewritten(tmp_path / "dmos.csv", change)
    assert load("kadid10k", tmp_path) == before


def test_labels_in_text_may_have_a_byte_order_mark_and_windows_line_ends(tmp_path):
    layouts.WRITERS["tid2013"](tmp_path)
    before = load("tid2013", tmp_path)
    rewritten(tmp_path / "mos_with_names.txt", lambda text: ("\ufeff" + text.replace("\n", "\r\n")).encode())
    assert load("tid2013", tmp_path) == before

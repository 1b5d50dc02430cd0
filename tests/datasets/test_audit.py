"""What is wrong with the data is told at once."""

import math
from pathlib import Path

import layouts
import pytest

from iqa_cli.datasets import (
    DATASETS,
    Item,
    Kind,
    Problem,
    audit,
    audit_dataset,
    describe,
    load,
    without_bad,
)


def test_the_audit_tells_everything_at_once_with_counts_and_examples(tmp_path):
    layouts.write_kadid10k(tmp_path, references=2, types=2, levels=5)
    images = tmp_path / "images"
    for level in range(1, 6):
        (images / f"I01_01_0{level}.png").unlink()
    (images / "I02.png").unlink()
    layouts.save_picture(images / "I03_01_01.png", 8)
    labels = tmp_path / "dmos.csv"
    text = labels.read_text().replace("I01_02_02.png,I01.png,3.6", "I01_02_02.png,I01.png,36")
    text = text.replace("I01_02_03.png,I01.png,2.8", "I01_02_03.png,I01.png,")
    labels.write_text(text + "I01_02_04.png,I01.png,2.0,0.5\n")
    items = load("kadid10k", tmp_path)
    problems = audit_dataset(DATASETS["kadid10k"], tmp_path, items)
    message = describe(problems)
    assert message.splitlines()[0] == "19 problems in the data"
    assert "missing image: 5 (" in message
    assert "I01_01_03.png and 2 more)" in message
    assert f"missing reference: 10 ({images / 'I02.png'}, of 10 images)" in message
    assert "I01_02_02.png has 36, outside 1 to 5" in message
    assert "NaN label: 1 (" in message
    assert "I01_02_04.png is listed 2 times" in message
    assert f"image without label: 1 ({images / 'I03_01_01.png'})" in message
    good = without_bad(items, problems)
    assert [item.image.name for item in good] == ["I01_02_01.png", "I01_02_04.png", "I01_02_05.png"]
    assert audit(good, 1, 5) == []


def test_no_image_is_opened(tmp_path):
    (tmp_path / "x.png").write_bytes(b"no image")
    assert audit([Item(tmp_path / "x.png", None, 3.0)], 1, 5) == []


def test_an_unreadable_reference_costs_all_its_images(tmp_path):
    layouts.write_kadid10k(tmp_path, references=2, types=1, levels=2)
    items = load("kadid10k", tmp_path)
    broken = Problem(Kind.UNREADABLE, tmp_path / "images" / "I01.png", "I01.png: no image")
    assert {item.group for item in without_bad(items, [broken])} == {"I02.png"}


@pytest.mark.parametrize("ends", [(1, 5), (-math.inf, math.inf)])
@pytest.mark.parametrize(("mos", "std"), [(math.inf, None), (-math.inf, 1.0), (3.0, math.inf)])
def test_an_infinite_label_is_told_whatever_the_scale(mos, std, ends):
    (problem,) = audit([Item(Path(__file__), None, mos, std)], *ends)
    assert problem.kind is Kind.INFINITE and __file__ in problem.message


CLUTTER = ("._I01_01_01.png", ".DS_Store", "@eaDir/I01_01_01.png/SMALL.jpg", "__MACOSX/._I01.png", "~$I01.png")


@pytest.mark.parametrize("name", layouts.WRITERS)
def test_what_systems_drop_into_the_folders_of_a_dataset_changes_nothing(tmp_path, name):
    layouts.WRITERS[name](tmp_path)
    before = load(name, tmp_path)
    for folder in [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]:
        for file in sorted(path for path in folder.iterdir() if path.is_file()):
            (folder / f"._{file.name}").write_bytes(b"\0\5\x16\7 AppleDouble")
            (folder / f"~${file.name}").write_bytes(b"lock")
        for clutter in CLUTTER:
            (folder / clutter).parent.mkdir(parents=True, exist_ok=True)
            (folder / clutter).touch()
    items = load(name, tmp_path)
    assert list(map(str, items)) == list(map(str, before))
    assert audit_dataset(DATASETS[name], tmp_path, items) == []


def test_maps_drawn_into_a_dataset_are_no_images_without_label(tmp_path):
    layouts.write_kadid10k(tmp_path, references=1, types=1, levels=1)
    (tmp_path / "images" / "I01_01_01.png.iqt.attention.png").touch()
    assert audit_dataset(DATASETS["kadid10k"], tmp_path, load("kadid10k", tmp_path)) == []


def test_scores_may_pass_the_ends_of_their_scale_a_little(tmp_path):
    # LIVE publishes a DMOS of -2.64, BIQ2021 a MOS of -0.028.
    for name, mos in (("live", 112 + 2.64), ("biq2021", -0.028)):
        dataset = DATASETS[name]
        assert audit([Item(Path(__file__), None, mos)], dataset.low, dataset.high) == []
    assert len(audit([Item(Path(__file__), None, -0.2)], 0, 1)) == 1

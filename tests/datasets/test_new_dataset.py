"""A new data set is one module with one declaration, and a line among the official ones."""

import json

import pytest
from PIL import Image

from iqa_cli.__main__ import main
from iqa_cli.datasets import DATASETS, Dataset, Item, audit_dataset, load
from iqa_cli.datasets.label_files import names, numbers, read_labels
from iqa_cli.datasets.layout import Folder, require


def read_toy(root):
    """What would stand in a module of its own: the rated images of the official layout."""
    labels = read_labels(require(root, "scores.csv"), "file", "mos")
    pictures, originals = Folder(require(root, "pictures")), Folder(require(root, "originals"))
    return [
        Item(pictures[name], originals[name.split("_")[0] + ".png"], mos, type="noise", group=name.split("_")[0])
        for name, mos in zip(names(labels["file"]), numbers(labels["mos"]), strict=True)
    ]


TOY = Dataset(
    name="toy",
    title="Toy",
    full_reference=True,
    images=6,
    references=2,
    score="MOS",
    higher_is_better=True,
    low=1.0,
    high=5.0,
    page="https://example.org/toy",
    terms="none",
    files=("scores.csv", "pictures", "originals"),
    reader=read_toy,
)


@pytest.fixture
def root(tmp_path, photo, monkeypatch):
    monkeypatch.setitem(DATASETS, "toy", TOY)
    lines = ["file,mos"]
    for number in range(2):
        pixels = photo(64, 64, number)
        for folder in ("pictures", "originals"):
            (tmp_path / folder).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "originals" / f"{number}.png")
        for level in range(1, 4):
            Image.fromarray(pixels // (level + 1)).save(tmp_path / "pictures" / f"{number}_{level}.png")
            lines.append(f"{number}_{level}.png,{5 - level - 0.1 * number}")
    (tmp_path / "scores.csv").write_text("\n".join(lines))
    return tmp_path


def test_it_is_read_and_audited_by_its_name(root):
    items = load("toy", root)
    assert len(items) == TOY.images and audit_dataset(TOY, root, items) == []
    assert all(item.reference.is_file() for item in items)


def test_it_is_evaluated_like_the_others(root, capsys):
    command = ["eval", "--dataset", "toy", "--root", str(root), "-m", "psnr", "--resamples", "0", "-f", "json"]
    with pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0
    (found,) = json.loads(capsys.readouterr().out)["datasets"]
    assert (found["title"], found["images"]) == ("Toy", 6)
    assert found["models"]["psnr"]["overall"]["measures"]["srocc"]["value"] > 0.6

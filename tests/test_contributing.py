"""docs/contributing.md, done word for word on a copy of the package: a file and an entry add a thing."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iqa_cli

PACKAGE = Path(iqa_cli.__file__).parent
PAGE = (PACKAGE.parent / "docs/contributing.md").read_text(encoding="utf-8")
FILE = re.compile(r"In\s+`(iqa_cli/[\w/]+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"In `(\w+)` of\s+`(iqa_cli/[\w/]+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def enter(source, table, entry):
    """The source with a further entry at the end of one of its tables; the imports of the entry go to the top."""
    lines = entry.splitlines()
    imports = [f"{line}\n" for line in lines if line.startswith("from ")]
    entry = "\n".join(line for line in lines if not line.startswith("from ")).strip()
    tree = ast.parse(source)
    (assigned,) = [node for node in tree.body if table in assigned_names(node)]
    rows = next(node for node in ast.walk(assigned.value) if isinstance(node, ast.Tuple))
    first_import = next(node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)).lineno - 1
    text = source.splitlines(keepends=True)
    last = text[rows.end_lineno - 1].encode()
    end = rows.end_col_offset - 1  # before the bracket that closes the table
    text[rows.end_lineno - 1] = (last[:end] + f"{entry},\n".encode() + last[end:]).decode()
    return "".join([*text[:first_import], *imports, *text[first_import:]])


def assigned_names(node):
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The package with all that the page adds."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, folder / "iqa_cli", ignore=shutil.ignore_patterns("embedded", "__pycache__"))
    (folder / "iqa_cli/weights/embedded").symlink_to(PACKAGE / "weights/embedded")
    catalogue = PACKAGE.parent / "weights.toml"
    if catalogue.exists():
        (folder / "weights.toml").symlink_to(catalogue)
    for path, text in FILE.findall(PAGE):
        assert not (folder / path).exists(), path
        (folder / path).write_text(text, encoding="utf-8")
    for table, path, entry in ENTRY.findall(PAGE):
        source = (folder / path).read_text(encoding="utf-8")
        (folder / path).write_text(enter(source, table, entry), encoding="utf-8")
    return folder


@pytest.fixture
def iqa(copy, tmp_path):
    """`iqa(...)` of the copy, in an empty folder; gives what it prints."""

    def run(*arguments):
        command = [sys.executable, "-m", "iqa_cli", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def pair(tmp_path, photo):
    """A photograph and a noisy copy of it, as values in [0, 1]; the files are called reference.png and noisy.png."""
    reference = photo(48, 64)
    noise = np.random.default_rng(0).normal(0, 20, reference.shape)
    noisy = np.clip(reference + noise, 0, 255).astype(np.uint8)
    for name, pixels in (("reference.png", reference), ("noisy.png", noisy)):
        Image.fromarray(pixels).save(tmp_path / name)
    return reference / 255, noisy / 255


def test_the_page_adds_each_of_the_five_kinds_by_a_file_and_an_entry():
    files, tables = [path for path, _ in FILE.findall(PAGE)], [path for _, path, _ in ENTRY.findall(PAGE)]
    assert sorted({Path(path).parts[1] for path in files}) == ["datasets", "distortions", "models", "output"]
    assert len(files) == len(tables) == 5


def test_new_models_are_listed_and_score_beside_the_others(iqa, pair):
    listed = {entry["name"]: entry for entry in json.loads(iqa("models", "--format", "json"))}
    assert {"mae", "contrast"} <= set(listed)
    row = json.loads(
        iqa("score", "reference.png", "noisy.png", "-m", "mae", "-m", "contrast", "-m", "psnr", "-f", "jsonl")
    )
    reference, noisy = pair
    assert row["mae"] == pytest.approx(np.abs(reference - noisy).mean(), abs=1e-6)
    assert row["contrast"] == pytest.approx(noisy.std(), abs=1e-6)


def test_a_new_data_set_is_listed_and_evaluated(iqa, tmp_path, photo):
    (tmp_path / "garden/photos").mkdir(parents=True)
    contrasts, labels = [0.2, 0.5, 0.8, 1.0], ["name,mos"]
    for number, contrast in enumerate(contrasts):
        pixels = 128 + contrast * (photo(32, 32).astype(float) - 128)
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"garden/photos/{number}.png")
        labels.append(f"{number}.png,{1 + 8 * contrast}")
    (tmp_path / "garden/garden_mos.csv").write_text("\n".join(labels))
    assert "https://example.org/garden" in iqa("eval", "--list")
    report = json.loads(iqa("eval", "--dataset", "garden", "--root", "garden", "-m", "contrast", "-f", "json"))
    (found,) = report["datasets"]
    assert (found["title"], found["images"]) == ("Garden", 4)
    assert found["models"]["contrast"]["overall"]["measures"]["srocc"]["value"] == pytest.approx(1)


def test_a_new_row_format_is_written_and_resumed(iqa, tmp_path, pair):
    command = ("score", "reference.png", "noisy.png", "reference.png", "-m", "psnr", "-o", "scores.tsv")
    iqa(*command)
    written = (tmp_path / "scores.tsv").read_text()
    assert [line.split("\t")[1] for line in written.splitlines()] == ["distorted", "noisy.png", "reference.png"]
    (tmp_path / "scores.tsv").write_text(written[:-9])  # as a kill in the middle of a row leaves it
    iqa(*command, "--resume")
    assert (tmp_path / "scores.tsv").read_text() == written


def test_a_new_distortion_is_listed_and_applied(iqa, tmp_path, pair):
    assert "vignette" in iqa("distort", "--list")
    iqa("distort", "reference.png", "--types", "vignette", "--levels", "5", "--jobs", "1", "--out", "made")
    (made,) = [Image.open(path) for path in (tmp_path / "made/distorted").rglob("*.png")]
    before, after = pair[0], np.asarray(made) / 255
    corner, middle = (0, 0), (24, 32)
    assert after[corner] == pytest.approx(0.2 * before[corner], abs=0.003)
    assert after[middle] == pytest.approx(before[middle], abs=0.003)

"""What an installation holds. Building a wheel takes pip and the network, so those tests are marked slow."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from iqa_cli.registry import names
from iqa_cli.weights.weight_list import catalogue

ROOT = Path(__file__).parents[1]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
EMBEDDED = [f"iqa_cli/weights/embedded/{weight.file}" for weight in catalogue() if weight.file]
RECIPES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "iqa_cli").rglob("*.toml"))]
PAGE = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "iqa_cli/page/assets").iterdir())]
CATALOGUE = "iqa_cli/weights/weights.toml"
CELLS = "iqa_cli/distortions/declared.py"


def pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built as a user's pip would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", ROOT, "--no-deps", "--wheel-dir", folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """`installed(...)`: Python with the wheel, run far from the checkout; gives its stdout."""
    target = tmp_path_factory.mktemp("installed")
    pip("install", wheel, "--no-deps", "--target", target)

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=target.parent,
            env={**os.environ, "PYTHONPATH": str(target)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    return python


def test_the_build_finds_every_file_it_is_told_to_take():
    assert BUILD["wheel"]["force-include"] == {"weights.toml": CATALOGUE}
    named = [*BUILD["wheel"]["packages"], *BUILD["wheel"]["force-include"], *BUILD["sdist"]["include"]]
    assert not [name for name in named if not (ROOT / name).exists()]


def test_no_data_of_the_package_is_left_out_of_the_wheel_by_git_ignoring_it():
    assert RECIPES and PAGE
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    ignored = ["git", "check-ignore", "--no-index", *EMBEDDED, *RECIPES, *PAGE, CELLS]
    assert subprocess.run(ignored, cwd=ROOT, capture_output=True, text=True).stdout == ""


def test_the_sdist_has_all_that_its_tests_read():
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    told = {*BUILD["sdist"]["include"], "pyproject.toml"}  # which every sdist has
    assert {Path(name).parts[0] for name in kept} <= told


@pytest.mark.slow
def test_the_wheel_holds_catalogue_weights_recipes_and_the_means_of_kadid_10k(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        assert archive.read(CATALOGUE) == (ROOT / "weights.toml").read_bytes()
        for name in (*EMBEDDED, *RECIPES, *PAGE, CELLS):
            assert archive.read(name) == (ROOT / name).read_bytes()
    assert not [name for name in held if name.startswith(("tests/", "examples/", "runs/"))]


@pytest.mark.slow
def test_an_installation_lists_its_models_and_weights_without_the_checkout(installed):
    models = json.loads(installed("-m", "iqa_cli", "models", "--format", "json"))
    weights = json.loads(installed("-m", "iqa_cli", "weights", "list", "--format", "json"))
    assert [model["name"] for model in models] == names()
    assert [weight["name"] for weight in weights] == [weight.name for weight in catalogue()]


@pytest.mark.slow
def test_an_installation_finds_its_own_files(installed):
    program = """
import iqa_cli
from pathlib import Path
from iqa_cli.weights.fetching import path_of
from iqa_cli.weights.weight_list import catalogue, catalogue_path

package = Path(iqa_cli.__file__).parent
assert catalogue_path() == package / "weights/weights.toml", catalogue_path()
for weight in catalogue():
    assert not weight.file or path_of(weight).stat().st_size == weight.size, weight
print(package)
"""
    assert str(ROOT) not in installed("-c", program)


@pytest.mark.slow
def test_an_installation_scores_a_pair(installed):
    reference, distorted = ROOT / "examples/astronaut.png", ROOT / "examples/astronaut-jpeg.jpg"
    out = installed("-m", "iqa_cli", "score", str(reference), str(distorted), "-m", "psnr", "--format", "jsonl")
    assert 20 < json.loads(out)["psnr"] < 40

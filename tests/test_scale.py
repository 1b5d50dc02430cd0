"""docs/scale.md by copy and paste: every recipe runs as it stands there, where its tool is; scores are the same.

But for rounding: another number of threads may move the last of the six digits.
"""

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from test_docs import COMMANDS, options

import iqa_cli

PAGE = (Path(__file__).parents[1] / "docs/scale.md").read_text(encoding="utf-8")
SECTIONS = {text.partition("\n")[0]: text for text in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
BLOCK = re.compile(r"^```(sh|bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCRIPT = "score.sbatch"  # the page shows it as bash
MODEL, PHOTOGRAPHS = "triq-lite", 6


def blocks(section):
    return BLOCK.findall(SECTIONS[section])


def there(*tools):
    """Whether commands or Python packages are installed, and Slurm runs here where it is asked for."""
    if "sbatch" in tools and (which("sinfo") is None or subprocess.run(["sinfo"], capture_output=True).returncode):
        return False
    return all(which(tool) or find_spec(tool) for tool in tools)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with photographs, one of them broken, and `iqa` on the path; `place.env` is the environment there."""
    folder = tmp_path_factory.mktemp("scale")
    (folder / "photos/sub").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(PHOTOGRAPHS):
        pixels = rng.integers(0, 256, (8, 12, 3), np.uint8)
        picture = Image.fromarray(pixels).resize((96, 64), Image.Resampling.BICUBIC)
        picture.save(folder / "photos" / ("sub" if number % 2 else ".") / f"{number}.jpg", quality=30 + 10 * number)
    (folder / "photos/broken.jpg").write_text("no picture")
    command = folder / "bin/iqa"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m iqa_cli "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def expected(place):
    """The scores of a plain run by file name, NaN of the broken one."""
    frame = iqa_cli.score(place / "photos", models=MODEL, recursive=True)
    return {Path(name).name: value for name, value in zip(frame["image"], frame[MODEL], strict=True)}


def run(place, language, text):
    """A block as its reader would run it; what failed is told by what it leaves."""
    package = str(Path(iqa_cli.__file__).parents[1])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {
        **os.environ,
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "RAY_ADDRESS": "local",  # no cluster of somebody else's
        "DO_NOT_TRACK": "1",
    }
    if language == "bash":
        (place / SCRIPT).write_text(text)
        return ""
    if language == "python":
        (place / "recipe.py").write_text(text)
    words = [sys.executable, "recipe.py"] if language == "python" else ["bash", "-c", text]
    done = subprocess.run(words, cwd=place, env=env, capture_output=True, text=True, timeout=300)
    print(done.stdout, done.stderr, sep="\n")  # which pytest shows where the test fails
    assert language == "sh" or not done.returncode
    return done.stdout


def scores(folder):
    """The scores in the Parquet files of a folder by file name, and how many rows there are."""
    frame = pd.concat(map(pd.read_parquet, sorted(folder.glob("*.parquet"))))
    name = "path" if "path" in frame else "image"
    assert sorted(frame["status"]) == ["error"] + ["ok"] * PHOTOGRAPHS
    return {Path(image).name: value for image, value in zip(frame[name], frame[MODEL], strict=True)}


RECIPES = [
    ("Processes of one machine", ["xargs", "parallel"], ["scores", "parallel-scores"]),
    ("Slurm", ["sbatch", "srun"], ["slurm-scores", "srun-scores"]),
    ("Ray", ["ray"], ["cluster-scores", "ray-scores"]),
    ("Daft", ["daft"], ["daft-scores"]),
    ("Spark", ["pyspark", "java"], ["spark-scores"]),
    ("Bytes in place of names", ["ray"], ["bytes-scores"]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("section", "tools", "written"), RECIPES, ids=[section for section, _, _ in RECIPES])
def test_a_recipe_gives_the_scores_of_a_plain_run(place, expected, section, tools, written):
    if not there(*tools):
        pytest.skip(f"needs {', '.join(tools)}")
    for language, text in [*blocks("A list of photographs"), *blocks(section)]:
        run(place, language, text)
    for folder in written:
        found = scores(place / folder)
        assert found == pytest.approx(expected, abs=2e-6, nan_ok=True), folder


@pytest.mark.slow
def test_parts_are_read_and_joined_as_the_page_says(place):
    if not there("duckdb", "polars", "xargs"):
        pytest.skip("needs duckdb, polars and xargs")
    for language, text in [*blocks("A list of photographs"), *blocks("Processes of one machine")]:
        run(place, language, text)
    run(place, "sh", f"iqa score --manifest photos.parquet -m {MODEL} -f parquet -q -o cluster-scores/")
    told = "".join(run(place, language, text) for language, text in blocks("Read the parts"))
    assert "cannot be read" in told
    joined = pd.read_parquet(place / "photos-scored.parquet")
    assert len(joined) == PHOTOGRAPHS + 1 and joined[MODEL].notna().sum() == PHOTOGRAPHS


def test_options_of_all_commands_on_the_page_exist_also_behind_xargs_and_in_the_script():
    known = {spelling for spellings in options(COMMANDS["iqa score"]) for spelling in spellings}
    lines = [line for section in SECTIONS for _, text in blocks(section) for line in text.splitlines()]
    commands = [found[1] for line in lines if (found := re.search(r"iqa score (.*?)(?:\s:::|$)", line))]
    assert len(commands) >= 5
    for command in commands:
        typed = {word for word in shlex.split(command) if re.match(r"--?[a-z]", word)}
        assert typed <= known, command


def test_every_section_with_a_recipe_is_run():
    tried = {"A list of photographs", "Read the parts", *(section for section, _, _ in RECIPES)}
    assert {section for section in SECTIONS if blocks(section)} == tried

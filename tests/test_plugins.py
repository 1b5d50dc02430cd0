"""Models that other packages declare: found, scored, checked by the contract; a broken one costs a warning."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples/plugin"


@pytest.fixture
def packages(tmp_path):
    """`packages(name, module, entry)`: a package beside the others; the folder they lie in is on the path of `iqa`."""
    folder = tmp_path / "site"

    def install(name, module, entry):
        (folder / f"{name}.dist-info").mkdir(parents=True)
        (folder / f"{name}.dist-info/METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / f"{name}.dist-info/entry_points.txt").write_text(f"[iqa_cli.models]\n{entry}\n")
        (folder / f"{name}.py").write_text(module)
        return folder

    return install


@pytest.fixture
def iqa(tmp_path):
    """`iqa(folder, ...)` in a process that finds the packages of that folder, and two images where it runs."""
    for name, value in (("old.png", 100), ("new.png", 151)):
        Image.new("RGB", (32, 32), (value, value, value)).save(tmp_path / name)

    def run(folder, *arguments, module="iqa_cli"):
        path = os.pathsep.join(map(str, (folder, ROOT)))
        command = [sys.executable, "-m", module, *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def declaration(name, **instead):
    facts = {"builder": "'iqa_mae.model:MeanAbsoluteError'", "config": "'iqa_mae.model:Config'"}
    facts |= {"kind": "FULL", "minimum": "1", **instead}
    told = ", ".join(f"{key}={value}" for key, value in facts.items())
    return (
        "from iqa_cli.registry import FULL, ScoreRange, Spec\n"
        f"MINE = Spec({name!r}, 'Mine', {told}, range=ScoreRange(0, 1), paper='', trained=False)\n"
    )


def test_a_plug_in_is_listed_with_its_group_and_scores_beside_the_others(packages, iqa):
    folder = packages("nice", declaration("nice"), "nice = nice:MINE")
    shutil.copytree(EXAMPLE / "iqa_mae", folder / "iqa_mae")
    listed = iqa(folder, "models", "--format", "plain")
    assert "nice\t" in listed.stdout and "plug-ins" in listed.stdout
    done = iqa(folder, "score", "old.png", "new.png", "-m", "nice,psnr", "-f", "csv")
    assert (done.returncode, done.stdout.splitlines()[1].split(",")[2]) == (0, "0.2")


@pytest.mark.parametrize(
    ("module", "entry", "reason"),
    [
        ("raise RuntimeError('no\\nluck')", "bad = bad:MINE", "RuntimeError: no luck"),
        ("", "bad = bad:MINE", "AttributeError"),
        ("MINE = 3", "bad = bad:MINE", "bad:MINE is no Spec of iqa_cli.registry, but of type int"),
        ("def MINE(): pass", "bad = bad:MINE", "bad:MINE is no Spec of iqa_cli.registry, but of type function"),
        ("MINE = ('iqt',)", "bad = bad:MINE", "bad:MINE is no Spec of iqa_cli.registry, but of type str"),
        (declaration("Not This"), "bad = bad:MINE", "the name 'Not This' is not one of small letters"),
        ("raise SystemExit('needs a key')", "bad = bad:MINE", "SystemExit: needs a key"),
        (declaration("mine", kind="'full_reference'"), "bad = bad:MINE", "its kind 'full_reference' is neither"),
        (declaration("mine", builder="'iqa_mae.model'"), "bad = bad:MINE", "its builder 'iqa_mae.model' is no 'module"),
        (declaration("mine", config="'a:b:C'"), "bad = bad:MINE", "its config 'a:b:C' is no 'module:name'"),
        (declaration("mine", minimum="0"), "bad = bad:MINE", "its minimum 0 is no number of pixels, 1 or more"),
        (declaration("mine", minimum="'8'"), "bad = bad:MINE", "its minimum '8' is no number of pixels"),
        (declaration("psnr"), "bad = bad:MINE", "its name 'psnr' is that of the model of that name here"),
        (declaration("metrics"), "bad = bad:MINE", "its name 'metrics' is that of a group of models"),
    ],
    ids=(
        *("raises", "lacks the name", "no spec", "a function", "no specs", "bad name", "leaves", "no kind"),
        *("no builder", "no config", "no minimum", "a minimum in words", "taken name", "name of a group"),
    ),
)
def test_a_plug_in_that_will_not_do_costs_a_warning_not_the_run(packages, iqa, module, entry, reason):
    folder = packages("bad", module, entry)
    done = iqa(folder, "models", "--format", "plain")
    assert done.returncode == 0 and "psnr\t" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("warning: plug-in 'bad' of the package bad is left out: ") and reason in line


def test_a_plug_in_whose_package_within_a_package_is_not_there_is_listed_as_missing_it(packages, iqa):
    folder = packages("far", declaration("far", module="'nothing_like_it.part'"), "far = far:MINE")
    done = iqa(folder, "models", "--format", "plain")
    assert (done.returncode, done.stderr) == (0, "")
    assert "missing: nothing_like_it.part" in done.stdout


def test_a_model_of_a_plug_in_that_is_left_out_is_told_why(packages, iqa):
    folder = packages("bad", "import nothing_like_it", "bad = bad:MINE")
    done = iqa(folder, "score", "old.png", "new.png", "-m", "bad")
    assert done.returncode == 2
    assert "plug-in 'bad' of the package bad is left out: ModuleNotFoundError" in done.stderr.splitlines()[-1]


def test_quiet_silences_what_is_left_out_and_an_unknown_model_names_its_own_plug_in_alone(packages, iqa):
    packages("bad", "MINE = 3", "bad = bad:MINE")
    folder = packages("worse", "MINE = 4", "worse = worse:MINE")
    done = iqa(folder, "score", "old.png", "new.png", "-m", "psnr", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = iqa(folder, "score", "old.png", "new.png", "-m", "worse", "-q").stderr.splitlines()
    assert "worse:MINE is no Spec" in line and "bad:MINE" not in line


def test_help_and_version_import_no_plug_in(packages, iqa):
    folder = packages("slow", "raise SystemExit('imported')", "slow = slow:MINE")
    for arguments in (["--help"], ["--version"]):
        done = iqa(folder, *arguments)
        assert (done.returncode, done.stderr) == (0, "")


def test_of_two_plug_ins_with_one_name_the_second_is_refused_by_name(packages, iqa):
    packages("one", declaration("same"), "x = one:MINE")
    folder = packages("two", declaration("same"), "y = two:MINE")
    (line,) = iqa(folder, "models", "--format", "plain").stderr.splitlines()
    assert (
        "plug-in 'y' of the package two is left out: its name 'same' is that of plug-in 'x' of the package one" in line
    )


@pytest.mark.slow
def test_the_example_is_installed_scores_and_keeps_the_contract(tmp_path, iqa):
    copy = shutil.copytree(EXAMPLE, tmp_path / "plugin")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(copy)], check=True, capture_output=True)
    done = iqa(tmp_path / "site", "score", "old.png", "new.png", "-m", "mae", "-f", "csv")
    assert (done.returncode, done.stdout.splitlines()[1].split(",")[2]) == (0, "0.2")
    checked = iqa(tmp_path / "site", copy / "tests", "-q", "-p", "no:cacheprovider", module="pytest")
    passed = re.search(r"(\d+) passed", checked.stdout)
    assert checked.returncode == 0 and passed and int(passed[1]) > 10, checked.stdout

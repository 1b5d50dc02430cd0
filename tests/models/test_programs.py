"""Metrics of programs on the PATH: the protocol with a small program of the test, and the real one where it is."""

import shutil
import subprocess
import sys
import tempfile
import textwrap

import numpy as np
import pytest
from PIL import Image

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.models.programs import BUTTERAUGLI, SSIMULACRA2, ProgramConfig, ProgramMetric
from iqa_cli.registry import SPECS, find_model

EXTERNAL = [spec for spec in SPECS if spec.program]
USAGE = {
    "ssimulacra2": "Usage: x orig.png distorted.png\\nReturns a score in range -inf..100",
    "butteraugli_main": "Usage: x <reference> <distorted>",
}
MEAN = "mean = abs(np.asarray(Image.open(sys.argv[1]), float) - np.asarray(Image.open(sys.argv[2]))).mean()\n"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """`program(name, body)`: a program that comes first on the PATH and tells its usage without arguments."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    def make(name, body, usage=None):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        text = USAGE[name] if usage is None else usage
        head = f"#!{sys.executable}\nimport sys, time\nif len(sys.argv) != 3: sys.exit('{text}')\n"
        path.write_text(head + "import numpy as np\nfrom PIL import Image\n" + textwrap.dedent(body))
        path.chmod(0o755)

    return make


@pytest.fixture
def pairs(batch):
    """Three references, and each with its samples moved by 1, 2 and 3 levels of 8 bits."""
    references = (batch(16, 24, 3) * 200 / 255).mul(255).round() / 255
    moved = references.clone()
    for number in range(3):
        moved[number] += (number + 1) / 255
    return references, moved


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("ssimulacra2", "print(f'{mean:.8f}')"),
        ("butteraugli", "print(f'{mean:.10f}'); print('3-norm: 77')"),
        ("butteraugli-3norm", "print('77.5'); print(f'3-norm: {mean:.6f}')"),
    ],
)
def test_a_program_is_given_both_images_exactly_and_its_number_is_the_score(program, pairs, name, printed):
    spec = find_model(name)
    program(spec.program, MEAN + printed)
    assert spec.build()(*pairs).tolist() == [1, 2, 3]


def test_negative_scores_and_those_in_scientific_notation_are_read(program, pairs):
    program("ssimulacra2", "print('-1.5e+01')")
    assert ProgramMetric(SSIMULACRA2)(*pairs).tolist() == [-15, -15, -15]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit('no luck')", r"ssimulacra2 gave no score \(exit 1: no luck\)"),
        ("print('nan')", r"gave no score \(exit 0: nan\)"),
        ("pass", r"gave no score \(exit 0: it says nothing\)"),
        ("time.sleep(60)", "ssimulacra2 took longer than 0.5 s"),
    ],
    ids=["fails", "no number", "silent", "slow"],
)
def test_a_program_that_gives_no_score_is_an_error_of_its_image(program, pairs, body, reason):
    program("ssimulacra2", body)
    patient = ProgramConfig(SSIMULACRA2.program, SSIMULACRA2.known_by, SSIMULACRA2.score, timeout=60)
    hasty = ProgramConfig(SSIMULACRA2.program, SSIMULACRA2.known_by, SSIMULACRA2.score, timeout=0.5)
    with pytest.raises(ImageError, match=reason):
        ProgramMetric(hasty if "sleep" in body else patient)(*pairs)


def test_a_temporary_folder_that_takes_no_images_is_an_error_of_the_image_and_named(
    program, pairs, tmp_path, monkeypatch
):
    program("ssimulacra2", "print(1)")
    metric = ProgramMetric(SSIMULACRA2)
    (tmp_path / "full").write_text("no folder")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    told = rf"ssimulacra2 cannot be given its images in {tmp_path}/full \(Not a directory\): set TMPDIR"
    with pytest.raises(ImageError, match=told):
        metric(*pairs)


def test_a_pair_for_which_it_fails_costs_its_own_row(program, tmp_path, monkeypatch, capsys):
    from iqa_cli.__main__ import main

    program("ssimulacra2", MEAN + "print(mean) if mean < 50 else sys.exit('too different')")
    monkeypatch.chdir(tmp_path)
    for name, value in (("old", 10), ("near", 20), ("far", 90)):
        Image.new("RGB", (16, 16), (value, value, value)).save(f"{name}.png")
    with pytest.raises(SystemExit) as leaving:
        main(["score", "old.png", "near.png", "far.png", "-m", "ssimulacra2", "-f", "csv"])
    said = capsys.readouterr()
    assert leaving.value.code == 1
    assert [line.split(",")[2:4] for line in said.out.splitlines()[1:]] == [["10.0", "ok"], ["", "error"]]
    assert "far.png: ssimulacra2: ssimulacra2 gave no score (exit 1: too different)" in said.err


def test_another_program_of_that_name_is_refused(program):
    program("ssimulacra2", "print(1)", usage="usage: ssimulacra2 [-h] input_image distorted_image")
    with pytest.raises(UsageError, match=r"bin/ssimulacra2 is another program than the ssimulacra2 of libjxl"):
        find_model("ssimulacra2").build()


@pytest.mark.parametrize("spec", EXTERNAL, ids=[spec.name for spec in EXTERNAL])
def test_a_program_that_is_not_there_is_one_line_that_says_where_it_is_to_be_had(spec, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert spec.missing == spec.program
    with pytest.raises(UsageError, match=rf"{spec.name} needs the program {spec.program} on the PATH, of libjxl"):
        spec.build()


@pytest.mark.skipif(shutil.which("butteraugli_main") is None, reason="butteraugli_main is not installed")
def test_butteraugli_is_what_the_real_program_says_of_the_files(tmp_path, photo, batch):
    reference = photo(64, 80)
    distorted = np.clip(reference + np.random.default_rng(0).normal(0, 12, reference.shape), 0, 255).astype(np.uint8)
    for name, pixels in (("a.png", reference), ("b.png", distorted)):
        Image.fromarray(pixels).save(tmp_path / name)
    command = ["butteraugli_main", tmp_path / "a.png", tmp_path / "b.png"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    images = [batch(64, 80), batch(64, 80)]
    images[1] = images[1].new_tensor(distorted / 255).permute(2, 0, 1)[None]
    assert ProgramMetric(BUTTERAUGLI)(*images).item() == float(said[0]) > 0
    assert find_model("butteraugli-3norm").build()(*images).item() == float(said[2])

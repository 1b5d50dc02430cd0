"""What the system does to a run: signals, closed streams, full disks, paths that the shell does not expand."""

import csv
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

import iqa_cli
from iqa_cli.process import expanded

ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "PY_COLORS")}
ENVIRONMENT["PYTHONPATH"] = str(Path(iqa_cli.__file__).parents[1])
SCORE = ("score", "ref.png", "a.jpg", "-m", "psnr")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and descriptors of POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo):
    """The current directory: a reference, two distorted images, and their labels."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo(48, 64)).save("ref.png")
    for number, name in enumerate("ab"):
        Image.fromarray(photo(48, 64)).save(f"{name}.jpg", quality=90 - 40 * number)
    Path("labels.csv").write_text("reference,distorted,mos\nref.png,a.jpg,4\nref.png,b.jpg,2\n")
    return tmp_path


def shell(line):
    """`iqa ...` as the shell runs it: exit code, stdout, stderr."""
    done = subprocess.run(
        f"exec {sys.executable} -m iqa_cli {line}",
        shell=True,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def stopped(number, *arguments, rows=2):
    """Start a run on a manifest that never ends, stop it after some rows; gives code, stderr and the output's text."""
    process = subprocess.Popen(
        [sys.executable, "-m", "iqa_cli", *arguments],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    process.stdin.write("reference,distorted\nref.png,a.jpg\nref.png,b.jpg\n")
    process.stdin.flush()
    output, deadline = Path(arguments[-1]), time.monotonic() + 120
    while not (output.exists() and output.read_text().count("ref.png") >= rows):
        assert time.monotonic() < deadline, "the rows never came"
        time.sleep(0.05)
    process.send_signal(number)
    code = process.wait(timeout=60)
    return code, process.stderr.read(), output.read_text()


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_stopped_closes_its_files_and_says_so_by_its_code(number, expected):
    code, err, text = stopped(number, "score", "-", "-m", "psnr", "-o", "scores.json")
    ended, go_on = err.splitlines()
    assert code == expected and ended.startswith("interrupted after 2 rows, 0 failed, in ")
    assert ended.endswith("kept in scores.json")
    assert go_on == "go on with: iqa score - -m psnr -o scores.json --resume"
    assert [row["distorted"] for row in json.loads(text)["rows"]] == ["a.jpg", "b.jpg"]


def test_closed_output_is_one_line_and_nothing_where_a_file_takes_the_rows():
    code, _, err = shell(" ".join(SCORE) + " >&-")
    assert (code, err.count("\n")) == (2, 1) and "standard output is closed" in err
    code, out, err = shell(" ".join(SCORE) + " -o scores.csv <&- >&-")
    assert (code, out, err.count("\n")) == (0, "", 1) and "1 row, 0 failed" in err
    with Path("scores.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 1


def test_closed_input_is_one_line_where_a_manifest_is_read_from_it():
    code, out, err = shell("score - -m psnr <&-")
    assert (code, out, err.count("\n")) == (2, "", 1) and "standard input is closed" in err


def test_closed_messages_leave_the_code():
    assert shell("score nowhere.png -m triq 2>&-")[0] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "table"])
def test_a_full_disk_names_the_file_with_the_same_code_in_every_format(format):
    code, out, err = shell(f"{' '.join(SCORE)} -f {format} -o /dev/full")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "/dev/full" in err and "No space left" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("line", ["models", " ".join(SCORE)])
def test_a_full_standard_output_is_one_line(line):
    code, _, err = shell(f"{line} > /dev/full")
    assert (code, err.count("\n")) == (1, 1) and "No space left" in err


def test_a_file_that_may_not_grow_names_itself_in_parquet_and_reports_too():
    pytest.importorskip("pyarrow")
    evaluate = ("eval", "--manifest", "labels.csv", "-m", "psnr", "--resamples", "0")
    for arguments in ((*SCORE, "-o", "s.parquet"), (*evaluate, "-o", "r.json")):
        done = subprocess.run(
            [sys.executable, "-m", "iqa_cli", *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)),
        )  # fmt: skip
        assert done.returncode == 1 and arguments[-1] in done.stderr and "Traceback" not in done.stderr


def test_the_home_folder_is_meant_wherever_a_tilde_begins_a_path(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    home = str(folder)
    assert expanded(["--root=~/x", "~/x", "--data", "kadid10k=~/x/", "--weights=iqt=~/w", "-o=~"]) == [
        f"--root={home}/x", f"{home}/x", "--data", f"kadid10k={home}/x/", f"--weights=iqt={home}/w", f"-o={home}"
    ]  # fmt: skip
    untouched = ["a~b", "--match={stem}~", "~nobody-of-that-name/x", "x=1", "~", "-o", "--output=b=~"]
    Path("~").touch()  # a file of that very name
    assert expanded(untouched) == untouched
    Path("a=~").mkdir()
    Path("a=~/x.png").touch()
    named = ["a=~/x.png", "--manifest=a=~/x.png"]
    assert expanded([*named, "b=~/x.png", "a=~/" + "x" * 300]) == [*named, f"b={home}/x.png", f"a={home}/" + "x" * 300]


@pytest.mark.parametrize("option", ["--manifest=~/labels.csv", "--manifest ~/labels.csv"])
def test_every_option_takes_a_tilde(folder, option):
    line = f"score {option} -m psnr --output=~/out.csv"
    done = subprocess.run(
        [sys.executable, "-m", "iqa_cli", *line.split()], env=ENVIRONMENT | {"HOME": str(folder)}, check=False
    )
    assert done.returncode == 0 and (folder / "out.csv").is_file() and not Path("~").exists()


def test_a_file_whose_name_reads_as_an_option_is_told_how_to_be_given(folder):
    Path("-dash.jpg").touch()
    done = subprocess.run(
        [sys.executable, "-m", "iqa_cli", "score", "-dash.jpg"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "-dash.jpg is a file, but reads as an option: write ./-dash.jpg" in done.stderr


def test_names_that_are_not_utf_8_reach_reports_as_they_do_rows():
    scores = [f"{n}.png,{n},{n},g".encode() + b"\xe9\n" * (n > 2) + b"\n" * (n < 3) for n in range(6)]
    Path("e.csv").write_bytes(b"image,mos,psnr,group\n" + b"".join(scores))
    command = "eval --scores e.csv --by group --resamples 0"
    assert shell(f"{command} -f csv > out.csv")[0] == 0
    assert b"psnr,group,g\xe9,3,srocc,1.0" in Path("out.csv").read_bytes()
    assert shell(f"{command} -o out.json")[0] == shell(f"{command} -f json > printed.json")[0] == 0
    for name in ("out.json", "printed.json"):
        models = json.loads(Path(name).read_bytes().decode("utf-8"))["datasets"][0]["models"]
        assert [group["name"] for group in models["psnr"]["by_group"]] == ["g", "g\udce9"]


def test_a_path_that_is_not_utf_8_is_printed_as_it_is():
    out = b"r\xe9s".decode(errors="surrogateescape")
    assert shell(f"distort a.jpg --types 1 --levels 1 --out {out} > printed")[0] == 0
    assert Path("printed").read_bytes() == b"r\xe9s/manifest.csv\n"

"""What is said at the end of a run, what `--resume` goes on from, and that each failure is told once."""

import json
import os
import pty
import re
from pathlib import Path

import layouts
import pytest
from command_line import noise, save, start, truncate

from iqa_cli.engine.session import Session
from iqa_cli.process import Terminated

FOLDERS = ("score", "ref", "dist", "-m", "psnr")
EVAL = ("eval", "--manifest", "labels.csv", "-m", "psnr", "--resamples", "0")


@pytest.fixture(autouse=True)
def labels(folder):
    rows = [[f"ref/{name}.png", f"dist/{name}.jpg", mos] for mos, name in enumerate("abc")]
    layouts.write_csv(Path("labels.csv"), ["reference", "distorted", "mos"], rows)


@pytest.fixture
def interrupted():
    """Ctrl-C comes after the second row, until it is undone."""
    run, monkeypatch = Session.run, pytest.MonkeyPatch()

    def stopped(self, jobs, **how):
        for number, record in enumerate(run(self, jobs, **how)):
            if number == 2:
                raise KeyboardInterrupt
            yield record

    monkeypatch.setattr(Session, "run", stopped)
    yield monkeypatch
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ((*FOLDERS, "-o", "a.csv", "-o", "b.json", "-o", "t.txt"), "a.csv, b.json, t.txt"),
        (("compare", "ref/a.png", "dist/a.jpg", "ref/b.png", "ref/c.png", "-m", "psnr", "-o", "a.csv", "-o", "t.md"),
         "a.csv, t.md"),
        ((*EVAL, "--keep", "k.csv", "-o", "r.json"), "k.csv, r.json"),
    ],
)  # fmt: skip
def test_one_line_at_the_end_tells_rows_failures_seconds_and_files(iqa, command, files):
    done = iqa(*command)
    told = [line for line in done.err.splitlines() if re.fullmatch(r"3 rows, 0 failed, in \d+\.\d s: .*", line)]
    assert len(told) == 1 and told[0].endswith(f": {files}")
    assert "rows," not in iqa(*command, "--overwrite", "--quiet").err


def test_without_a_file_nothing_is_said_of_a_run_that_went_well(iqa):
    assert iqa(*FOLDERS).err == ""


def test_an_evaluation_of_kept_scores_names_what_it_wrote(iqa):
    iqa(*EVAL, "--keep", "k.csv")
    assert (
        iqa("eval", "--scores", "k.csv", "--resamples", "0", "-o", "r.json").err.splitlines()[-1] == "written: r.json"
    )


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ((*FOLDERS, "-o", "a.csv", "--overwrite"), "a.csv"),
        (("score", "-m", "psnr", "-o", "a.csv", "--overwrite", "--", "ref", "dist"), "a.csv"),
        ((*EVAL, "--keep", "k.csv"), "k.csv"),
        (("compare", "--ref", "ref", "dist", "-m", "psnr", "-o", "a.jsonl"), "a.jsonl"),
    ],
)
def test_after_ctrl_c_it_says_what_is_kept_and_the_command_that_goes_on(iqa, interrupted, command, file):
    done = iqa(*command)
    assert done.code == 130
    *_, ended, go_on = done.err.splitlines()
    assert re.fullmatch(rf"interrupted after 2 of 3 rows, 0 failed, in \d+\.\d s: kept in {file}", ended)
    summary = json.loads(Path(f"{file}.run.json").read_text())["summary"]
    assert (summary["complete"], summary["rows"], summary["means"]) == (False, 2, [])
    interrupted.undo()
    words = go_on.removeprefix("go on with: iqa ").split()
    assert "--overwrite" not in words
    done = iqa(*words)
    assert done.code == 0 and "3 rows (2 kept), 0 failed" in done.err
    assert json.loads(Path(f"{file}.run.json").read_text())["summary"]["complete"]


def test_a_run_that_ends_before_its_first_row_leaves_nothing_in_the_way_of_the_next(iqa, monkeypatch):
    command = (*FOLDERS, "-o", "a.csv", "-o", "b.json", "-o", "t.txt")
    with monkeypatch.context() as patch:
        patch.setattr(Session, "run", lambda *given, **how: (_ for _ in "x" if _stopped()))
        done = iqa(*command)
    assert done.code == 130 and "interrupted after 0 of 3 rows" in done.err
    assert not [path for pattern in ("a.csv*", "b.json*", "t.txt*") for path in Path().glob(pattern)]
    assert iqa(*command).code == 0


def _stopped(stop=KeyboardInterrupt):
    raise stop


STOPS = pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])


@STOPS
@pytest.mark.parametrize(
    "place", ["iqa_cli.app.app", "iqa_cli.commands.score.build_plan", "iqa_cli.engine.session.open_session"]
)
def test_a_run_that_is_stopped_before_it_scores_says_how_it_is_gone_on_with_and_keeps_all(
    iqa, monkeypatch, stop, code, place
):
    assert iqa(*FOLDERS, "-o", "a.csv").code == 0
    before = Path("a.csv").read_bytes()
    monkeypatch.setattr(place, lambda *given, **how: _stopped(stop))
    done = iqa(*FOLDERS, "-o", "a.csv", "--resume")
    assert (done.code, done.err.splitlines()) == (
        code,
        ["interrupted before anything was scored", "go on with: iqa score ref dist -m psnr -o a.csv --resume"],
    )
    assert Path("a.csv").read_bytes() == before
    assert iqa(*FOLDERS, "-o", "a.csv", "--resume", "--quiet").err == ""


@STOPS
def test_what_comes_after_the_last_row_does_not_say_that_nothing_was_scored(iqa, monkeypatch, stop, code):
    monkeypatch.setattr("iqa_cli.commands.score.tell", lambda *given: _stopped(stop))
    done = iqa(*FOLDERS)
    assert (done.code, len(done.rows), done.err) == (code, 3, "")


@STOPS
def test_other_commands_are_stopped_without_a_word_of_scores(iqa, monkeypatch, stop, code):
    monkeypatch.setattr("iqa_cli.app.app", lambda *given, **how: _stopped(stop))
    assert iqa("models")[::2] == (code, "")


def test_a_file_that_went_away_is_not_told_as_if_none_had_been_named(iqa, monkeypatch):
    run = Session.run

    def removing(self, jobs, **how):
        for record in run(self, jobs, **how):
            yield record
            Path("a.csv").unlink(missing_ok=True)

    monkeypatch.setattr(Session, "run", removing)
    done = iqa(*FOLDERS, "-o", "a.csv")
    assert done.code == 1 and "a.csv: was moved, removed or replaced" in done.err
    assert "; nothing stands in a.csv" in done.err
    assert "go on with:" not in done.err and "no file of rows was named" not in done.err


def test_an_interrupted_table_says_it_is_a_part_and_has_no_mean(iqa, interrupted):
    done = iqa(*FOLDERS, "-f", "table")
    assert "interrupted: a part of the run, 2 rows; no mean" in done.out
    assert not re.search(r"^\s*mean", done.out, re.MULTILINE)
    assert "nothing is kept, as no file of rows was named" in done.err
    document = json.loads(iqa(*FOLDERS, "-f", "json").out)
    assert document["interrupted"] is True and len(document["rows"]) == 2


def test_a_command_too_long_to_print_is_called_the_same_command(iqa, interrupted):
    save("dist/" + 200 * "x" + ".jpg", noise(0))
    command = ("score", "ref/a.png", *3 * ["dist/" + 200 * "x" + ".jpg"], "-m", "psnr", "-o", "a.csv")
    assert iqa(*command).err.splitlines()[-1] == "go on with: the same command with --resume"


def test_rows_made_with_other_crops_are_refused_and_nothing_is_touched(iqa):
    for name in ("ref/a.png", "dist/a.jpg"):
        save(name, noise(0, 200, 260))
    command = ("score", "ref/a.png", "dist/a.jpg", "-m", "iqt-c", "-o", "a.csv", "--crops")
    assert iqa(*command, 1).code == 0
    before = Path("a.csv").read_bytes(), Path("a.csv.run.json").read_bytes()
    done = iqa(*command, 2, "--resume")
    assert done.code == 2 and "iqt-c crops up to 1 on a grid, now up to 2 on a grid" in done.err
    assert (Path("a.csv").read_bytes(), Path("a.csv.run.json").read_bytes()) == before
    assert iqa(*command, 1, "--resume").code == 0 and iqa(*command, 2, "--overwrite").code == 0


def test_rows_of_which_nothing_is_told_are_kept_with_a_warning(iqa):
    assert iqa(*FOLDERS, "-o", "a.csv").code == 0
    Path("a.csv.run.json").unlink()
    done = iqa(*FOLDERS, "-o", "a.csv", "-o", "new.json", "--resume")
    assert (
        done.code == 0 and done.err.count("warning: a.csv: nothing tells") == 1 and "new.json: nothing" not in done.err
    )


def test_a_reference_that_many_rows_share_is_told_once(iqa):
    truncate("ref/a.png")
    done = iqa("score", "ref/a.png", "dist", "-m", "psnr", "-m", "ssim")
    assert done.err.count("ref/a.png: ") == 1 and [row["status"] for row in done.rows] == 3 * ["error"]


def test_on_one_screen_a_table_counts_failures_that_were_told_above():
    truncate("dist/b.jpg")
    ours, theirs = pty.openpty()
    process = start(*FOLDERS, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while more := os.read(ours, 4096):
            seen += more
    except OSError:  # the other end is closed
        pass
    assert process.wait(timeout=60) == 1
    assert seen.count(b"damaged or truncated") == seen.count(b"error:") == 1 and b"1 of 3 rows failed" in seen

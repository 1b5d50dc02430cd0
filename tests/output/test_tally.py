"""The tally of a run, in words and for scripts; and locks of files that are written."""

import subprocess
import sys

import pytest
from command_line import ENVIRONMENT
from rows import COLUMNS, FAILED, GOOD

from iqa_cli.errors import UsageError
from iqa_cli.ground.locks import alone_with
from iqa_cli.output import Tally
from iqa_cli.output.tally import duration


def test_a_whole_run_tells_rows_failures_and_seconds():
    tally = Tally()
    tally.begin(COLUMNS, [GOOD], 2)
    tally.see(GOOD)
    tally.see(FAILED)
    tally.end(complete=True)
    assert tally.in_words() == "3 rows (1 kept), 1 failed, in 0.0 s"


def test_a_part_tells_of_how_many_where_that_is_known():
    for todo, told in ((5, "1 of 5 rows, 0 failed, in 0.0 s"), (None, "1 row, 0 failed, in 0.0 s")):
        tally = Tally()
        tally.begin(COLUMNS, [], todo)
        tally.see(GOOD)
        tally.end(complete=False)
        assert tally.in_words() == told


def test_long_times_are_told_in_minutes_and_hours():
    assert [duration(seconds) for seconds in (8.26, 250, 7500)] == ["8.3 s", "4 min 10 s", "2 h 5 min"]
    assert [duration(seconds) for seconds in (59.94, 59.97, 3599.6)] == ["59.9 s", "1 min 0 s", "1 h 0 min"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_a_file_that_another_process_writes_is_refused_and_free_again_when_that_has_ended(tmp_path):
    file = tmp_path / "scores.csv"
    program = f"""
import sys
from pathlib import Path
from iqa_cli.ground.locks import alone_with
with alone_with(Path({str(file)!r})):
    print("mine", flush=True)
    sys.stdin.read()
"""
    other = subprocess.Popen(
        [sys.executable, "-c", program], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "mine\n"
    with pytest.raises(UsageError, match=r"scores\.csv: is being written by another process"), alone_with(file):
        pass
    other.kill()  # without a word
    other.communicate(timeout=60)
    with alone_with(file):
        assert [path.name for path in tmp_path.iterdir()] == [".scores.csv.lock"]
    assert not list(tmp_path.iterdir())

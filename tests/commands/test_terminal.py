"""What reaches which stream, and when a bar is drawn. Terminals are faked by the streams passed in."""

import io
import re
import subprocess
import sys
import textwrap
from time import sleep

import pytest

from iqa_cli.terminal import Terminal, printable


class FakeTerminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")


def terminal(stdout=FakeTerminal, stderr=FakeTerminal, quiet=False):
    return Terminal(quiet, stdout(), stderr())


def test_messages_go_to_stderr_and_never_to_stdout():
    speaking = terminal(stderr=io.StringIO)
    speaking.info("found 3 images")
    speaking.warn("no references")
    speaking.error("x.png: damaged")
    assert speaking.stderr.getvalue() == "found 3 images\nwarning: no references\nerror: x.png: damaged\n"
    assert speaking.stdout.getvalue() == ""


def test_quiet_leaves_only_errors():
    speaking = terminal(stderr=io.StringIO, quiet=True)
    speaking.info("found 3 images")
    speaking.warn("no references")
    speaking.warn_once("key", "no references")
    speaking.error("x.png: damaged")
    assert speaking.stderr.getvalue() == "error: x.png: damaged\n"


def test_a_warning_is_given_once_for_each_key():
    speaking = terminal(stderr=io.StringIO)
    for name in ("a.png", "b.png"):
        speaking.warn_once("alpha", f"{name}: alpha composited on white")
    speaking.warn_once("icc", "profile ignored")
    assert speaking.stderr.getvalue().splitlines() == [
        "warning: a.png: alpha composited on white",
        "warning: profile ignored",
    ]


@pytest.mark.parametrize("stderr", [FakeTerminal, io.StringIO])
def test_brackets_emoji_codes_and_long_names_are_printed_as_they_are(stderr, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    message = "[red]frame[0].png[/red] :cat: " + "long name " * 30 + "猫.png"
    speaking = terminal(stderr=stderr)
    speaking.info(message)
    assert speaking.stderr.getvalue() == message + "\n"


def test_a_file_name_cannot_command_the_terminal():
    hostile = "a\x1b[2J\r\t" + b"\xe9".decode(errors="surrogateescape")
    assert printable(hostile) == r"a\x1b[2J\r\t\udce9"
    assert printable("Screenshot at 3\u202fPM 👨‍👩‍👧.png\nnext line") == "Screenshot at 3\u202fPM 👨‍👩‍👧.png\nnext line"


def test_a_bar_is_drawn_on_stderr_when_both_streams_are_terminals():
    looking = terminal()
    with looking.progress(2, "scoring [x]") as advance:
        advance(1)
        advance(1)
    assert "scoring [x]" in looking.stderr.getvalue()
    assert "2/2" in looking.stderr.getvalue()
    assert looking.stdout.getvalue() == ""


def test_the_rate_counts_the_time_of_a_batch_whose_items_come_all_at_once():
    looking = terminal()
    with looking.progress(16, "scoring") as advance:
        sleep(0.2)
        for _ in range(8):
            advance(1)
        sleep(0.2)
    rates = [float(rate) for rate in re.findall(r"([\d.]+)/s", looking.stderr.getvalue())]
    assert rates and max(rates) <= 8 / 0.2


def test_a_bar_may_not_know_how_much_is_to_come():
    looking = terminal()
    with looking.progress(None, "scoring") as advance:
        advance(1)
    assert "1/?" in looking.stderr.getvalue()


@pytest.mark.parametrize(
    ("stdout", "stderr", "quiet", "rows_on_screen"),
    [
        (io.StringIO, FakeTerminal, False, False),
        (FakeTerminal, io.StringIO, False, False),
        (FakeTerminal, FakeTerminal, True, False),
        (FakeTerminal, FakeTerminal, False, True),
    ],
)
def test_no_bar_is_drawn_where_nobody_looks_or_rows_would_cross_it(stdout, stderr, quiet, rows_on_screen):
    blind = terminal(stdout, stderr, quiet)
    with blind.progress(2, "scoring", rows_on_screen=rows_on_screen) as advance:
        advance(2)
    assert blind.stderr.getvalue() == blind.stdout.getvalue() == ""


def test_data_printed_below_a_bar_stays_on_stdout(monkeypatch):
    looking = terminal()
    monkeypatch.setattr(sys, "stdout", looking.stdout)
    with looking.progress(1, "scoring"):
        print("image,triq")
    assert looking.stdout.getvalue() == "image,triq\n"


def test_a_closed_pipe_ends_the_program_quietly():
    program = textwrap.dedent("""
        import sys
        from iqa_cli.output import Columns, open_writer
        from iqa_cli.records import Job, Record
        from iqa_cli.terminal import quiet_on_closed_pipe

        columns = Columns(paired=False, extra=None, models=("triq",))
        with quiet_on_closed_pipe(), open_writer(sys.argv[1], None, columns, {}, ()) as writer:
            for number in range(100_000):
                writer.write(Record(Job(f"{number}.png")))
    """)
    for format in ("csv", "json", "jsonl"):
        process = subprocess.Popen(
            [sys.executable, "-c", program, format], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0

"""`kill -9` at every line of Python that writes, each followed by the command that goes on: no window is too short.

The process forks once all is imported; the copy counts the lines that it executes in the modules below, and kills
itself at the one that is its turn.
"""

import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

from faulty_runs import ROOT, Case, Findings

import iqa_cli.output.parquet_rows as parquet
from iqa_cli.__main__ import main

WRITE = ("jobs.py", "guard.py", "output/", "ground/atomic.py", "ground/locks.py", "parts/", "storage/folder.py")
STATES = ("anew", "going on", "in the place of an older run")
OLDER = ("--crop-border", "4")  # how the older run was made
PART_ROWS = 2  # of a part of Parquet here
MISSED, REFUSED = 1, 2  # exit codes: one image is not there; made otherwise

LOADED = ("app", "jobs", "commands.score", "engine.session", "output.csv_rows", "output.table_rows")

Tick = Callable[[], None]


def load(*modules: str) -> None:
    """Import modules of `iqa_cli`, which the copies then need not."""
    for module in modules:
        import_module(f"iqa_cli.{module}")


def killed_by_line(case: Case, whole: dict[str, list[str]], runs: int, rng: random.Random) -> Findings:
    """A run killed at each of so many lines, or of all, from each state that its folder may be in.

    After `--overwrite` the command that goes on may be refused, for the rows may still be those of the older run.
    """
    load(*LOADED)
    found = Findings()
    for state in STATES:
        start = case.folder.with_name("start")
        further = _prepared(case, start, state)
        total = _lines_of(case, start, further)
        turns = range(total) if runs >= total else sorted(rng.sample(range(total), runs))
        for turn in turns:
            _fresh(case, start)
            found.runs += 1
            if _run(case, further, turn) == -signal.SIGKILL:
                found.faults += 1
            code = _run(case, ["--resume"])
            if code == REFUSED and state == STATES[2]:
                code = _run(case, ["--overwrite"])
            if code != MISSED:
                found.odd.append(f"{case.name}, {state}: killed at line {turn} of {total}, went on with code {code}")
            before = found.lost, found.doubled, found.differing
            found.compare(case, whole)
            if before != (found.lost, found.doubled, found.differing):
                found.odd.append(f"{case.name}, {state}: differs when killed at line {turn} of {total}")
    return found


def _prepared(case: Case, start: Path, state: str) -> list[str]:
    """Makes the folder that a run finds, and gives what its command says beside."""
    shutil.rmtree(start, ignore_errors=True)
    start.mkdir()
    _fresh(case, start)
    if state == STATES[0]:
        return []
    if state == STATES[1]:
        _run(case, [], _lines_of(case, start, []) // 2)
    else:
        _run(case, OLDER)
    shutil.rmtree(start)
    shutil.copytree(case.folder, start)
    return ["--resume"] if state == STATES[1] else ["--overwrite"]


def _fresh(case: Case, start: Path) -> None:
    shutil.rmtree(case.folder, ignore_errors=True)
    shutil.copytree(start, case.folder)


def _lines_of(case: Case, start: Path, further: Sequence[str]) -> int:
    """How many lines a whole run executes in the modules that write."""
    _fresh(case, start)
    code, total = counted_lines(case.folder, [*case.command, *further], WRITE)
    if code != MISSED:
        sys.exit(f"{case.name}: a run that nothing happens to ended with {code}")
    return total


def _run(case: Case, further: Sequence[str], turn: int | None = None) -> int:
    return forked(case.folder, [*case.command, *further], None if turn is None else dying_at(turn), WRITE)


def counted_lines(folder: Path, words: Sequence[str], modules: Sequence[str]) -> tuple[int, int]:
    """The exit code of a run, and how many lines it executed in those modules."""
    reading, writing = os.pipe()
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    code = forked(folder, words, tick, modules, lambda: os.write(writing, str(count).encode()))
    os.close(writing)
    told = os.read(reading, 100)
    os.close(reading)
    return code, int(told)


def dying_at(turn: int) -> Tick:
    """Kills the process at the line whose turn it is."""
    left = turn

    def tick() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    return tick


def forked(
    folder: Path,
    words: Sequence[str],
    tick: Tick | None = None,
    modules: Sequence[str] = (),
    at_end: Callable[[], object] = int,
) -> int:
    """The exit code of a command in a copy of this process, or minus the signal that ended it; `tick` at each line."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code: int | str | None = 99
    try:
        os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2) if "DEBUG" not in os.environ else (0,):
            os.dup2(nothing, descriptor)
        parquet.ROWS_PER_GROUP = PART_ROWS
        sys.settrace(None if tick is None else _tracer(tick, modules))
        main(list(words))
    except SystemExit as leaving:
        sys.settrace(None)
        at_end()
        code = leaving.code
    finally:
        os._exit(int(code or 0))


def _tracer(tick: Tick, modules: Sequence[str]):
    places = tuple(str(ROOT / "iqa_cli" / name) for name in modules)

    def line(frame: FrameType, event: str, _: object):
        if event == "line":
            tick()
        return line

    return lambda frame, event, _: line if frame.f_code.co_filename.startswith(places) else None

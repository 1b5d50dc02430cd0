"""Signals at moments of the clock, each followed by the command that goes on, until the outputs are whole."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from faulty_runs import Case, Findings, finished, good_rows, lines, scored_anew, start

PHASES = ("start-up", "start-up", "rows", "rows", "rows", "end")
PATIENCE = 120.0  # seconds until a run that should move is called hung
CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}
Lines = dict[str, list[str]]


def killed_by_clock(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """`kill -9`: so many runs, each killed once, and with even chance again and again while it goes on."""
    return _by_clock(case, whole, runs, rng, [signal.SIGKILL])


def stopped_by_clock(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """SIGTERM and SIGINT in turn; besides, outputs are whole at once, and the messages say how to go on."""
    return _by_clock(case, whole, runs, rng, list(CODES))


def _by_clock(case: Case, whole: Lines, runs: int, rng: random.Random, numbers: Sequence[signal.Signals]) -> Findings:
    found, (size, seconds) = Findings(), usual(case)
    all_good = max(sum('"status": "ok"' in line or ",ok,," in line for line in text) for text in whole.values())
    for run in range(runs):
        found.runs += 1
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir()
        goes_on: tuple[str, ...] = ()
        phase, number = PHASES[run % len(PHASES)], numbers[run % len(numbers)]
        while True:
            process = start(case, *goes_on)
            wait_for(case, process, phase, size, seconds, rng)
            process.send_signal(number)
            _, told = process.communicate()
            sent = process.returncode == -number or process.returncode == CODES.get(number)
            found.faults += sent
            found.phases[phase] += sent
            if number != signal.SIGKILL and sent:
                found.odd += [f"{case.name}: {fault}" for fault in _not_closed(case, process.returncode, told, whole)]
            goes_on = ("--resume",)
            if rng.random() < 0.5:
                break
            phase = rng.choice(PHASES)
        there = good_rows(case)
        code, told = finished(case, "--resume")
        if code != 1:
            found.odd.append(f"{case.name}: went on with code {code}: {told.strip()}")
        else:
            found.unkept += max(0, scored_anew(case) - 1 - (all_good - there))
        found.compare(case, whole)
    return found


def _not_closed(case: Case, code: int, told: str, whole: Lines) -> list[str]:
    """What a run that was asked to stop, and heard it, did not do of what it should.

    One that goes on and has not begun to score leaves what it found, be it whole.
    """
    if code < 0:  # before the program is loaded nobody hears: the system ends it, and the shell sees the same code
        return []
    faults = [] if "Traceback" not in told else [f"traceback: {told.strip()}"]
    rows = [path for path in case.files if path.suffix != ".txt" and path.exists() and path.stat().st_size]
    for path in rows:
        try:
            text = lines(path)
            if path.suffix == ".json":
                document = json.loads(path.read_text(encoding="utf-8"))
                if not document.get("interrupted") and len(text) < len(whole[path.name]):
                    faults.append("JSON does not say that it was interrupted")
            if path.suffix in (".csv", ".jsonl") and not path.read_bytes().endswith(b"\n"):
                faults.append(f"{path.name} ends within a row: {text[-1]}")
        except Exception as error:
            faults.append(f"{path.name} is not whole: {error}")
    if rows and good_rows(case) and "go on with: iqa score" not in told and " failed, in " not in told:
        faults.append(f"no word of how to go on: {told.strip()!r}")
    return faults


def usual(case: Case) -> tuple[int, float]:
    """Bytes of its outputs at most while a run goes on, and the seconds until there are some."""
    shutil.rmtree(case.folder, ignore_errors=True)
    case.folder.mkdir()
    began, first, most = time.monotonic(), 0.0, 0
    process = start(case, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        now = _bytes(case)
        first = first or (time.monotonic() - began if now else 0.0)
        most = max(most, now)
        time.sleep(0.0005)
    return most, first


def _bytes(case: Case) -> int:
    """Of the outputs and of their parts, as they are now."""
    total = 0
    for path in case.files:
        for file in (path, *there(path.with_name(path.name + ".parts"), "0*")):
            try:
                total += os.stat(file).st_size  # noqa: PTH116 (quick)
            except FileNotFoundError:
                continue
    return total


def there(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that may go while it is looked at."""
    try:
        return list(folder.glob(pattern))
    except FileNotFoundError:
        return []


def wait_for(case: Case, process: subprocess.Popen, phase: str, size: int, seconds: float, rng: random.Random) -> None:
    """Until a moment by lot in a phase of the run, or the end of the process."""
    if phase == "start-up":
        time.sleep(rng.uniform(0, seconds))
        return
    share = rng.uniform(*{"rows": (0, 1), "middle": (0, 0.6), "end": (0.97, 1)}[phase])
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and _bytes(case) < share * size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{case.name}: no row in {PATIENCE:.0f} s")
        time.sleep(0.0005)
    time.sleep(rng.uniform(0, 0.06 if phase == "end" else 0.002))

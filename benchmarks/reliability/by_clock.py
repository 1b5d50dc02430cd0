"""`kill -9` at moments of the clock, each followed by the command that goes on, until the outputs are whole."""

import os
import random
import shutil
import signal
import subprocess
import time

from faulty_runs import Case, Findings, finished, good_rows, scored_anew, start

PHASES = ("start-up", "start-up", "rows", "rows", "rows", "end")
PATIENCE = 120.0  # seconds until a run that should move is called hung


def killed_by_clock(case: Case, whole: dict[str, list[str]], runs: int, rng: random.Random) -> Findings:
    """So many runs, each killed once, and with even chance again and again while it goes on."""
    found = Findings()
    size, seconds = _usual(case)
    for number in range(runs):
        found.runs += 1
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir()
        goes_on: tuple[str, ...] = ()
        phase = PHASES[number % len(PHASES)]
        while True:
            process = start(case, *goes_on, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _wait(case, process, phase, size, seconds, rng)
            process.kill()
            died = process.wait() == -signal.SIGKILL
            found.faults += died
            found.phases[phase] += died
            goes_on = ("--resume",)
            if rng.random() < 0.5:
                break
            phase = rng.choice(PHASES)
        there = good_rows(case)
        code, told = finished(case, "--resume")
        if code != 1:
            found.odd.append(f"{case.name}: went on with code {code}: {told.strip()}")
        else:
            good = max(len(text) for text in whole.values()) and _good_of(whole)
            found.unkept += max(0, scored_anew(case) - 1 - (good - there))
        found.compare(case, whole)
    return found


def _good_of(whole: dict[str, list[str]]) -> int:
    """Rows with scores of a whole run."""
    return max(sum('"status": "ok"' in line or ",ok,," in line for line in text) for text in whole.values())


def _usual(case: Case) -> tuple[int, float]:
    """Bytes of its outputs at most while a run goes on, and the seconds until there are some."""
    case.folder.mkdir(exist_ok=True)
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
        for file in (path, *path.with_name(path.name + ".parts").glob("0*")):
            try:
                total += os.stat(file).st_size  # noqa: PTH116 (quick)
            except FileNotFoundError:
                continue
    return total


def _wait(case: Case, process: subprocess.Popen, phase: str, size: int, seconds: float, rng: random.Random) -> None:
    """Until the moment of the kill, or the end of the process."""
    if phase == "start-up":
        time.sleep(rng.uniform(0, seconds))
        return
    share = rng.random() if phase == "rows" else rng.uniform(0.97, 1)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and _bytes(case) < share * size:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{case.name}: no row in {PATIENCE:.0f} s")
        time.sleep(0.0005)
    time.sleep(rng.uniform(0, 0.002 if phase == "rows" else 0.06))

"""Two processes that write one output: the second is refused, the first undisturbed, whenever either begins."""

import random
import shutil
import signal
import subprocess
import sys

from by_clock import Lines, usual, wait_for
from faulty_runs import ENVIRONMENT, START, Case, Findings, finished, start

READY = START.replace("main()", "import iqa_cli.commands.score, iqa_cli.jobs, iqa_cli.engine.session; input(); main()")
REFUSED = ("is being written by another process", "another process has written it meanwhile", "is there already")


def races(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """Two runs that begin in the same instant: one ends whole, the other is refused with code 2."""
    found = Findings()
    for run in range(runs):
        found.runs += 1
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir()
        further = ("--resume",) if run % 2 else ()
        both = [_ready(case, *further) for _ in range(2)]
        for process in both:
            process.stdin.write("\n")  # type: ignore[union-attr]
        for process in both:
            process.stdin.flush()  # type: ignore[union-attr]
        told = [process.communicate()[1] for process in both]
        found.faults += 1
        _check(case, [process.returncode for process in both], told, found)
        found.compare(case, whole)
    return found


def second_writers(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """A second run while the first writes, in every second case is stopped by SIGSTOP, or goes on from its rows."""
    found, (size, seconds) = Findings(), usual(case)
    for run in range(runs):
        found.runs += 1
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir()
        first = start(case)
        wait_for(case, first, "middle", size, seconds, rng)
        if first.poll() is None and run % 2:
            first.send_signal(signal.SIGSTOP)
        writing = first.poll() is None
        further = rng.choice([(), ("--resume",), ("--overwrite",)]) if run % 2 else ("--resume",)
        code, told = finished(case, *further)
        first.send_signal(signal.SIGCONT)
        _, first_told = first.communicate()
        if writing and run % 2:  # the other may have ended before
            found.faults += 1
            _check(case, [first.returncode, code], [first_told, told], found)
        elif first.returncode != 1 or code not in (1, 2):
            found.odd.append(f"{case.name}: ended with {first.returncode} and {code}: {first_told} {told}")
        found.compare(case, whole)
    return found


def left_readers(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """Rows go to a pipe, too, whose reader leaves after some lines: no message, code 0, and the files go on."""
    found = Findings()
    for _ in range(runs):
        found.runs += 1
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir()
        process = start(case, "-o", "-")
        for _ in range(rng.randrange(0, 150)):
            process.stdout.readline()  # type: ignore[union-attr]
        process.stdout.close()  # type: ignore[union-attr]
        told = process.stderr.read()  # type: ignore[union-attr]
        code = process.wait()
        found.faults += code == 0
        if code not in (0, 1) or "Traceback" in told or "Broken" in told:
            found.odd.append(f"{case.name}: reader gone, code {code}: {told.strip()}")
        code, told = finished(case, "--resume")
        if code != 1:
            found.odd.append(f"{case.name}: went on with code {code}: {told.strip()}")
        found.compare(case, whole)
    return found


def _check(case: Case, codes: list[int], told: list[str], found: Findings) -> None:
    """One whole, one refused."""
    refused = [text for code, text in zip(codes, told, strict=True) if code == 2]
    if codes == [1, 1] and any(" kept), 1 failed" in text for text in told):
        return  # the one went on from the rows of the other, which had ended
    if sorted(codes) != [1, 2] or not any(words in refused[0] for words in REFUSED):
        found.odd.append(f"{case.name}: two writers ended with {codes}: {' | '.join(told)}")


def _ready(case: Case, *further: str) -> subprocess.Popen:
    """A run that has loaded all it needs and waits for a line."""
    return subprocess.Popen(
        [sys.executable, "-c", READY, *case.command, *further],
        cwd=case.folder,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

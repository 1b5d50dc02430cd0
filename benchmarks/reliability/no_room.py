"""Disks that are full, read-only folders, folders that go away: told by name, nothing lost, gone on with after."""

import random
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from by_clock import Lines, usual, wait_for
from faulty_runs import Case, Findings, finished, good_rows, scored_anew, start

PLENTY = "64m"


def full_disks(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """Half of the runs on a small file system of their own (as root, on Linux), half with a limit on a file's size.

    The limit may fall on any byte, the file system's on its blocks of 4 KB. Then there is room, and the run goes on.
    """
    found, (size, _) = Findings(), usual(case)
    all_good = max(sum('"status": "ok"' in line or ",ok,," in line for line in text) for text in whole.values())
    for run in range(runs):
        found.runs += 1
        limit = rng.randrange(1, size)
        with _folder(case, f"{4 * (1 + limit // 4096)}k" if run % 2 else None):
            process = start(case, **({} if run % 2 else {"preexec_fn": partial(_limit, limit)}))
            _, told = process.communicate()
            stopped = "No space left" in told or "File too large" in told
            found.faults += stopped
            if stopped and process.returncode != 1:
                found.odd.append(f"{case.name}: full with code {process.returncode}")
            if stopped and not (any(name in told for name in case.outputs) and "Traceback" not in told):
                found.odd.append(f"{case.name}: full, and told so: {told.strip()}")
            there = good_rows(case)
            if run % 2:
                _mount(case.folder, f"remount,size={PLENTY}")
            code, told = finished(case, "--resume")
            if code != 1:
                found.odd.append(f"{case.name}: went on with code {code}: {told.strip()}")
            else:
                found.unkept += max(0, scored_anew(case) - 1 - (all_good - there))
            found.compare(case, whole)
    return found


def read_only(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """A read-only file system: refused by name with code 2, also where there are rows to go on from, which stay."""
    found = Findings()
    for run in range(min(runs, 4)):
        found.runs += 1
        with _folder(case, PLENTY):
            further = ("--resume",) if run % 2 else ()
            if run % 2:
                finished(case)
            before = {path: path.read_bytes() for path in case.folder.rglob("*") if path.is_file()}
            _mount(case.folder, "remount,ro")
            code, told = finished(case, *further)
            found.faults += 1
            if code not in (1, 2) or "Read-only" not in told or "Traceback" in told:
                found.odd.append(f"{case.name}: read-only with code {code}: {told.strip()}")
            _mount(case.folder, "remount,rw")
            after = {path: path.read_bytes() for path in case.folder.rglob("*") if path.is_file()}
            found.odd += [f"{case.name}: written to while read-only"] if before != after else []
            finished(case, "--resume")
            found.compare(case, whole)
    return found


def gone_folders(case: Case, whole: Lines, runs: int, rng: random.Random) -> Findings:
    """The folder is removed or moved while rows are written: told with code 1, or all rows are there all the same."""
    found, (size, seconds) = Findings(), usual(case)
    for run in range(runs):
        found.runs += 1
        with _folder(case, None):
            elsewhere = case.folder.with_name("elsewhere")
            process = start(case)
            wait_for(case, process, "middle", size, seconds, rng)
            if process.poll() is None:
                if run % 2:
                    case.folder.rename(elsewhere)
                else:
                    shutil.rmtree(case.folder, ignore_errors=True)
            _, told = process.communicate()
            ended = (
                " failed, in " in told and "interrupted" not in told
            )  # before, or in a folder that moved with its own
            found.faults += not ended
            names = [name for name in case.outputs if f"{name}: " in told]
            if not ended and (process.returncode not in (1, 2) or not names or "Traceback" in told):
                found.odd.append(f"{case.name}: gone with code {process.returncode}: {told.strip()}")
            if elsewhere.exists():  # put back
                shutil.rmtree(case.folder, ignore_errors=True)
                elsewhere.rename(case.folder)
            case.folder.mkdir(exist_ok=True)
            code, told = finished(case, "--resume")
            if code != 1:
                found.odd.append(f"{case.name}: went on with code {code}: {told.strip()}")
            found.compare(case, whole)
    return found


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def _folder(case: Case, size: str | None) -> Iterator[None]:
    """The folder of a case, empty; with a size, a file system of its own."""
    shutil.rmtree(case.folder, ignore_errors=True)
    case.folder.mkdir()
    if size is None:
        yield
        return
    _mount(case.folder, f"size={size}")
    try:
        yield
    finally:
        for _ in range(20):
            if subprocess.run(["umount", case.folder], capture_output=True).returncode == 0:
                break
            time.sleep(0.2)


def _mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)

"""Runs that something happens to: rows lost and doubled once the command that goes on has ended, in every format.

    nice python benchmarks/reliability/killed.py clock signals --runs 50 --rows 200 [--seed 1]
    nice python benchmarks/reliability/killed.py line --runs 100000 --rows 6
    nice python benchmarks/reliability/killed.py full gone races second readers --runs 20 --rows 200
    nice python benchmarks/reliability/killed.py read-only --runs 4 --rows 20

clock: `kill -9`, a third while the program starts, a sixth around its end, the rest between two rows; half of the runs
that go on are killed again. signals: SIGTERM and SIGINT likewise. line: killed at each line of Python that is executed
where rows are written, or at so many of them by lot. full: a disk without room. gone: the folder is removed or moved
while rows are written. races: two writers in the same instant. second: a second writer, the first asleep in half of the
cases. readers: a pipe whose reader leaves. full and read-only mount file systems: as root, on Linux. All pictures are
made here; what is computed is PSNR and SSIM.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from by_clock import killed_by_clock, stopped_by_clock
from by_line import killed_by_line
from faulty_runs import OUTPUTS, Case, Findings, finished, lines, make_pictures
from no_room import full_disks, gone_folders, read_only
from writers import left_readers, races, second_writers

KINDS: dict[str, Callable[[Case, dict[str, list[str]], int, random.Random], Findings]] = {
    "clock": killed_by_clock,
    "signals": stopped_by_clock,
    "line": killed_by_line,
    "full": full_disks,
    "read-only": read_only,
    "gone": gone_folders,
    "races": races,
    "second": second_writers,
    "readers": left_readers,
}


def whole_run(case: Case) -> dict[str, list[str]]:
    """The lines of each output when nothing happens."""
    case.folder.mkdir()
    code, told = finished(case)
    if code != 1:  # one image is missing
        sys.exit(f"{case.name}: the run that nothing happens to ended with {code}: {told}")
    return {path.name: lines(path) for path in case.files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help=f"which faults: {', '.join(KINDS)}; all if left out")
    parser.add_argument("--runs", type=int, default=50, help="of each case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--cases", default=";".join(OUTPUTS), help="of the table, with semicolons")
    options = parser.parse_args()
    if unknown := [kind for kind in options.kinds if kind not in KINDS]:
        parser.error(f"{unknown[0]!r} is none of {', '.join(KINDS)}")
    odd = []
    for kind in options.kinds or KINDS:
        print(f"\n{kind}, seed {options.seed}, runs of {options.rows} rows and one that fails\n")
        print("| output | runs | faults | lost | doubled | unkept | differing | odd | s |")
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        for name in options.cases.split(";"):
            with tempfile.TemporaryDirectory(prefix="iqa-killed-") as folder:
                make_pictures(Path(folder), options.rows, 64, options.seed)
                outputs, further = OUTPUTS[name]
                began = time.monotonic()
                whole = whole_run(Case(name, Path(folder) / "whole", outputs, further))
                case = Case(name, Path(folder) / "run", outputs, further)
                found = KINDS[kind](case, whole, options.runs, random.Random(f"{options.seed} {kind} {name}"))
                shutil.rmtree(case.folder, ignore_errors=True)
            phases = ", ".join(
                f"{count} {phase}" for phase, count in sorted(found.phases.items(), reverse=True) if count
            )
            faults = f"{found.faults} ({phases})" if phases else found.faults
            counts = f"{found.lost} | {found.doubled} | {found.unkept} | {found.differing} | {len(found.odd)}"
            seconds = time.monotonic() - began
            print(f"| {name} | {found.runs} | {faults} | {counts} | {seconds:.0f} |", flush=True)
            odd += found.odd
            print(*found.odd, sep="\n", file=sys.stderr, end="\n" if found.odd else "", flush=True)
    sys.exit(1 if odd else 0)


if __name__ == "__main__":
    main()

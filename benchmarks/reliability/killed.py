"""Processes that are killed: rows lost and doubled after `kill -9` and the command that goes on, in every format.

    nice python benchmarks/reliability/killed.py clock --kills 50 --rows 200 [--seed 1]
    nice python benchmarks/reliability/killed.py line --kills 100000 --rows 6

clock: a third of the kills falls while the program starts, a sixth around its end, the rest between two rows. Half of
the runs that go on are killed again. line: a run is killed at each line of Python that it executes where rows are
written, or at so many of them by lot. All pictures are made here; what is computed is PSNR and SSIM.
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

from by_clock import killed_by_clock
from by_line import killed_by_line
from faulty_runs import OUTPUTS, Case, Findings, finished, lines, make_pictures

KINDS: dict[str, Callable[[Case, dict[str, list[str]], int, random.Random], Findings]] = {
    "clock": killed_by_clock,
    "line": killed_by_line,
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
    parser.add_argument("--kills", type=int, default=50, help="of each case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--cases", default=";".join(OUTPUTS), help="of the table, with semicolons")
    options = parser.parse_args()
    odd = []
    for kind in options.kinds or KINDS:
        print(f"\n{kind}, seed {options.seed}, runs of {options.rows} rows and one that fails\n")
        print("| output | runs | kills (start-up, rows, end) | lost | doubled | unkept | differing | s |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        for name in options.cases.split(";"):
            with tempfile.TemporaryDirectory(prefix="iqa-killed-") as folder:
                make_pictures(Path(folder), options.rows, 64, options.seed)
                outputs, further = OUTPUTS[name]
                began = time.monotonic()
                whole = whole_run(Case(name, Path(folder) / "whole", outputs, further))
                case = Case(name, Path(folder) / "run", outputs, further)
                found = KINDS[kind](case, whole, options.kills, random.Random(f"{options.seed} {kind} {name}"))
                shutil.rmtree(case.folder, ignore_errors=True)
            phases = ", ".join(str(found.phases[phase]) for phase in ("start-up", "rows", "end"))
            counts = f"{found.lost} | {found.doubled} | {found.unkept} | {found.differing}"
            seconds = time.monotonic() - began
            print(f"| {name} | {found.runs} | {found.faults} ({phases}) | {counts} | {seconds:.0f} |", flush=True)
            odd += found.odd
    for line in odd:
        print(line)


if __name__ == "__main__":
    main()

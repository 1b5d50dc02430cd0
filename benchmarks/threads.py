"""Threads, processes, and how threads wait, on whatever load there is: ratios, paired.

    python benchmarks/threads.py [--models psnr,iqt-lite] [--threads 1,2] [--pairs 4] [--seconds 60] [--busy 0]

Scores JPEG pairs made of `examples/` by whole sessions, decoding included, in every way in turn and again from the
start, so that a machine that changes its pace changes it for all: with each number of threads that sleep while they
wait, as `iqa` has them, or spin, as torch has them; and with as many processes of one thread. Each time is divided by
that of the first way in the same round. Printed are the medians of the times and of the ratios, with their range.
`--busy 2` runs two processes beside it that never rest.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
CROPS = "4"


@dataclass(frozen=True)
class Way:
    """So many processes, each with so many threads that sleep or spin."""

    processes: int
    threads: int
    policy: str

    def __str__(self) -> str:
        return f"{self.processes} process x {self.threads} threads, {self.policy}"


class Workers:
    """The processes of a way with one model loaded; each has its share of the pairs."""

    def __init__(self, way: Way, model: str, files: list[str]):
        policy = {"sleeping": "passive", "spinning": None}[way.policy]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
        environment |= {"OMP_WAIT_POLICY": policy} if policy else {}
        self._running = [
            subprocess.Popen(
                [sys.executable, __file__, "--worker", model, str(way.threads), *files[start :: way.processes]],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for start in range(way.processes)
        ]  # fmt: skip
        self._wait()

    def seconds(self) -> float:
        """Of one run over all pairs."""
        start = time.perf_counter()
        for process in self._running:
            process.stdin.write("go\n")
            process.stdin.flush()
        self._wait()
        return time.perf_counter() - start

    def end(self) -> None:
        """Let them go."""
        for process in self._running:
            process.stdin.close()
            process.wait()

    def _wait(self) -> None:
        for process in self._running:
            assert process.stdout.readline(), "a worker has ended"


def work(model: str, threads: str, files: list[str]) -> None:
    """What a worker does: a run whenever it is told so."""
    from iqa_cli.engine.session import open_session
    from iqa_cli.options.run_options import EngineOptions
    from iqa_cli.records import Job
    from iqa_cli.registry import find_model

    session = open_session([find_model(model)], EngineOptions(crops=CROPS, threads=int(threads)))
    jobs = [Job(file, file.replace(".jpg", "-ref.jpg")) for file in files]
    print(len(list(session.run(jobs))), flush=True)  # what comes once is not timed
    for _ in sys.stdin:
        assert all(record.error is None for record in session.run(jobs))
        print("done", flush=True)


def pairs(folder: Path, count: int, side: int) -> list[str]:
    """Pairs of JPEG files of `side` x `side` px, the distorted one of low quality; the names of those."""
    source = Image.open(EXAMPLES / "astronaut.png").convert("RGB").resize((side, side))
    for number in range(count):
        for name, quality in ((f"{number}-ref.jpg", 95), (f"{number}.jpg", 30)):
            source.rotate(number % 4 * 90).save(folder / name, quality=quality)
    return [str(folder / f"{number}.jpg") for number in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="psnr,iqt-lite,triq-lite")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=60, help="for each model")
    parser.add_argument("--busy", type=int, default=0)
    chosen = parser.parse_args()
    counts = [int(part) for part in chosen.threads.split(",")]
    ways = [Way(1, threads, policy) for threads in counts for policy in ("sleeping", "spinning")]
    ways += [Way(processes, 1, "sleeping") for processes in counts if processes > 1]
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(chosen.busy)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            files = pairs(Path(folder), chosen.pairs, chosen.side)
            for model in chosen.models.split(","):
                compare(model, ways, files, chosen.seconds)
    finally:
        for process in busy:
            process.kill()


def compare(model: str, ways: list[Way], files: list[str], most: float) -> None:
    """Rounds of all ways until the time is over, three at least; prints a line a way."""
    workers = {way: Workers(way, model, files) for way in ways}
    rounds: list[dict[Way, float]] = []
    begun = time.monotonic()
    while len(rounds) < 3 or time.monotonic() - begun < most:
        rounds.append({way: crew.seconds() for way, crew in workers.items()})
    for crew in workers.values():
        crew.end()
    print(f"{model}: {len(files)} pairs, {len(rounds)} rounds, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for way in ways:
        ratios = [taken[way] / taken[ways[0]] for taken in rounds]
        middle = statistics.median(taken[way] for taken in rounds)
        print(
            f"  {way!s:36} {middle:7.2f} s  x {statistics.median(ratios):5.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        main()

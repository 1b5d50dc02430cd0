"""`kill -9` of runs into a folder of parts, at moments of the clock, gone on with until all parts are there.

    nice python benchmarks/reliability/killed_parts.py [jsonl parquet] [--runs 50] [--rows 80] [--shards 2] [--seed 1]

Each shard of a folder is killed in turn, with even chance again and again, so that one begins beside what the other
has left; then each is gone on with. A chunk of rows under way has 8 rows here, not 256, so that few rows have many.
"""

import argparse
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from by_clock import PHASES, there, usual, wait_for
from faulty_runs import MISSING, finished, make_pictures, start

FORMATS = ("jsonl", "parquet")
TIMED = "_runs/"  # tells when and how fast


@dataclass(frozen=True)
class Shard:
    """The run over one shard, as `faulty_runs.Case` has one to files."""

    folder: Path
    format: str
    index: int
    of: int

    @property
    def name(self) -> str:
        """In messages."""
        return f"{self.format} {self.index}/{self.of}"

    @property
    def command(self) -> list[str]:
        """What follows `iqa`."""
        asked = ["--shard", f"{self.index}/{self.of}", "-f", self.format]
        return ["score", "--manifest", "../list.csv", "-m", "psnr,ssim", "-o", "parts/", *asked]

    @property
    def files(self) -> list[Path]:
        """What there is of it: chunks, and its part."""
        numbers = f"{self.index:05}-of-{self.of:05}-*"
        parts = self.folder / "parts"
        return [*there(parts / "_rows", numbers), *there(parts, f"part-{numbers}")]

    @property
    def standing(self) -> int:
        """How many images have a row that stands in one of them, each counted once."""
        return len({name for path in self.files for name in images(path)})


@dataclass
class Count:
    """What was counted, zero wished for of all below `phases`; `differing` are files, `unkept` rows."""

    folders: int = 0
    kills: int = 0
    after_chunks: int = 0  # kills of runs that had chunks and no part
    phases: Counter = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    unkept: int = 0
    differing: int = 0
    left: int = 0
    odd: list[str] = field(default_factory=list)


def images(path: Path) -> Iterator[str]:
    """The distorted image that each row of a part or a chunk is of, read without any code of `iqa`."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        yield from pq.ParquetFile(path).read().column("distorted").to_pylist()
    else:
        yield from (json.loads(line)["distorted"] for line in path.read_text(encoding="utf-8").splitlines())


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, and folders that are empty."""
    found = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in found
            if path.is_file() or not any(path.iterdir())}  # fmt: skip


def of_parts(found: dict[str, bytes], folder: Path) -> Counter:
    """The images of all parts, and how often each."""
    return Counter(name for path in found if path.startswith("part-") for name in images(folder / path))


def killed(shards: list[Shard], whole: dict[str, bytes], runs: int, ends: float, rng: random.Random) -> Count:
    """So many folders, or as many as fit before the clock `ends`, in each of which every shard is killed."""
    folder, count = shards[0].folder, Count()
    wanted = of_parts(whole, folder / "parts")
    usually = {shard.index: usual(shard) for shard in shards}  # type: ignore[arg-type]
    for run in range(runs):
        count.folders += 1
        _empty(folder)
        for shard in rng.sample(shards, len(shards)):
            phase = PHASES[(run + shard.index) % len(PHASES)]
            while True:
                process = start(shard)  # type: ignore[arg-type]
                wait_for(shard, process, phase, *usually[shard.index], rng)  # type: ignore[arg-type]
                process.send_signal(signal.SIGKILL)
                process.communicate()
                sent = process.returncode == -signal.SIGKILL
                count.kills += sent
                count.phases[phase] += sent
                count.after_chunks += sent and any(path.parent.name == "_rows" for path in shard.files)
                if rng.random() < 0.5:
                    break
                phase = rng.choice(PHASES)
        for shard in rng.sample(shards, len(shards)):
            _go_on(shard, count)
        found = contents(folder / "parts")
        rows = of_parts(found, folder / "parts")
        count.lost += (wanted - rows).total()
        count.doubled += (rows - wanted).total()
        names = [name for name in whole if not name.startswith(TIMED)]
        count.differing += sum(found.get(name) != whole[name] for name in names)
        left = sorted(set(found) - set(whole))
        count.left += len(left)
        count.odd += [f"{shards[0].format}: left behind: {' '.join(left)}"] if left else []
        if time.monotonic() > ends:
            break
    return count


def _go_on(shard: Shard, count: Count) -> None:
    """The same command again, to its end; rows that stood must be kept."""
    standing = shard.standing
    code, told = finished(shard)  # type: ignore[arg-type]
    failed = any(MISSING in name for path in shard.files for name in images(path))
    if code != int(failed):
        count.odd.append(f"{shard.name}: went on with code {code}: {told.strip()}")
        return
    kept = re.search(r"(\d+) kept\)|has all (\d+) rows", told)  # the latter where nothing is left to score
    count.unkept += max(0, standing - int((kept[1] or kept[2]) if kept else 0))


def undisturbed(shards: list[Shard]) -> dict[str, bytes]:
    """What is in the folder when nothing happens."""
    _empty(shards[0].folder)
    for shard in shards:
        code, told = finished(shard)  # type: ignore[arg-type]
        if code not in (0, 1):
            sys.exit(f"{shard.name}: the run that nothing happens to ended with {code}: {told}")
    return contents(shards[0].folder / "parts")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", help=f"of the parts: {', '.join(FORMATS)}; all if left out")
    parser.add_argument("--runs", type=int, default=50, help="folders of each format")
    parser.add_argument("--rows", type=int, default=80)
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument(
        "--minutes", type=float, default=1e9, help="of each format; then the folder at hand is the last"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.rows} rows and one that fails, {options.shards} shards\n")
    print("| parts | folders | kills | after chunks | lost | doubled | unkept | differing | left behind | odd | s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    odd = []
    for format in options.formats or FORMATS:
        with tempfile.TemporaryDirectory(prefix="iqa-killed-") as root:
            make_pictures(Path(root), options.rows, 64, options.seed)
            shards = [Shard(Path(root, "run"), format, index, options.shards) for index in range(options.shards)]
            began, whole = time.monotonic(), undisturbed(shards)
            count = killed(
                shards,
                whole,
                options.runs,
                began + 60 * options.minutes,
                random.Random(f"{options.seed} parts {format}"),
            )
        phases = ", ".join(f"{number} {phase}" for phase, number in sorted(count.phases.items(), reverse=True))
        counts = f"{count.lost} | {count.doubled} | {count.unkept} | {count.differing} | {count.left}"
        kills = f"{count.kills} ({phases}) | {count.after_chunks}"
        seconds = time.monotonic() - began
        print(f"| {format} | {count.folders} | {kills} | {counts} | {len(count.odd)} | {seconds:.0f} |", flush=True)
        print(*count.odd, sep="\n", file=sys.stderr, end="\n" if count.odd else "", flush=True)
        odd += count.odd
    sys.exit(1 if odd else 0)


if __name__ == "__main__":
    main()

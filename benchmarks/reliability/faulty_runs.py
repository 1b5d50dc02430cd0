"""Runs that something happens to: what they score, how they are started, and what their outputs hold afterwards."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
PART_ROWS = 16  # of a part of Parquet here: as many parts come of few rows as of a hundred thousand otherwise
CHUNK_ROWS = 8  # likewise, of a chunk of a shard that is under way
START = f"""import sys, iqa_cli.output.parquet_rows as parquet, iqa_cli.parts.part_files as part_files
from iqa_cli.__main__ import main
parquet.ROWS_PER_GROUP, part_files.ROWS_PER_CHUNK = {PART_ROWS}, {CHUNK_ROWS}
main()"""
MISSING = "gone.jpg"  # named and not there: its row fails in every run
OUTPUTS = {  # by the case of a table: the files of its run, and what else its command says
    "CSV": (("rows.csv",), ()),
    "JSONL": (("rows.jsonl",), ()),
    "JSON": (("rows.json",), ()),
    "Parquet": (("rows.parquet",), ()),
    "CSV, `--sort worst`": (("rows.csv",), ("--sort", "worst")),
    "CSV, JSON, Parquet, table": (("rows.csv", "rows.json", "rows.parquet", "table.txt"), ()),
}
Cell = str | float | None


@dataclass(frozen=True)
class Case:
    """A run that ends whole when nothing happens: its folder, the command, its files."""

    name: str
    folder: Path
    outputs: tuple[str, ...]
    further: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What follows `iqa`."""
        named = [word for output in self.outputs for word in ("-o", output)]
        return ["score", "--manifest", "../list.csv", "-m", "psnr,ssim", *named, *self.further]

    @property
    def files(self) -> list[Path]:
        """The outputs, those that are read by a person alone the last."""
        return [self.folder / name for name in self.outputs]


@dataclass
class Findings:
    """What was counted over the runs of a case, zero of each wished for.

    lost: rows of an uninterrupted run that are missing at the end; doubled: rows that are there more often; unkept:
    rows that stood in a file when the run died and were scored again; differing: outputs that are not, line for line
    in some order, those of the uninterrupted run; odd: whatever else went otherwise than the docs say.
    """

    runs: int = 0
    faults: int = 0
    lost: int = 0
    doubled: int = 0
    unkept: int = 0
    differing: int = 0
    odd: list[str] = field(default_factory=list)
    phases: Counter = field(default_factory=Counter)

    def compare(self, case: Case, whole: dict[str, list[str]]) -> None:
        """Count what a run's files lack of the whole ones, and what they have too much of."""
        for path in case.files:
            wanted, found = Counter(images(whole[path.name], path)), Counter(images(lines(path), path))
            self.lost += (wanted - found).total()
            self.doubled += (found - wanted).total()
            self.differing += sorted(lines(path)) != sorted(whole[path.name])
        left = [file.name for file in case.folder.rglob("*") if file.name.startswith(".") or ".parts" in file.name]
        if left:
            self.odd.append(f"{case.name}: left behind: {' '.join(sorted(left))}")


def make_pictures(folder: Path, count: int, side: int, seed: int) -> None:
    """Noise under a ramp, as references and distorted, and `list.csv`, which also names one that is missing."""
    rng = np.random.default_rng(seed)
    (folder / "references").mkdir(parents=True)
    (folder / "distorted").mkdir()
    ramp = np.linspace(0, 200, side)[None, :, None]
    rows = []
    for number in range(count):
        name = f"{number:04}{' ä, b' if number % 7 == 3 else ''}"
        image = (ramp + rng.integers(0, 56, (side, side, 3))).astype(np.uint8)
        Image.fromarray(image).save(folder / "references" / f"{name}.png")
        Image.fromarray(image).save(folder / "distorted" / f"{name}.jpg", quality=20 + number % 70)
        rows.append((f"references/{name}.png", f"distorted/{name}.jpg", number))
    rows.insert(count // 2, (rows[0][0], f"distorted/{MISSING}", count))
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("reference", "distorted", "number"), *rows])


def start(case: Case, *further: str, **how) -> subprocess.Popen:
    """The run of a case as a process of its own."""
    command = [sys.executable, "-c", START, *case.command, *further]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    pipes |= {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # shells have jobs ignore Ctrl-C
    return subprocess.Popen(command, cwd=case.folder, env=ENVIRONMENT, **(pipes | how))


def finished(case: Case, *further: str) -> tuple[int, str]:
    """Exit code and messages of a run to its end."""
    process = start(case, *further)
    _, told = process.communicate(timeout=300)
    return process.returncode, told


def lines(path: Path) -> list[str]:
    """A file line by line; of Parquet the rows as JSON, and the metadata."""
    if not path.exists():
        return []
    if path.suffix != ".parquet":
        text = path.read_text(encoding="utf-8").splitlines()
        return [line.rstrip(",") for line in text] if path.suffix == ".json" else text  # the last row has none
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    return [*(json.dumps(row) for row in table.to_pylist()), str(table.schema.metadata)]


def images(text: Sequence[str], path: Path) -> Iterator[str]:
    """The distorted image that each row of a file is of, read without any code of `iqa`."""
    if path.suffix == ".csv":
        yield from (row["distorted"] for row in csv.DictReader(text))
    elif path.suffix == ".txt":
        yield from (word for line in text for word in line.split() if word.endswith(".jpg") and "✗ " not in line)
    else:
        yield from (json.loads(line)["distorted"] for line in text if line.startswith('{"reference"'))


def good_rows(case: Case) -> int:
    """Rows with scores that stand whole in the files of a run that was killed: in that which has most."""
    return max(map(_good_rows, case.files))


def _good_rows(path: Path) -> int:
    if path.suffix == ".txt":
        return 0
    if path.suffix == ".parquet":
        kept = {path, *path.with_name(path.name + ".parts").glob("[0-9]*.parquet")}
        rows = {line for part in kept for line in lines(part) if '"status": "ok"' in line}
        return len(rows)
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    mark: Callable[[str], bool] = (lambda line: ",ok,," in line) if path.suffix == ".csv" else (
        lambda line: '"status": "ok"' in line and '"distorted"' in line)  # fmt: skip
    return sum(mark(line) for line in text.split("\n")[:-1])


def scored_anew(case: Case) -> int:
    """How many rows the last run over a case's files has scored itself, as the file beside them tells."""
    beside = [path.with_name(path.name + ".run.json") for path in case.files]
    told = [json.loads(file.read_text()) for file in beside if file.exists()]
    return max(document["runs"][-1]["rows"] for document in told)

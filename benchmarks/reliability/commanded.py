"""A folder of hostile files scored by the command itself, as a user would: every file its row, nothing else said."""

import csv
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from probing import CLIPS, hostile, read_seeds
from seed_corpus import PICTURE, encode

SECONDS = 300
_TELLS = re.compile(r"error: |\d+ rows, \d+ failed, in |warning: .*see their notes")


def score_by_command(folder: Path, numbers: Iterable[int]) -> list[str]:
    """What is wrong with `iqa score reference.png folder` on the files of those numbers; nothing is right."""
    seeds = read_seeds(folder)
    with tempfile.TemporaryDirectory(prefix="iqa-hostile-") as name:
        there, out = Path(name, "photographs"), Path(name, "scores.csv")
        there.mkdir()
        for number in numbers:
            _, suffix, data, _ = hostile(seeds, number)
            if suffix not in CLIPS:
                (there / f"{number}{suffix}").write_bytes(data)
        Path(name, "reference.png").write_bytes(encode(PICTURE, "PNG"))
        call = [sys.executable, "-m", "iqa_cli", "score", f"{name}/reference.png", str(there), "-m", "psnr"]
        call += ["-f", "csv", "-o", str(out)]
        try:
            done = subprocess.run(call, capture_output=True, text=True, errors="replace", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return [f"the command took more than {SECONDS} s"]
        return _wrong(done, there, out)


def _wrong(done: subprocess.CompletedProcess, there: Path, out: Path) -> list[str]:
    found = [] if done.returncode in (0, 1) else [f"exit code {done.returncode}: {done.stderr[-2000:]}"]
    files = sorted(file.name for file in there.iterdir())
    rows = list(csv.DictReader(out.open(encoding="utf-8"))) if out.exists() else []
    named = sorted(Path(row["distorted"]).name for row in rows)
    if named != files:
        found.append(f"{len(rows)} rows of {len(files)} files: {sorted(set(files) ^ set(named))[:5]}")
    odd = [line for line in done.stderr.splitlines() if line.strip() and not _TELLS.match(line)]
    return [*found, *(["said: " + "\n".join(odd[-20:])] if odd else [])]

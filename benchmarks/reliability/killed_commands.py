"""Commands other than `iqa score FILE`, killed at lines by lot where they write, and then given again.

Files are whole or not there, and in the end there is what an uninterrupted command leaves.

    nice python benchmarks/reliability/killed_commands.py [eval compare ...] [--runs 40] [--seed 1]

A file under its final name must be that of the uninterrupted run, or rows of it that can be gone on from; no input may
change. A training is as long as its recipe says here: four steps of a small model, on pictures made here.
"""

import argparse
import csv
import hashlib
import json
import random
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from by_line import counted_lines, dying_at, forked, load
from faulty_runs import make_pictures

LOADED = ("testset.make", "evaluation.evaluate", "evaluation.report_writing", "page.compose", "references.encoded")
LOADED_WITH_TORCH = ("executing.executor", "training.finish", "model_export", "page.contact_sheet", "engine.encoding")
WRITE = (
    "jobs.py", "model_export.py", "exporting/model_file.py", "ground/atomic.py", "ground/locks.py", "output/", "page/",
    "evaluation/report_writing.py", "parts/", "ranking/", "references/encoded.py", "storage/folder.py", "testset/",
    "training/checkpoint.py", "training/finish.py", "training/logbook.py", "weights/state_dicts.py",
)  # fmt: skip
RECIPE = """model = "iqt-c"
precision = "fp32"
frozen = ["backbone"]
save_every = 1
validate_every = 2
[[rated]]
data = "mine"
split = "reference"
holdout = 0.25
[[stage]]
kind = "rated"
steps = 4
crop = 64
batch = 2
lr = 1e-3
"""


@dataclass(frozen=True)
class Command:
    """What is run, what goes on after a kill, and which of its files must be the same in the end.

    growing: files that have rows, or text, of a run under way; the others are whole or not there.
    changing: files that tell the time, the folder or the machine, which differ between any two runs.
    """

    line: str
    goes_on: str = "--resume"
    growing: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """The command as the shell parts it."""
        return self.line.split()


EVAL = "eval --manifest ../rated.csv -m psnr,ssim --resamples 20 --keep kept.csv -o report.json"
COMPARE = "compare --ref ../references ../distorted ../other -m psnr,ssim -o rows.csv -o table.md --html page.html"
RANK = "rank ../distorted -m triq-lite -o ranking.csv -o table.md --html sheet.html"
DISTORT = "distort ../references --out set --types jpeg,11 --levels 1,5 --jobs 1"
TRAIN = "train ../own.toml --data mine=../rated.csv --out run --jobs 0"
TELLING = ("run/last.pt", "run/log.csv", "run/curves.png", "run/card.md", "run/weights.toml", "run/figures.json")
COMMANDS = {
    "eval --keep": Command(EVAL, growing=("kept.csv",), changing=("report.json",)),
    "compare": Command(COMPARE, growing=("rows.csv",), changing=("page.html",)),
    "rank": Command(RANK, growing=("ranking.csv",), changing=("sheet.html",)),
    "score -o parts/": Command("score ../references ../distorted -m psnr -o parts/", "", changing=("parts/_run",)),
    "distort": Command(DISTORT),
    "encode": Command("encode ../references -m iqt-lite -o gt.iqaref", "--overwrite"),
    "export": Command("export triq-lite -o model.onnx", "--overwrite"),
    "train": Command(TRAIN, growing=TELLING, changing=TELLING),
}


def tried(name: str, root: Path, runs: int, rng: random.Random) -> tuple[int, int, list[str]]:
    """How many kills there were, of how many lines, and what was not as it should be."""
    command, whole, run = COMMANDS[name], root / "whole", root / "run"
    whole.mkdir()
    run.mkdir()
    code, total = counted_lines(whole, command.words, WRITE)
    if code:
        return 0, total, [f"{name}: a run that nothing happens to ended with {code}; DEBUG=1 shows what it says"]
    wanted, inputs, kills, faults = _hashes(whole), _hashes(root), 0, []
    inputs = {path: digest for path, digest in inputs.items() if not path.startswith(("whole/", "run/"))}
    for turn in sorted(rng.sample(range(total), min(runs, total))):
        shutil.rmtree(run)
        run.mkdir()
        kills += forked(run, command.words, dying_at(turn), WRITE) == -9
        at = f"{name}, killed at line {turn} of {total}"
        for path, digest in _hashes(run).items():
            if path not in command.growing and not path.startswith(command.changing or ("\0",)) and digest:
                faults += [] if wanted.get(path) == digest or _hidden(path) else [f"{at}: half of {path}"]
        code = forked(run, [*command.words, *command.goes_on.split()])
        found = _hashes(run)
        faults += [f"{at}: went on with {code}"] if code else []
        faults += [f"{at}: {path} is missing" for path in wanted if path not in found]
        faults += [f"{at}: {path} is left behind" for path in found if path not in wanted]
        differing = [path for path in wanted if found.get(path) != wanted[path]]
        faults += [f"{at}: {path} differs" for path in differing if not path.startswith(command.changing or ("\0",))]
        after = {path: digest for path, digest in _hashes(root).items() if path in inputs}
        faults += [f"{at}: an input has changed"] if after != inputs else []
    return kills, total, faults


def _hashes(folder: Path) -> dict[str, str]:
    """What is in each file, empty ones as nothing; what lies beside rows tells the time, and is left out."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(".run.json")]
    return {str(path.relative_to(folder)): _hash(path) for path in files}


def _hash(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".safetensors" and len(data) > 8:  # metadata come in an order that chance gives in each process
        end = 8 + int.from_bytes(data[:8], "little")
        data = json.dumps(json.loads(data[8:end]), sort_keys=True).encode() + data[end:]
    return hashlib.sha256(data).hexdigest() if data else ""


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in Path(path).parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commands", nargs="*", help=f"{'; '.join(COMMANDS)}: all if left out")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    load(*LOADED, *LOADED_WITH_TORCH)
    print("| command | killed at | of lines | half files, differing, left behind |\n|---|---|---|---|", flush=True)
    for name in options.commands or COMMANDS:
        with tempfile.TemporaryDirectory(prefix="iqa-killed-") as folder:
            root = Path(folder)
            make_pictures(root, 6, 96, options.seed)
            (root / "own.toml").write_text(RECIPE)
            shutil.copytree(root / "distorted", root / "other")
            with (root / "rated.csv").open("w", newline="", encoding="utf-8") as file:
                pairs = [(f"references/{path.stem}.png", f"distorted/{path.name}", 1 + number / 2)
                         for number, path in enumerate(sorted((root / "distorted").iterdir()))]  # fmt: skip
                csv.writer(file).writerows([("reference", "distorted", "mos"), *pairs])
            kills, total, faults = tried(name, root, options.runs, random.Random(f"{options.seed} {name}"))
        print(f"| `iqa {name}` | {kills} | {total} | {len(faults)} |", flush=True)
        print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

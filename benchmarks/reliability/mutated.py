"""Hostile image files: 100,000 that come of damage to sound ones, each read and scored as `iqa score` would.

    python benchmarks/reliability/mutated.py FOLDER [--count 100000] [--first 0]
    python benchmarks/reliability/mutated.py FOLDER --write NUMBER    the file of that number, on stdout

FOLDER keeps the seeds, a line for each file (results.jsonl) and what was wrong (wrong.jsonl); running again goes on
after the last file. One worker process reads the files, one after the other, and is watched: a crash, more than 10 s of
the processor, more than 2 GiB of memory, anything on stderr, any error that is not one line with the file's name, and
pixels that are not in [0, 1] are wrong. After each thousand the command itself scores a folder of the last hundred.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commanded import score_by_command
from probing import hostile, read_seeds
from seed_corpus import seed_corpus
from watching import Watched

MEMORY_LIMIT, SECONDS_LIMIT = 2048, 10.0  # MiB; of a step
BY_COMMAND_AFTER, BY_COMMAND = 1000, 100
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--write", type=int, metavar="NUMBER")
    options = parser.parse_args()
    _make_seeds(options.folder)
    if options.write is not None:
        sys.stdout.buffer.write(hostile(read_seeds(options.folder), options.write)[2])
        return
    run(options.folder, options.first, options.count)
    print(table(options.folder))


def run(folder: Path, first: int, count: int) -> None:
    """Try the files that have no line yet; each thousand once more by the command."""
    done = [json.loads(line)["number"] for line in _lines(folder / "results.jsonl")]
    number = max([first - 1, *done]) + 1
    with (folder / "results.jsonl").open("a") as results, (folder / "wrong.jsonl").open("a") as wrong:
        while number < first + count:
            last = min(number - number % BY_COMMAND_AFTER + BY_COMMAND_AFTER, first + count) - 1
            for line in _tried(folder, number, last):
                results.write(json.dumps(line) + "\n")
                if line["wrong"]:
                    wrong.write(json.dumps(line) + "\n")
                    print(f"{line['number']} {line['seed']}: {line['wrong'][0][-300:]}", file=sys.stderr)
                number = line["number"] + 1
            for text in score_by_command(folder, range(max(first, number - BY_COMMAND), number)):
                wrong.write(json.dumps({"number": number - 1, "seed": "command", "wrong": [text]}) + "\n")
                print(f"{number - 1} command: {text}", file=sys.stderr)
            results.flush(), wrong.flush()


def _tried(folder: Path, first: int, last: int) -> Iterator[dict[str, Any]]:
    """A line for each file, by as many workers as it takes."""
    begun: dict[str, Any] = {}
    while first <= last:
        worker = Watched([str(HERE / "probing.py"), str(folder), str(first), str(last)], folder / "said.txt")
        for line in worker.lines():
            if "begin" in line:
                begun = line
            elif "died" in line:
                if begun.get("begin", -1) < first:
                    raise SystemExit(f"the worker does not begin: {line['died']}\n{worker.traceback()}")
                yield {"number": begun["begin"], "seed": begun["seed"], "way": begun["way"], "outcome": line["died"],
                       "seconds": {}, "peak": 0, "wrong": [f"{line['died']}: {worker.traceback()}"]}  # fmt: skip
            else:
                yield _judged(line | {"way": begun["way"]})
        first = begun["begin"] + 1


def _judged(line: dict[str, Any]) -> dict[str, Any]:
    """With what is wrong by its figures."""
    slow = [f"{step} took {seconds} s" for step, seconds in line["seconds"].items() if seconds > SECONDS_LIMIT]
    large = [f"{line['peak']} MiB"] if line["peak"] > MEMORY_LIMIT else []
    return line | {"wrong": [*line["wrong"], *slow, *large]}


def table(folder: Path) -> str:
    """The figures by format, in Markdown."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for text in _lines(folder / "results.jsonl"):
        line = json.loads(text)
        rows[line["seed"].split(" - ")[1]].append(line)
        rows["all"].append(line)
    head = ["format", "files", "scored", "refused", "slowest step, s", "most memory, MiB", "wrong"]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    for name in sorted(rows, key=lambda name: (name == "all", name.lower())):
        of = rows[name]
        counts = (sum(line["outcome"] == outcome for line in of) for outcome in ("scored", "refused"))
        slowest = max(max(line["seconds"].values(), default=0) for line in of)
        figures = [len(of), *counts, f"{slowest:.2f}", max(line["peak"] for line in of)]
        lines.append(f"| {' | '.join(map(str, [name, *figures, sum(bool(line['wrong']) for line in of)]))} |")
    return "\n".join(lines)


def _make_seeds(folder: Path) -> None:
    """Written once: some encoders put the time into their files."""
    if not (folder / "seeds").is_dir():
        (folder / "seeds").mkdir(parents=True)
        for number, seed in enumerate(seed_corpus()):
            (folder / "seeds" / f"{number:03} - {seed.format} - {seed.what}{seed.suffix}".replace(":", "")).write_bytes(
                seed.data
            )


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


if __name__ == "__main__":
    main()

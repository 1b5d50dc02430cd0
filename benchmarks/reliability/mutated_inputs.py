"""Hostile inputs beside images: manifests, scores, weights, recipes, labels, outputs of earlier runs, damaged and read.

    python benchmarks/reliability/mutated_inputs.py FOLDER [--each 300] [--kind WORD]

Each is read by its command, in a process of its own. Wrong are a crash, a traceback or a warning of Python, an exit
code that is not documented, failure without a word, 10 s of the processor and 2 GiB of memory. Wrong ones are kept in
FOLDER, which must not be there.
"""

import argparse
import importlib
import json
import os
import pkgutil
import random
import re
import sys
from pathlib import Path

import torch
from forked import Ending, forked
from input_cases import Case, cases
from mutations import mutated
from PIL import Image

import iqa_cli

torch.set_num_threads(1)
for _found in pkgutil.walk_packages(iqa_cli.__path__, "iqa_cli."):  # once, for all children
    if not _found.name.endswith("__main__"):
        importlib.import_module(_found.name)
Image.init()
# fmt: off
_VALUES = (
    '""', "null", "[]", "{}", "-1", "1e400", "NaN", "Infinity", "true", '"\\ud800"', "9" * 5000, "[" * 3000,
    '{"a":' * 3000,
)
_CELLS = (
    "", "nan", "inf", "-1", "1e400", "\0", '"', "x" * 100_000, "../../etc", "\u202e", "9" * 5000, "\r\n", ",",
    "[[", "#3",
)
# fmt: on


def damaged(data: bytes, others: list[bytes], number: int) -> tuple[bytes, str]:
    """By bytes, or of text by words: values become empty, huge, not a number or nested deeply."""
    rng = random.Random(number)
    if rng.random() < 0.5:
        return mutated(data, others, number)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return mutated(data, others, number)
    words = list(re.finditer(r'"[^"\n]*"|[^\s,;:{}\[\]"=]+', text))
    for word in sorted(rng.sample(words, min(len(words), rng.choice((1, 1, 2, 5)))), key=lambda word: -word.start()):
        new = rng.choice(_VALUES if rng.random() < 0.5 else _CELLS)
        text = text[: word.start()] + new + text[word.end() :]
    return text.encode("utf-8", "surrogatepass"), "words"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=300)
    parser.add_argument("--kind", default="")
    options = parser.parse_args()
    options.folder = options.folder.absolute()
    (options.folder / "wrong").mkdir(parents=True)
    print("| input | files | taken | refused | slowest, s | most memory, MiB | wrong |\n|---|" + "---:|" * 6)
    for case in cases(options.folder / "cases"):
        if options.kind in case.kind:
            print(_row(case, options.folder, options.each), flush=True)


def _row(case: Case, folder: Path, each: int) -> str:
    endings = [_tried(case, folder, number) for number in range(each)]
    taken = sum(ending.code in (0, 3) for ending in endings)
    slowest, most = max(ending.seconds for ending in endings), max(ending.peak for ending in endings)
    wrong = sum(bool(ending.wrong) for ending in endings)
    return f"| {case.kind} | {each} | {taken} | {each - taken} | {slowest:.2f} | {most} | {wrong} |"


def _tried(case: Case, folder: Path, number: int) -> Ending:
    sound = {file: file.read_bytes() for file in case.folder.rglob("*") if file.is_file()}
    data = sound[case.path]
    front = case.front or len(data)
    bad, way = damaged(data[:front], list(sound.values()), number) if number else (data[:front], "sound")
    case.path.write_bytes(bad + data[front:])
    ending = forked(lambda: (os.chdir(case.folder), case.call()), folder / "said.txt")
    if number == 0 and ending.code not in (0, 3):
        print(f"{case.kind}: the sound one fails: {ending.said[-300:]}", file=sys.stderr)
    if ending.wrong:
        name = f"{case.kind} {number}".replace("/", " ")
        (folder / "wrong" / name).write_bytes(bad)
        with (folder / "wrong.jsonl").open("a") as file:
            file.write(json.dumps({"kind": case.kind, "number": number, "way": way, "code": ending.code,
                                   "wrong": ending.wrong, "said": ending.said[-3000:]}) + "\n")  # fmt: skip
    for file in case.folder.rglob("*"):
        if file.is_file() and file not in sound:
            file.unlink()
    for file, content in sound.items():
        if not file.exists() or len(content) < 1 << 20 or file == case.path:
            file.write_bytes(content)
    return ending


if __name__ == "__main__":
    main()

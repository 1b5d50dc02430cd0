"""What a model says of many photographs: the entry `percentiles` of its weights in weights.toml.

    python benchmarks/percentiles.py triq-lite --data DIR [--name BIQ2021] [--most 2000] [--weights FILE]

DIR holds the photographs, in subfolders too; `--most` takes so many of them, evenly in the order of their names. The
line it prints goes below the weights' entry.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import iqa_cli
from iqa_cli.errors import ImageError
from iqa_cli.ground.folders import pictures_in
from iqa_cli.meaning import QUANTILES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--name", default="BIQ2021", help="what the photographs are called")
    parser.add_argument("--most", type=int)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()

    scorer = iqa_cli.load(options.model, weights=options.weights, offline=True)
    files = sorted(pictures_in(str(options.data), True).pictures)
    if options.most and options.most < len(files):
        files = [files[place] for place in np.linspace(0, len(files) - 1, options.most).round().astype(int)]
    scores = []
    for number, file in enumerate(files, 1):
        try:
            scores.append(scorer.score(options.data / file))
        except ImageError as error:
            print(f"left out: {error}", file=sys.stderr)
        if number % 500 == 0:
            print(f"{number} of {len(files)}", file=sys.stderr)
    if not scores:
        sys.exit(f"{options.data}: no photograph could be scored")
    quantiles = ", ".join(f"{value:.3f}" for value in np.quantile(scores, np.linspace(0, 1, QUANTILES)))
    print(f"# {len(scores)} photographs: python benchmarks/percentiles.py {options.model} --data DIR")
    print(f'percentiles = {{ photographs = "{options.name}", scores = [{quantiles}] }}')


if __name__ == "__main__":
    main()

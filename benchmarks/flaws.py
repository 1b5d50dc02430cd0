"""How well `--explain` tells flaws, on photographs that nothing was learnt from: the figures of docs/explain.md.

    python benchmarks/flaws.py --data photos=DIR --data biq2021=DIR [--part choose] [--head FILE]

Whole photographs with one flaw, with two, with none and with another distortion, scored by the engine itself; and
photographs as people took them: BIQ2021's better half and its worst tenth. Way and level are drawn, as
in training. The part `final` is for the figures alone, whoever chooses does so on `choose`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from flaw_examples import Photograph, Photographs, other_names, photographs

from iqa_cli.distortions import distort
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.explaining.explainers import load_explainer, read_head
from iqa_cli.explaining.explanation import NOTHING, TOLD
from iqa_cli.explaining.flaws import FLAWS, NAMES, OTHERS, pairs
from iqa_cli.explaining.spoiling import spoil
from iqa_cli.registry import find_model
from iqa_cli.weights import load_trained

MODEL = "triq-lite"
MOST = {"pristine": 40, "halved": 30, "rated": 60}
TWICE = 9  # pairs of flaws a photograph
Told = tuple[tuple[str, ...], np.ndarray]  # the flaws that were made, and the probabilities of all


def made(photograph: Photograph, number: int) -> Iterator[tuple[str, tuple[str, ...], np.ndarray]]:
    """What is made of a photograph: of which kind, with which flaws, and its pixels."""
    rng, image, two = np.random.default_rng([7, number]), photograph.read(), pairs()
    yield "clean", (), image
    for flaw in FLAWS:
        yield "one", (flaw.name,), spoil(image, [flaw], rng)
    for place in rng.permutation(len(two))[:TWICE]:
        yield "two", tuple(flaw.name for flaw in two[place]), spoil(image, two[place], rng)
    other = OTHERS[number % len(OTHERS)]
    yield "other", (), distort(image, other, float(rng.uniform(1, 5)), rng)


def probabilities(executor: Executor, image: np.ndarray, *reference: Any) -> np.ndarray:
    """What the engine says of one image, against a reference and by its name where they are given, by `NAMES`."""
    (score,) = executor.score([Sample(np.ascontiguousarray(image), *reference)])
    told = score.details["explanation"]["probabilities"]
    return np.array([told[name] for name in NAMES])


def by_flaw(told: Sequence[Told], double: Sequence[Told]) -> dict[str, dict[str, float]]:
    """Shares by flaw: told where it is alone, or one of two, and how often it is there where it is told."""
    table = {}
    for place, name in enumerate(NAMES):
        alone = [found for flaws, found in told if flaws == (name,)]
        of_two = [found for flaws, found in double if name in flaws]
        claimed = [name in flaws for flaws, found in [*told, *double] if found[place] >= TOLD]
        table[name] = {
            "told alone": share(found[place] >= TOLD for found in alone),
            "and nothing else": share(found[place] >= TOLD and (found >= TOLD).sum() == 1 for found in alone),
            "told of two": share(found[place] >= TOLD for found in of_two),
            "right when told": share(claimed),
        }
    return table


def confusion(rows: Sequence[tuple[str, Told]]) -> dict[str, dict[str, int]]:
    """By what was made, how often each flaw was the most probable that was told, or nothing was."""
    table: dict[str, dict[str, int]] = {}
    for kind, (flaws, found) in rows:
        true = flaws[0] if kind == "one" else kind
        most = NAMES[int(found.argmax())] if found.max() >= TOLD else NOTHING
        row = table.setdefault(true, dict.fromkeys([*NAMES, NOTHING], 0))
        row[most] += 1
    return table


def calibration(rows: Sequence[Told], bins: int = 10) -> dict[str, float]:
    """How far probabilities are from shares: the expected error over bins of equal width, and Brier's score."""
    truth = np.array([[name in flaws for name in NAMES] for flaws, _ in rows]).ravel()
    said = np.array([found for _, found in rows]).ravel()
    places = np.minimum((said * bins).astype(int), bins - 1)
    gaps = [abs(said[places == b].mean() - truth[places == b].mean()) * (places == b).mean() for b in set(places)]
    return {"expected error": round(float(sum(gaps)), 4), "Brier": round(float(((said - truth) ** 2).mean()), 4)}


def share(values: Any) -> float:
    """Of truths among values, rounded."""
    values = list(values)
    return round(sum(values) / len(values), 3) if values else float("nan")


def sources_of(found: Photographs) -> list[Photograph]:
    """The photographs that images are made of."""
    halved = [found.halved[place] for place in np.random.default_rng(1).permutation(len(found.halved))]
    return [*found.pristine[: MOST["pristine"]], *halved[: MOST["halved"]]]


def worst_of(found: Photographs) -> list[Photograph]:
    """The worst tenth of the rated ones, as people took them."""
    return list(found.rated[-len(found.rated) // 10 :])[: MOST["rated"]]


def measure(executor: Executor, folders: dict[str, Path], part: str) -> dict[str, Any]:
    """All figures of one part."""
    found = photographs(folders["photos"], folders["biq2021"], part)
    sources = sources_of(found)
    rows: list[tuple[str, Told]] = []
    for number, photograph in enumerate(sources):
        rows += [(kind, (flaws, probabilities(executor, image))) for kind, flaws, image in made(photograph, number)]
    better, worst = found.rated[: len(found.rated) // 2 : 3], worst_of(found)
    natural = {
        name: [probabilities(executor, photograph.read()) for photograph in some[: MOST["rated"]]]
        for name, some in (("better half", better), ("worst tenth", worst))
    }
    return {
        "part": part,
        "photographs": len(sources),
        **figures(rows),
        "as people took them": {
            name: {
                "photographs": len(some),
                "a flaw is told": share(bool(named(p)) for p in some),
                **{flaw: share(flaw in named(p) for p in some) for flaw in NAMES},
            }
            for name, some in natural.items()
        },
    }


def figures(rows: Sequence[tuple[str, Told]]) -> dict[str, Any]:
    """What is told of images, of what kind each is, that were spoiled or not."""
    one, two, clean, other = (
        [told for kind, told in rows if kind == which] for which in ("one", "two", "clean", "other")
    )
    return {
        "images": len(rows),
        "one flaw: it is the most probable": share(NAMES[p.argmax()] == flaws[0] for flaws, p in one),
        "one flaw: told, and nothing else": share(set(named(p)) == set(flaws) for flaws, p in one),
        "two flaws: both told": share(set(flaws) <= set(named(p)) for flaws, p in two),
        "two flaws: both told, and nothing else": share(set(flaws) == set(named(p)) for flaws, p in two),
        "two flaws: at least one told": share(bool(set(flaws) & set(named(p))) for flaws, p in two),
        "clean: a flaw is told": share(bool(named(p)) for _, p in clean),
        "other distortions: a flaw is told": share(bool(named(p)) for _, p in other),
        "other distortions": other_names(),
        "calibration": calibration([told for _, told in rows]),
        "by flaw": by_flaw([*one, *clean, *other], two),
        "confusion": confusion([row for row in rows if row[0] != "two"]),
    }


def named(found: np.ndarray) -> list[str]:
    """The flaws that are told."""
    return [name for name, probability in zip(NAMES, found, strict=True) if probability >= TOLD]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--part", default="final", choices=("choose", "final"))
    parser.add_argument("--head", type=Path, help="a file of train_flaws.py instead of the embedded one")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folders = {name: Path(folder) for name, folder in (pair.split("=", 1) for pair in options.data)}
    spec = find_model(MODEL)
    loaded = load_trained(spec)
    explainer = load_explainer(spec, loaded)
    if options.head:
        explainer = replace(explainer, head=read_head(options.head))
    executor = Executor(spec, loaded.model, device=torch.device("cpu"), explainer=explainer)
    text = json.dumps(measure(executor, folders, options.part), indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""`iqa models`: which to take for what, what can score, and all there is to know of one."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from iqa_cli.registry import FIRST, FULL, GROUPS, NONE, Spec, all_models, find_model
from iqa_cli.tables.listing import ListFormat, Listing, print_facts, print_listing
from iqa_cli.weights.weight_list import Weight, catalogue, default_weight

ADVICE = (
    ("an image beside its reference", (FIRST[FULL],)),
    ("a photograph alone", (FIRST[NONE],)),
    ("the models of the papers, slower", ("iqt", "iqt-c", "triq")),
    ("numbers to compare with other papers", ("psnr", "ssim", "ms-ssim")),
)
"""What a reader wants to judge, and the models to take for it."""

COLUMNS = ("model", "needs", "scores", "looks at", "min px", "weights")


def models(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Models to tell everything of; a list of all without.")
    ] = None,
    format: Annotated[
        ListFormat | None,
        typer.Option("--format", "-f", help="table, plain (tabs) or json; a table on a terminal, plain in a pipe."),
    ] = None,
) -> None:
    """Which model to take for what, and the list of all; with NAME its paper, weights, hash, licence and training.

    Examples: iqa models; iqa models iqt; iqa models --format json
    """
    chosen = [find_model(name) for name in names or ()]
    if format is ListFormat.JSON:
        typer.echo(json.dumps([_entry(spec) for spec in chosen or all_models()], indent=2, ensure_ascii=False))
    elif chosen:
        for place, spec in enumerate(chosen):
            sys.stdout.write("\n" * bool(place))
            print_facts(list(_facts(spec)), sys.stdout, format)
    else:
        print_listing(_listing(), sys.stdout, format)


def _entry(spec: Spec) -> dict[str, Any]:
    weight = default_weight(spec.name) if spec.trained else None
    entry = {name: fact for name, fact in asdict(spec).items() if name not in ("builder", "config", "home")}
    entry |= {**entry.pop("range"), "first": spec.first}
    origin = weight and {"name": weight.name, "sha256": weight.sha256, "licence": weight.licence,
                         "trained_on": weight.training_data, "identity": weight.identity, "size": weight.size,
                         "results": [asdict(result) for result in weight.results]}  # fmt: skip
    return {**entry, "weights": origin}


def _listing() -> Listing:
    wide = max(len(purpose) for purpose, _ in ADVICE)
    return Listing(
        COLUMNS,
        tuple((heading, rows) for group, heading in GROUPS.items() if (rows := _rows(group))),
        right=(4,),
        first="first",
        marked=frozenset(FIRST.values()),
        before=(
            "Which to take for",
            *(f"  {purpose.ljust(wide)}  {', '.join(names)}" for purpose, names in ADVICE),
            "",
        ),
        after=(
            "",
            "* the first to take of its kind: what iqa score takes where no --model is given",
            "iqa models NAME: paper, weights, sha256, licence, training, measurements",
        ),
    )


def _rows(group: str) -> tuple[tuple[str, ...], ...]:
    return tuple(_row(spec) for spec in all_models() if spec.group == group)


def _row(spec: Spec) -> tuple[str, ...]:
    weight = default_weight(spec.name) if spec.trained else None
    weights = weight.name if weight else "none yet" if spec.trained else "fetched" if spec.fetches else "needs none"
    needs = "reference" if spec.full_reference else "image"
    crop = f"{spec.crop} px crops" if spec.crop else "whole"
    return (
        spec.name,
        needs,
        _range(spec),
        crop,
        str(spec.minimum),
        f"missing: {spec.missing}" if spec.missing else weights,
    )


def _range(spec: Spec) -> str:
    return f"{spec.range.ends} {spec.range.arrow}"


def _facts(spec: Spec) -> Iterator[tuple[str, str]]:
    purposes = [purpose for purpose, names in ADVICE if spec.name in names]
    yield "model", f"{spec.name} ({spec.title}), {spec.kind}"
    if purposes:
        yield "take it for", "; ".join(purposes) + (" (taken where no --model is given)" if spec.first else "")
    yield "scores", f"{_range(spec)}, {'higher' if spec.range.higher_is_better else 'lower'} is better"
    yield "looks at", f"crops of {spec.crop} px" if spec.crop else "the whole image, never resized"
    if spec.missing:
        yield "missing", f"{spec.missing}, which must be installed first"
    yield "smallest side", f"{spec.minimum} px"
    yield "maps", "yes: iqa score --map" if spec.maps else "no"
    if spec.variant:
        yield "variant", spec.variant
    if spec.paper:
        yield "paper", spec.paper
    weights = [weight for weight in catalogue() if weight.model == spec.name]
    for address in spec.fetches:
        yield "fetches", address
    if not weights and not spec.fetches:
        yield "weights", "none yet: iqa train, or --weights FILE" if spec.trained else "needs none"
    for weight in weights:
        if weight.explains is None:
            yield from weight_facts(weight)
        else:
            yield "explains", f"yes: iqa score --explain, by {weight.name}, sha256 {weight.sha256}"


def weight_facts(weight: Weight) -> Iterator[tuple[str, str]]:
    """Where weights lie, their hash, terms and origin, and what was measured with them."""
    from rich.filesize import decimal

    from iqa_cli.weights import fetching

    yield "weights", f"{weight.name}{', the default' if weight.default else ''} ({fetching.place(weight)})"
    yield "file", str(fetching.path_of(weight))
    yield "sha256", weight.sha256
    yield "size", decimal(weight.size)
    yield "licence", weight.licence
    yield "trained on", weight.training_data
    if weight.identity is not None:
        yield "same image", f"about {weight.identity:g}, the score of an image against itself, on average"
    for result in weight.results:
        yield "measured", result.figure
        yield "again by", result.command

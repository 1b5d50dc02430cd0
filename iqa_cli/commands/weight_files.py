"""`iqa weights`: list, fetch, verify and import trained weights."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from iqa_cli.command_options.shared_options import Overwrite
from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.guard import protect, refuse_existing
from iqa_cli.tables.listing import ListFormat, Listing, print_listing
from iqa_cli.terminal import Terminal
from iqa_cli.weights import fetching
from iqa_cli.weights.weight_list import Weight, catalogue, find_weight

app = typer.Typer(help="List, download, verify and convert trained weights.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Weights, as `iqa weights list` names them.")]


@app.command("list")
def list_(
    format: Annotated[
        ListFormat | None,
        typer.Option("--format", "-f", help="table, plain (tabs) or json; a table on a terminal, plain in a pipe."),
    ] = None,
) -> None:
    """List all weights: model, place, size, score range, licence; `iqa models MODEL` tells all of them.

    Example: iqa weights list --format json
    """
    if format is ListFormat.JSON:
        typer.echo(json.dumps([_entry(weight) for weight in catalogue()], indent=2, ensure_ascii=False))
    else:
        print_listing(_listing(catalogue()), sys.stdout, format)


@app.command()
def fetch(
    names: Names = None,
    everything: Annotated[bool, typer.Option("--all", help="Fetch all weights of the list.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never download; only say what is here.")] = False,
) -> None:
    """Download weights to the cache ($IQA_CACHE), verify them and print where each file lies.

    Example: iqa weights fetch --all
    """
    if not names and not everything:
        raise UsageError("name the weights to fetch, or give --all; see 'iqa weights list'")
    terminal = Terminal()
    for weight in catalogue() if everything else _chosen(names):
        with terminal.progress(weight.size, weight.name) as advance:
            path = fetching.fetch(weight, offline, advance)
        typer.echo(path)


@app.command()
def verify(names: Names = None) -> None:
    """Compute the SHA-256 of all embedded and downloaded files again; exit code 4 if one is damaged.

    Example: iqa weights verify
    """
    states = {weight.name: fetching.check(weight) for weight in _chosen(names)}
    for name, state in states.items():
        typer.echo(f"{name}: {state}")
    damaged = [name for name, state in states.items() if state in ("damaged", "missing")]
    if damaged:
        raise WeightsError(
            f"damaged or missing: {', '.join(damaged)}. "
            "Run 'iqa weights fetch' for downloaded weights; install the package again for embedded ones"
        )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="TRIQ.h5 of the TRIQ authors, or a .pth of anse3832/IQT.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="FILE.safetensors to write.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Model that it must be: triq, iqt or iqt-c.")] = None,
    backbone: Annotated[
        Path | None,
        typer.Option("--backbone", help="A file of timm's inception_resnet_v2, instead of a download."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never download a backbone.")] = False,
    overwrite: Overwrite = False,
    old_out: Annotated[Path | None, typer.Option("--out", hidden=True)] = None,
) -> None:
    """Convert a checkpoint of the official TRIQ or of anse3832/IQT; tensors are counted and measured.

    Example: iqa weights import TRIQ.h5 -o triq-official.safetensors
    """
    out = output or old_out
    if out is None:
        raise UsageError(f"name the file to write: iqa weights import {file} -o FILE.safetensors")
    protect({"--output": out}, [file, backbone], makes_folders=True)
    if not overwrite:
        refuse_existing({"--output": out}, "--overwrite replaces it")
    from iqa_cli.weights.importing import import_checkpoint

    found = import_checkpoint(file, out, model, backbone, offline)
    typer.echo(out)
    Terminal().info(f"score with it: iqa score --model {found} --weights {out} ...")


def _entry(weight: Weight) -> dict[str, Any]:
    entry = asdict(weight)
    entry |= entry.pop("range")
    return {**entry, "place": fetching.place(weight)}


def _chosen(names: list[str] | None) -> tuple[Weight, ...]:
    return tuple(map(find_weight, names)) if names else catalogue()


def _listing(weights: tuple[Weight, ...]) -> Listing:
    from rich.filesize import decimal

    rows = (
        (
            weight.name,
            weight.model,
            fetching.place(weight),
            decimal(weight.size),
            f"{weight.range.ends} {weight.range.arrow}",
            weight.licence,
        )
        for weight in weights
    )
    return Listing(
        ("weights", "model", "place", "size", "scores", "licence"),
        (("", tuple(rows)),),
        right=(3,),
        first="default",
        marked=frozenset(weight.name for weight in weights if weight.default),
        after=(
            "",
            "* what its model takes where no --weights is given",
            "iqa models MODEL: hash, training, measurements",
        ),
    )

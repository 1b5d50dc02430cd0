"""`iqa models`: what can score."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from iqa_cli.registry import SPECS, Spec
from iqa_cli.weights.weight_list import default_weight


def models(
    format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
) -> None:
    """List all models: what they need, range and direction of their scores, weights, paper.

    Example: iqa models --format json
    """
    if format not in ("table", "json"):
        raise typer.BadParameter(f"{format!r}: choose table or json", param_hint="--format")
    if format == "json":
        typer.echo(json.dumps([_entry(spec) for spec in SPECS], indent=2, ensure_ascii=False))
    else:
        _print_table()


def _entry(spec: Spec) -> dict[str, Any]:
    weight = default_weight(spec.name) if spec.trained else None
    entry = {name: fact for name, fact in asdict(spec).items() if name not in ("builder", "config")}
    entry |= {**entry.pop("range"), "first": spec.first}
    origin = weight and {"name": weight.name, "sha256": weight.sha256, "licence": weight.licence,
                         "trained_on": weight.training_data, "identity": weight.identity}  # fmt: skip
    return {**entry, "weights": origin}


def _weights_cell(spec: Spec) -> str:
    if not spec.trained:
        return "needs none"
    weight = default_weight(spec.name)
    return weight.name if weight else "none yet"


def _print_table() -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "kind", "scores", "smallest", "crop", "weights", box=box.SIMPLE_HEAD, show_edge=False)
    for spec in SPECS:
        table.add_row(
            f"{spec.name} *" if spec.first else spec.name,
            spec.kind,
            f"{spec.range.ends} {spec.range.arrow}",
            f"{spec.minimum} px",
            f"{spec.crop} px" if spec.crop else "whole",
            _weights_cell(spec),
        )
    console = Console(width=None if sys.stdout.isatty() else 10_000, markup=False, highlight=False)
    console.print(table)
    console.print("* the first to take of its kind: what iqa score takes where no --model is given", style="dim")
    # Below the table, where lines may be as long as they are.
    for spec in SPECS:
        weight = default_weight(spec.name) if spec.trained else None
        if weight:
            console.print(f"{weight.name}: {weight.licence}, trained on {weight.training_data}", style="dim")
    for paper in dict.fromkeys(spec.paper for spec in SPECS if spec.paper):
        named = ", ".join(spec.title for spec in SPECS if spec.paper == paper)
        console.print(f"{named}: {paper}", style="dim")

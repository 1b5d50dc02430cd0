"""`iqa train`: from a recipe and data to a weight file."""

from pathlib import Path
from typing import Annotated

import typer

from iqa_cli.errors import UsageError
from iqa_cli.terminal import Terminal

EPILOG = "Example: iqa train iqt-default --data photos=~/photos --data biq2021=~/BIQ2021 --out runs/iqt"


def train(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe, or a TOML file.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoints, log and the weight file.")],
    data: Annotated[
        list[str] | None, typer.Option("--data", metavar="NAME=DIR", help="A folder the recipe names.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")] = False,
    init: Annotated[
        Path | None, typer.Option("--init", help="Weight file whose fitting tensors are the start.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")] = "auto",
    workers: Annotated[int, typer.Option("--workers", help="Processes that make batches.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> None:
    """Train a model and write its weights, ready for `iqa score --weights`."""
    from iqa_cli.engine.device import choose_device
    from iqa_cli.training.finish import train_and_save
    from iqa_cli.training.recipe import load_recipe

    terminal = Terminal(quiet=quiet)
    path = train_and_save(
        load_recipe(recipe),
        _folders(data or []),
        out,
        resume=resume,
        init=init,
        device=choose_device(device),
        workers=workers,
        report=terminal.info,
    )
    typer.echo(path)


def _folders(pairs: list[str]) -> dict[str, Path]:
    folders = {}
    for pair in pairs:
        name, separator, folder = pair.partition("=")
        if not separator:
            raise UsageError(f"--data {pair}: write NAME=DIR, for example photos=~/photos")
        folders[name] = Path(folder).expanduser()
    return folders

"""`iqa train`: from a recipe and data to a weight file."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.shared_options import Overwrite
from iqa_cli.errors import UsageError
from iqa_cli.ground.filenames import at_home
from iqa_cli.ground.named_values import pairs
from iqa_cli.guard import Folder, check_not_both, protect, refuse_existing
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa train iqt-kadid10k --data kadid10k=~/kadid10k --out runs/iqt

iqa train triq-koniq-livewild --data koniq10k=~/koniq --data koniq10k-512=~/koniq --data live-wild=~/livewild \
  --out runs/triq

torchrun --nproc-per-node=4 -m iqa_cli train iqt-c-pipal --data pipal=~/PIPAL --out runs/iqt-c --resume

A run that was stopped, in whatever way, goes on with the same command and --resume."""

CURVES = "curves.png"
WRITTEN = ("last.pt", "best.pt", "log.csv", CURVES, "figures.json", "weights.toml", "card.md", "held-out.txt")


def train(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe (--list names them), or a TOML file.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for checkpoints, log, curves, weights and card.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option("--data", metavar="NAME=PATH", help="A folder, or a manifest CSV, that the recipe names."),
    ] = None,
    test_list: Annotated[
        list[str] | None,
        typer.Option("--test-list", metavar="NAME=FILE", help="Only the images that FILE names are held out."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what is in --out and go on from its last checkpoint.")
    ] = False,
    overwrite: Overwrite = False,
    init: Annotated[
        list[Path] | None,
        typer.Option("--init", help="Weight file whose fitting tensors are the start; repeatable, the last one wins."),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out bad images and labels, and go on.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed, instead of the recipe's.", min=0)] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")] = "auto",
    jobs: Annotated[int, typer.Option("--jobs", help="Processes that make batches.", min=0)] = 1,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Log for TensorBoard too (extra: train).")] = False,
    list_recipes: Annotated[
        bool, typer.Option("--list", help="Print the shipped recipes, or with RECIPE all of one, and leave.")
    ] = False,
    quiet: options.Quiet = False,
    old_out: Annotated[Path | None, typer.Option("-o", hidden=True)] = None,
    old_workers: Annotated[int | None, typer.Option("--workers", min=0, hidden=True)] = None,
) -> None:
    """Train a model and write its weights, ready for `iqa score --weights`."""
    from iqa_cli.training.recipe import load_recipe

    terminal = Terminal(quiet=quiet)
    out, jobs = out or old_out, jobs if old_workers is None else old_workers
    if list_recipes:
        _print_recipes(recipe)
        return
    if not recipe or out is None:
        raise UsageError("say what and where: iqa train RECIPE --data NAME=PATH --out RUN (recipes: --list)")
    chosen = load_recipe(recipe, **({} if seed is None else {"seed": seed}))
    paths, lists = _named("--data", data), _named("--test-list", test_list)

    pictures = [out / CURVES] if any(path.resolve() == out.resolve() for path in paths.values()) else []
    written = {f"{chosen.name}.safetensors", *WRITTEN}
    protect(
        {"--out": Folder(out, lambda file: str(file) in written)},
        [recipe, *paths.values(), *lists.values(), *(init or ()), *pictures],
    )

    check_not_both(resume, overwrite)
    if not resume and not overwrite:
        refuse_existing(
            {"--out": [out / name for name in sorted(written)]}, "--resume goes on, --overwrite begins anew"
        )

    from iqa_cli.executing.device import choose_device
    from iqa_cli.training.finish import train_and_save
    from iqa_cli.training.parallel import is_first

    @contextmanager
    def progress(total: int, description: str) -> Iterator:
        with terminal.progress(total, description) as advance:
            yield lambda: advance(1)

    path = train_and_save(
        chosen, paths, out, test_lists=lists, skip_bad=skip_bad, resume=resume, overwrite=overwrite, init=init or (),
        device=choose_device(device), workers=jobs, tensorboard=tensorboard, report=terminal.info, progress=progress,
    )  # fmt: skip
    if is_first():
        typer.echo(path)


def _print_recipes(name: str) -> None:
    """All shipped recipes in a line each, or everything that is said of one."""
    from iqa_cli.tables.listing import Listing, print_facts, print_listing
    from iqa_cli.training.recipe import Recipe, load_recipe, names

    def data(recipe: Recipe) -> str:
        named = [source.data for source in recipe.photographs] + [source.data for source in recipe.rated]
        return ", ".join(dict.fromkeys(named))

    if name:
        found = load_recipe(name)
        facts = [("recipe", found.name), ("model", found.model), ("--data", data(found))]
        facts += [("about", " ".join(found.about.split())), ("licence", found.licence)]
        facts += [("distilled from", found.distilled_from)] if found.distilled_from else []
        print_facts(facts, sys.stdout)
        return
    recipes = [load_recipe(each) for each in names()]
    # What a recipe is about begins with its subject: the rest is for whoever asks for it by name.
    rows = tuple(
        (each.name, re.split(r"[.:] ", " ".join(each.about.split()))[0].rstrip("."), data(each)) for each in recipes
    )
    after = (
        "",
        "iqa train RECIPE --list: all that is said of one",
        "iqa train RECIPE --data NAME=PATH --out RUN: trains",
    )
    print_listing(Listing(("recipe", "about", "--data"), (("", rows),), piped=1, after=after), sys.stdout)


def _named(option: str, values: list[str] | None) -> dict[str, Path]:
    found = pairs(option, values, "NAME=PATH", "photos=~/photos")
    return {name: Path(at_home(path)) for name, path in found.items()}

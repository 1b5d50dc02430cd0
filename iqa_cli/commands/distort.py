"""`iqa distort`: from photographs to a test set."""

import re
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.shared_options import Overwrite
from iqa_cli.commands.closing import closing_line
from iqa_cli.errors import ExitCode
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import Tally
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa distort photos/ --out testset

iqa distort cat.jpg dog.jpg --types jpeg,"white noise" --levels 1,2.5,5 --out testset

iqa score --manifest testset/manifest.csv -m iqt -o scores.csv

Exit codes: 0 all made, 1 some photographs failed, 2 wrong use, 130 interrupted, 143 terminated: go on with --resume."""


def _list(wanted: bool) -> None:
    if wanted:
        _print_types()
        raise typer.Exit


def distort(
    photos: Annotated[list[str], typer.Argument(metavar="PHOTO", help="Photographs, or folders of them.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for references/, distorted/ and manifest.csv.")],
    types: Annotated[
        list[str] | None,
        typer.Option("--types", metavar="TYPE,...", help="Numbers or names of `iqa distort --list`; all if left out."),
    ] = None,
    levels: Annotated[
        list[str] | None, typer.Option("--levels", metavar="X,...", help="From 1 to 5, need not be whole; 1,2,3,4,5.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of chance; the same gives the same files.")] = 0,
    max_side: Annotated[
        int | None,
        typer.Option(
            "--max-side",
            metavar="PX",
            min=1,
            help="Reduce larger photographs (Lanczos). The human scores are for 512 x 384: a blur of 2 px, plain to "
            "see there, is lost in 12 megapixels.",
        ),
    ] = None,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", min=1, help="Refuse larger photographs.")
    ] = EngineOptions.max_pixels,
    recursive: options.Recursive = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep the images that are in --out already and make the rest.")
    ] = False,
    overwrite: Overwrite = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Processes; one per core if left out.")] = None,
    quiet: options.Quiet = False,
    list_: Annotated[
        bool, typer.Option("--list", callback=_list, is_eager=True, help="Print the 25 types and leave.")
    ] = False,
) -> None:
    """Distort photographs the way KADID-10k does: a test set with the scores people give.

    Writes PNG files and a manifest with the columns reference,distorted,type,level,mos,spread.
    """
    from iqa_cli.testset.design import Design
    from iqa_cli.testset.make import MANIFEST, check_folder, make_test_set, remove_test_set
    from iqa_cli.testset.selection import find_photos, levels_chosen, types_chosen
    from iqa_cli.testset.workers import available_cores

    terminal = Terminal(quiet=quiet)
    design = Design(out, types_chosen(types), levels_chosen(levels), seed, max_side, max_pixels, overwrite)
    check_folder(out, resume, overwrite)
    found = find_photos(photos, recursive, out, terminal.warn)
    for photo in found:
        if photo.name != photo.stem:
            terminal.info(f"{photo.path} becomes {photo.name}: {photo.why_renamed}")
    if overwrite:
        remove_test_set(out)
    tally = Tally("image")
    tally.begin(None, (), len(found) * len(design.types) * len(design.levels))
    files: list[Path] = []
    with closing_line(terminal, tally, files, [out / MANIFEST]):
        with (
            terminal.progress(tally.total, "distorting") as advance,
            closing(make_test_set(design, found, jobs or available_cores())) as parts,
        ):
            for part in parts:
                advance(part.images)
                tally.count(part.images, part.images - len(part.rows))
                for error in part.errors:
                    terminal.error(error)
        tally.end(complete=True)
        files += [out / MANIFEST] if tally.rows > tally.failed else []
    for file in files:
        typer.echo(file)
    raise typer.Exit(ExitCode.SOME_FAILED if tally.failed else ExitCode.OK)


def _print_types() -> None:
    from iqa_cli.distortions import DISTORTIONS
    from iqa_cli.tables.listing import Listing, print_listing

    rows = tuple(
        (
            str(distortion.type),
            distortion.name,
            " ".join(re.sub(r"(?<!\d)0\.", ".", f"{value:g}") for value in distortion.parameters),
            " ".join(f"{mean:.2f}" for mean in distortion.means),
        )
        for distortion in DISTORTIONS.values()
    )
    uneven = " and ".join(f"{d.type} ({d.name})" for d in DISTORTIONS.values() if not d.monotone)
    after = (
        "",
        "Parameters and human means at levels 1 to 5; means from 1, very annoying, to 5, imperceptible. "
        f"Mildest in the middle: {uneven}.",
    )
    columns = ("no", "type", "parameters", "human means")
    print_listing(Listing(columns, (("", rows),), right=(0,), after=after), sys.stdout)

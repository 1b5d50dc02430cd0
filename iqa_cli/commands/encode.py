"""`iqa encode`: references once, for every run to come."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.engine_options import EngineEncoding
from iqa_cli.command_options.parsing import models_chosen
from iqa_cli.commands.closing import closing_line
from iqa_cli.errors import ExitCode
from iqa_cli.guard import protect, refuse_existing
from iqa_cli.output import Tally
from iqa_cli.plan.references import check_encodable, references_at
from iqa_cli.registry import FIRST, FULL
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa encode references/ -m iqt -o gt.iqaref

iqa score gt.iqaref results/ -m iqt -o scores.csv

Exit codes: 0 all encoded, 1 some images failed, 2 wrong use, 4 weights unavailable, 130 interrupted, 143 terminated."""


def encode(
    paths: Annotated[list[str], typer.Argument(metavar="REFERENCE", help="Reference images, or one folder of them.")],
    output: Annotated[
        Path,
        Option("--output", "-o", metavar="FILE", help="FILE.iqaref to write.", rich_help_panel=options.OUTPUT),
    ],
    model: Annotated[
        str, Option("--model", "-m", metavar="MODEL", help="Model that will score: one with crops.")
    ] = FIRST[FULL],
    recursive: options.Recursive = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    *,
    engine: EngineEncoding,
) -> None:
    """Encode references once: a file that scores results without the reference images.

    It stands wherever a folder of references does, for the same model, weights and crops.
    """
    terminal = Terminal(quiet=quiet)
    specs = models_chosen([model])
    check_encodable(specs, output)
    found, messages = references_at(paths, recursive)
    for message in messages:
        terminal.warn(message)
    how = engine.options(specs)
    protect({"-o": output}, [*found.values(), *how.weights.values()])
    if not overwrite:
        refuse_existing({"-o": output}, "--overwrite replaces it")
    tally = Tally("reference")
    tally.begin(None, (), len(found))
    files: list[Path] = []
    with closing_line(terminal, tally, files):
        from iqa_cli.engine.encoding import encode_references  # torch, at last
        from iqa_cli.engine.session import open_session

        session = open_session(specs, how)
        with (
            terminal.progress(len(found), "encoding") as advance,
            closing(encode_references(session, found, output)) as outcomes,
        ):
            for outcome in outcomes:
                tally.count(1, outcome.error is not None)
                advance(1)
                if outcome.error is not None:
                    terminal.error(outcome.error)
        tally.end(complete=True)
        if tally.rows > tally.failed:
            files.append(output)
        else:
            terminal.error(f"{output}: is not written, for no reference could be encoded")
    raise typer.Exit(ExitCode.SOME_FAILED if tally.failed else ExitCode.OK)

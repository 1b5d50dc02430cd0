"""`iqa score`: plan → images → engine → records → output."""

from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from iqa_cli.commands import options
from iqa_cli.commands.engine import Engine
from iqa_cli.commands.parsing import models_chosen, threshold_per_model
from iqa_cli.errors import ExitCode, UsageError
from iqa_cli.output import Columns, choose_format, open_writer, read_kept, remaining, reserved_columns
from iqa_cli.plan import Inputs, build_plan
from iqa_cli.records import Record
from iqa_cli.registry import Spec
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa score reference.png distorted.png -m iqt

iqa score photo.jpg -m triq --format json

iqa score references/ results/ -m iqt -m psnr --luma bt601 --match '{stem}_x4' -o scores.csv

find . -name '*.jpg' | jq -Rc '{image: .}' | iqa score - -m triq

Exit codes: 0 all scored, 1 some rows failed, 2 wrong use, 3 --fail-below missed, 4 weights unavailable,
130 interrupted."""


def score(
    paths: options.Paths = None,
    model: options.Models = None,
    manifest: options.Manifest = None,
    recursive: options.Recursive = False,
    match: options.Match = "{stem}",
    allow_missing: options.AllowMissing = False,
    format: options.Format = None,
    output: options.Output = None,
    resume: options.Resume = False,
    fail_below: options.FailBelow = None,
    map: options.Map = None,
    map_data: options.MapData = False,
    quiet: options.Quiet = False,
    *,
    engine: Engine,
) -> None:
    """Score images: with a reference (IQT, PSNR, ...) or without (TRIQ, ...)."""
    # Whatever can be wrong in the command is found before torch is imported.
    terminal = Terminal(quiet=quiet)
    specs = models_chosen(model)
    thresholds = threshold_per_model(fail_below, specs)
    constants = engine.constants(specs)
    names = tuple(spec.name for spec in specs)
    target = None if output is None or str(output) == "-" else output
    kind = choose_format(format, target, terminal.stdout.isatty())
    if resume and target is None:
        raise UsageError("--resume needs -o FILE: the rows of an earlier run are read from it")
    maps = _maps(map, map_data, specs)
    plan = build_plan(
        Inputs(tuple(paths or ()), manifest, recursive, match, allow_missing),
        any(spec.full_reference for spec in specs),
        reserved=reserved_columns(names, constants),
    )
    for message in plan.messages:
        terminal.warn(message)
    how = engine.options(specs)
    extra = None if plan.total is None else tuple(next(iter(plan.jobs)).extra)
    columns = Columns(plan.paired, extra, names, constants)
    kept = read_kept(target, kind, columns) if resume else []
    jobs = remaining(plan.jobs, kept)
    total = None if plan.total is None else plan.total - len(kept)

    from iqa_cli.engine.session import open_session  # torch, at last

    session = open_session(specs, how)
    with (
        open_writer(kind, target, columns, session.meta, session.models, kept) as writer,
        terminal.progress(total, "scoring", rows_on_screen=target is None and kind != "table") as advance,
    ):
        # Rows kept from an earlier run scored, but may be below as much as new ones.
        outcome = ExitCode.BELOW_THRESHOLD if session.any_below(kept, thresholds) else ExitCode.OK
        for record in session.run(jobs, streaming=plan.total is None, maps=maps):
            writer.write(record)
            advance(1)
            _tell(record, terminal)
            if record.error:
                outcome = ExitCode.SOME_FAILED
            elif outcome is ExitCode.OK and session.any_below([record], thresholds):
                outcome = ExitCode.BELOW_THRESHOLD
    raise typer.Exit(outcome)


def _maps(folder: Path | None, arrays: bool, specs: Sequence[Spec]) -> Callable[..., None] | None:
    """What draws the maps, if they are asked for."""
    if folder is None:
        if arrays:
            raise UsageError("--map-data needs --map DIR: the arrays lie beside the pictures")
        return None
    if not any(spec.maps for spec in specs):
        raise UsageError("--map: none of these models can show where it looked; iqt, iqt-c and triq can")
    from iqa_cli.output.maps import MapWriter

    return MapWriter(folder, arrays).write


def _tell(record: Record, terminal: Terminal) -> None:
    """What a person should hear of a row while it is written."""
    if record.error:
        terminal.error(record.error)
    for note in record.notes:
        if "alpha" in note:
            terminal.warn_once("alpha", f"{record.job.image}: {note} (and maybe others: see their notes)")

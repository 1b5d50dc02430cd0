"""`iqa score`: plan → images → engine → records → output."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from typer import Option

from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.area_options import AreaOptions
from iqa_cli.command_options.cluster_options import ClusterOptions
from iqa_cli.command_options.engine_options import Engine
from iqa_cli.command_options.explain_options import ExplainOptions
from iqa_cli.command_options.gate_options import Gate
from iqa_cli.command_options.map_options import MapOptions
from iqa_cli.command_options.output_options import OutputOptions
from iqa_cli.command_options.parsing import models_chosen
from iqa_cli.command_options.parts_options import PartsOptions
from iqa_cli.commands.closing import closing_line
from iqa_cli.errors import ExitCode
from iqa_cli.gate.account import Account
from iqa_cli.gate.alike import check_alike, untold
from iqa_cli.gate.baseline import check_shared
from iqa_cli.gate.telling import tell
from iqa_cli.gate.verdict import Watch, with_thresholds
from iqa_cli.ground.frame_names import frame_read
from iqa_cli.ground.named_values import pairs
from iqa_cli.ground.wording import alternatives, counted
from iqa_cli.guard import map_folder, protect
from iqa_cli.jobs import score_jobs
from iqa_cli.options.run_options import AUTO, EngineOptions
from iqa_cli.output import ROW_FORMATS, Columns, reserved_columns
from iqa_cli.output.arranging import ORDERS, check_order, sorting
from iqa_cli.output.run_facts import facts_of
from iqa_cli.parts.shard_run import Finished
from iqa_cli.plan import Inputs, Plan, build_plan
from iqa_cli.plan.areas import with_areas
from iqa_cli.plan.standard_input import hint_of
from iqa_cli.records import ModelInfo, Record
from iqa_cli.registry import Spec, first_model
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa score reference.png distorted.png

iqa score reference.mp4 encoded.mp4 -m iqt-lite -m psnr --frames 1/25

iqa score references/ results/ -m iqt -m psnr --luma bt601 --match '{stem}_x4' -o scores.csv

find photos -name '*.jpg' | iqa score - -m triq

iqa score photos/ -r -m triq-lite --shard 0/4 -o parts/

iqa score photos/ -r -m triq-lite -o parts/ --ray

Exit codes: 0 all scored, 1 some rows failed, 2 wrong use, 3 worse than --fail-below or --baseline,
4 weights unavailable, 130 interrupted, 143 terminated."""

Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"{alternatives(list(ROW_FORMATS))}; a table on a terminal, CSV in a pipe.",
        rich_help_panel=options.OUTPUT,
    ),
]
Sort = Annotated[
    str | None,
    Option(
        "--sort",
        metavar="|".join(ORDERS),
        help="Rows by the first model's score or by name, when all are scored; else in the order given, as they come.",
        rich_help_panel=options.OUTPUT,
    ),
]
OldSeed = Annotated[int | None, Option("--seed", min=0, hidden=True)]  # what --crop-seed was called once


def score(
    paths: options.Paths = None,
    model: options.Models = None,
    manifest: options.Manifest = None,
    column: options.Column = None,
    recursive: options.Recursive = False,
    match: options.Match = None,
    allow_missing: options.AllowMissing = False,
    frames: options.Frames = Inputs.frames,
    format: Format = None,
    sort: Sort = None,
    quiet: options.Quiet = False,
    seed: OldSeed = None,
    *,
    area: AreaOptions,
    outputs: OutputOptions,
    parts: PartsOptions,
    cluster: ClusterOptions,
    gate: Gate,
    maps: MapOptions,
    explain: ExplainOptions,
    engine: Engine,
) -> None:
    """Score images: with a reference (IQT, PSNR, ...) or without (TRIQ, ...)."""
    # Whatever can be wrong in the command is found before torch is imported.
    terminal = Terminal(quiet=quiet)
    if outputs.resume or outputs.overwrite:
        gate.reports.forget_earlier([manifest, gate.baseline, *(paths or ())])
    chosen = models_chosen(model) if model else []
    destination = cluster.destination(parts, outputs, format, terminal.stdout.isatty())
    inputs = Inputs(
        tuple(paths or ()),
        manifest,
        recursive,
        tuple(match or ()),
        allow_missing,
        frames,
        engine.frame,
        pairs("--column", column, "OURS=THEIRS", "image=filename"),
    )
    plan = build_plan(
        inputs,
        any(spec.full_reference for spec in chosen) if chosen else None,
        reserved=lambda paired: _reserved(chosen or [first_model(paired)], engine),
    )
    specs = chosen or [first_model(plan.paired)]
    plan = replace(plan, jobs=with_areas(plan.jobs, area.areas, specs))
    thresholds, earlier, reports = gate.thresholds(specs), gate.earlier(specs), gate.reports
    if earlier and plan.total is not None:
        check_shared(list(plan.jobs), earlier[0])
    maps.check(specs)
    check_order(sort)
    destination.check(sort, maps.map)
    explained = explain.models(specs, engine.engine)
    names, constants = tuple(spec.name for spec in specs), engine.constants(specs)
    for message in plan.messages:
        terminal.warn(message)
    how = engine.options(specs, frame=frame_read(engine.frame), **({} if seed is None else {"crop_seed": seed}))
    known = () if plan.total is None else plan.jobs
    protect(
        {"-o": destination.guarded, "--map": map_folder(maps.map), "--report": reports.files},
        [manifest, gate.baseline, *how.weights.values(), *(path for job in known for path in job.files)],
        more_images=plan.total is None,
    )
    if not destination.goes_on:
        outputs.refuse_existing(
            {
                "-o": destination.guarded,
                "--map": maps.there(None if plan.total is None else known, specs),
                "--report": reports.files,
            }
        )
    elif not (outputs.resume or outputs.overwrite):
        reports.refuse_foreign()
    extra = None if plan.total is None else tuple(next(iter(plan.jobs)).extra)
    columns = Columns(plan.paired, extra, names, constants, plan.folders, plan.numbers, explained)
    begun = destination.begin(plan, inputs, columns, partial(_facts_ahead, specs, how, explain.explain))
    for remark in begun.remarks:
        terminal.warn(remark)
    if begun.finished and not (thresholds or earlier or reports):
        raise typer.Exit(_told(begun.finished, terminal))
    reports.forget()
    plan, rows = begun.plan, begun.rows
    if sort:
        rows = replace(rows, arrange=sorting(sort, [ModelInfo(spec.name, spec.range) for spec in specs]))

    draws = maps.writer(known, terminal.warn)
    if not chosen:
        terminal.info(f"no --model: {names[0]}, {_what_it_does(plan)}")

    with closing_line(terminal, rows.tally, begun.made, begun.keeps, begun.resumes):
        from iqa_cli.engine.session import open_session  # torch, at last

        # Where others score, it tells what makes the scores, and that the weights are there.
        session = open_session(specs, replace(how, device="cpu") if begun.elsewhere else how, explain.explain)
        if earlier:
            told = earlier[0].path, earlier[0].facts, session.meta["models"]
            check_alike(*told)
            if unknown := untold(*told, crops_by_default=how.crops == AUTO and how.crop_seed is None):
                terminal.warn(unknown)
        session = replace(session, models=with_thresholds(session.models, thresholds))
        watch = Watch(session.models, rows.kept, earlier, bool(reports))
        if begun.elsewhere:
            judged = bool(thresholds or earlier or reports)
            records = begun.elsewhere(specs, how, explain.explain, session.meta, rows.tally, terminal, judged)
        else:
            records = score_jobs(
                session,
                plan.jobs,
                rows,
                streaming=plan.total is None,
                maps=draws,
                terminal=terminal,
                conclude=lambda: {"means": rows.tally.means_so_far()},
            )
        with closing(records):
            for record in records:
                _tell(record, terminal, hint_of(record.job, inputs) if record.error else "")
                watch.see(record)
    if note := begun.after(facts_of(session.meta)):
        terminal.info(note)
    verdict = watch.verdict()
    tell(verdict, terminal)
    code = ExitCode.SOME_FAILED if draws and draws.failed else verdict.exit_code
    reports.write(Account(verdict, session.meta, rows.tally.means_so_far(), rows.tally.seconds, code), terminal)
    raise typer.Exit(code)


def _reserved(specs: Sequence[Spec], engine: Engine) -> tuple[str, ...]:
    return reserved_columns([spec.name for spec in specs], engine.constants(specs))


def _facts_ahead(specs: Sequence[Spec], how: EngineOptions, explain: bool) -> Mapping[str, Any] | None:
    """What will make the scores, as far as it is known before torch is imported."""
    from iqa_cli.engine.model_facts import meta_ahead

    meta = meta_ahead(specs, how, explain)
    return None if meta is None else facts_of(meta)


def _told(finished: Finished, terminal: Terminal) -> ExitCode:
    """Say that there is nothing to do; the exit code is that of the run that did it."""
    failed = f", of which {finished.failed} failed (--resume tries them again)" if finished.failed else ""
    what = "score" if finished.made else "do"
    terminal.info(f"nothing to {what}: {finished.name} has all {counted(finished.rows, 'row')}{failed}")
    return ExitCode.SOME_FAILED if finished.failed else ExitCode.OK


def _what_it_does(plan: Plan) -> str:
    """What a model does that nobody named, in words."""
    if not plan.paired:
        return "which judges each image alone"
    references = {job.reference for job in plan.jobs} if plan.total is not None else set()
    only = f"reference {references.pop()}" if len(references) == 1 else "references given"
    return f"which compares with the {only}"


def _tell(record: Record, terminal: Terminal, hint: str) -> None:
    """What a person should hear of a row while it is written."""
    if hint:
        terminal.warn_once("match", hint)
    for note in record.notes:
        if "alpha" in note:
            terminal.warn_once("alpha", f"{record.job.image}: {note} (and maybe others: see their notes)")

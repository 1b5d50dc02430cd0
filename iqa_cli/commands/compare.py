"""`iqa compare`: plan → images → engine → records → comparison → output."""

import typer

from iqa_cli.commands import compare_options, options
from iqa_cli.commands.engine import Engine
from iqa_cli.commands.parsing import models_chosen
from iqa_cli.errors import ExitCode
from iqa_cli.jobs import Rows
from iqa_cli.output import Columns
from iqa_cli.plan import Inputs
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa compare reference.png a.png b.png c.png -m iqt -m psnr

iqa compare a.jpg b.jpg c.jpg -m triq

iqa compare --ref GT/ method_a/ method_b/ -m iqt -m psnr --html page.html

iqa compare --ref GT/ bicubic/ ours/ --names Bicubic,Ours --match '{stem}_x4' -o scores.csv -o table.tex

Exit codes: 0 all scored, 1 some images failed, 2 wrong use, 4 weights unavailable, 130 interrupted: go on with
-o FILE.csv --resume."""

DEFAULT_MODELS = ("iqt", "psnr")


def compare(
    paths: compare_options.Paths = None,
    model: compare_options.Models = None,
    ref: compare_options.Ref = None,
    names: compare_options.Names = None,
    recursive: options.Recursive = False,
    match: options.Match = "{stem}",
    allow_missing: compare_options.AllowMissing = False,
    format: compare_options.Format = None,
    output: compare_options.Outputs = None,
    resume: options.Resume = False,
    show: compare_options.Show = 3,
    quiet: options.Quiet = False,
    html: compare_options.Html = None,
    maps: compare_options.Maps = True,
    inline: compare_options.Inline = 64,
    resamples: compare_options.Resamples = 1000,
    seed: compare_options.Seed = 0,
    *,
    engine: Engine,
) -> None:
    """Which result looks best: rank candidates of one image, or whole methods on many."""
    # Whatever can be wrong in the command is found before torch is imported.
    from iqa_cli.plan.methods import GROUP, METHOD, plan_methods

    terminal = Terminal(quiet=quiet)
    specs = models_chosen(model or DEFAULT_MODELS)
    if not model:
        terminal.info(f"no --model: {' and '.join(DEFAULT_MODELS)}")
    inputs = Inputs(tuple(paths or ()), recursive=recursive, match=match, allow_missing=allow_missing)
    called = [name.strip() for name in names.split(",")] if names is not None else ()
    plan = plan_methods(inputs, ref, called, any(spec.full_reference for spec in specs))
    for message in plan.messages:
        terminal.warn(message)
    if ref is None and plan.reference is not None:
        terminal.info(f"reference: {plan.reference}")
    how = engine.options(specs)

    from iqa_cli.comparison.targets import choose_targets, kept_rows

    targets = choose_targets(format, output or (), html, terminal.stdout.isatty(), plan.jobs)
    if format is None and targets[0].path is None and targets[0].streams:
        terminal.info("rows go into the pipe; the comparison itself is in -f table, markdown or latex")
    if html is not None:
        from iqa_cli.page.pictures import check_page

        check_page(html)
    columns = Columns(
        plan.reference is not None, (METHOD, GROUP), tuple(spec.name for spec in specs), engine.constants(specs)
    )
    kept = kept_rows(targets, columns, plan.jobs) if resume else ()
    rows = Rows(columns, [target for target in targets if target.streams], kept)

    from iqa_cli.comparison.compare import Protocol, compare_plan
    from iqa_cli.comparison.outputs import write_tables
    from iqa_cli.engine.session import open_session  # torch, at last

    session = open_session(specs, how)
    found, records = compare_plan(plan, session, Protocol(resamples, seed), rows, terminal)
    if all(target.streams for target in targets):  # which have no place for notes
        said = {*plan.messages, *(record.error for record in records)}
        for note in found.notes:
            if note not in said:
                terminal.warn(note)
    written = write_tables(found, targets, show, terminal)
    if html is not None:
        from iqa_cli.page.write import write_page

        with terminal.progress(len(found.groups), "page") as advance:
            write_page(html, found, plan.jobs, session, maps, inline, lambda: advance(1))
        terminal.info(f"page: {html}")
    failed = not written or any(record.error for record in records)
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)

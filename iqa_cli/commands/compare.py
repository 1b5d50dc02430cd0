"""`iqa compare`: plan → images → engine → records → comparison → output."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.area_options import AreaOptions
from iqa_cli.command_options.engine_options import Engine
from iqa_cli.command_options.output_options import OutputOptions
from iqa_cli.command_options.parsing import models_chosen, names_listed
from iqa_cli.command_options.shared_options import INPUT, MAPPED, OUTPUT
from iqa_cli.commands.closing import closing_line
from iqa_cli.comparison.targets import DEFAULT_MODELS, FORMATS, ComparisonProtocol, check_methods, check_page_name
from iqa_cli.errors import ExitCode
from iqa_cli.ground.frame_names import frame_read
from iqa_cli.ground.wording import alternatives
from iqa_cli.guard import Folder, protect
from iqa_cli.jobs import Rows
from iqa_cli.output import files_of, resumable_files
from iqa_cli.plan import Inputs
from iqa_cli.tables.latex import LATEX_PARTS, LatexStyle
from iqa_cli.tables.report_formats import REPORT_FORMATS
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa compare reference.png a.png b.png c.png -m iqt -m psnr

iqa compare a.jpg b.jpg c.jpg -m triq

iqa compare --ref GT/ method_a/ method_b/ -m iqt -m psnr --html page.html

iqa compare --scores ours=ours.csv --scores bicubic=parts/ -m iqt-lite -o table.tex

iqa compare --ref GT/ bicubic/ ours/ --names Bicubic,Ours --match '{stem}_x4' -o scores.csv -o table.tex

Exit codes: 0 all scored, 1 some images failed, 2 wrong use, 4 weights unavailable, 130 interrupted,
143 terminated: go on with -o FILE.csv --resume."""

PAGE, STATISTICS = "The page", "Statistics"

Paths = Annotated[
    list[str] | None,
    Argument(metavar="PATH", help="Candidates: image files, or one folder a method. REFERENCE first, unless --ref."),
]
Models = Annotated[
    list[str] | None,
    Option(
        "--model",
        "-m",
        metavar="MODEL,...",
        help=f"Models of `iqa models`, with commas or one by one; {' and '.join(DEFAULT_MODELS)} if left out.",
    ),
]
Ref = Annotated[
    str | None,
    Option("--ref", metavar="PATH", help="The reference image, or its folder.", rich_help_panel=INPUT),
]
Scores = Annotated[
    list[str] | None,
    Option(
        "--scores",
        metavar="[NAME=]PATH",
        help="Scores that are there, instead of images: rows of iqa score or iqa compare, or a folder of parts. "
        "Repeat it, once a method.",
        rich_help_panel=INPUT,
    ),
]
Names = Annotated[
    str | None,
    Option("--names", metavar="A,B,...", help="What the methods are called, in order.", rich_help_panel=INPUT),
]
AllowMissing = Annotated[
    bool,
    Option("--allow-missing", help="Skip images that not all methods have, aloud.", rich_help_panel=INPUT),
]

Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"{alternatives(list(FORMATS))}; a table on a terminal, CSV in a pipe.",
        rich_help_panel=OUTPUT,
    ),
]
Show = Annotated[
    int,
    Option("--show", min=0, help="How many of the most differing and the worst images.", rich_help_panel=OUTPUT),
]

Html = Annotated[
    Path | None,
    Option("--html", metavar="FILE", help="One page to look at all of it, side by side.", rich_help_panel=PAGE),
]
Maps = Annotated[
    bool,
    Option("--maps/--no-maps", help=f"Where the models looked, over each image: {MAPPED}.", rich_help_panel=PAGE),
]
Inline = Annotated[
    int,
    Option(
        "--inline",
        metavar="MB",
        min=0,
        help="Images go into the page up to so many MB in all, beyond it beside the page, into FILE_files/.",
        rich_help_panel=PAGE,
    ),
]

Resamples = Annotated[
    int, Option("--resamples", min=100, help="Draws of the bootstrap over images.", rich_help_panel=STATISTICS)
]
Seed = Annotated[int, Option("--seed", min=0, help="Seed of draws and sign patterns.", rich_help_panel=STATISTICS)]


def compare(
    paths: Paths = None,
    model: Models = None,
    ref: Ref = None,
    scores: Scores = None,
    names: Names = None,
    recursive: options.Recursive = False,
    match: options.Match = None,
    allow_missing: AllowMissing = False,
    format: Format = None,
    show: Show = 3,
    latex: options.Latex = ",".join(LATEX_PARTS),
    quiet: options.Quiet = False,
    html: Html = None,
    maps: Maps = True,
    inline: Inline = 64,
    resamples: Resamples = ComparisonProtocol.resamples,
    seed: Seed = ComparisonProtocol.seed,
    *,
    area: AreaOptions,
    outputs: OutputOptions,
    engine: Engine,
) -> None:
    """Which result looks best: rank candidates of one image, or whole methods on many."""
    # Whatever can be wrong in the command is found before torch is imported.
    from iqa_cli.comparison import preparing

    terminal = Terminal(quiet=quiet)
    inputs = Inputs(
        tuple(paths or ()),
        recursive=recursive,
        match=tuple(match or ()),
        allow_missing=allow_missing,
        frame=engine.frame,
    )
    if scores:
        told = {"PATH": paths, "--ref": ref, "--names": names, "--recursive": recursive, "--resume": outputs.resume}
        preparing.check_scores_alone({**told, **area.given, **engine.given})
        prepared = preparing.of_scores(scores, names_listed("--model", model), inputs, page=html is not None)
    else:
        specs = models_chosen(model or DEFAULT_MODELS)
        called = [name.strip() for name in names.split(",")] if names is not None else ()
        prepared = preparing.of_images(
            inputs, ref, called, area.areas, specs, lambda: engine.options(specs, frame=frame_read(engine.frame))
        )
    plan = prepared.plan
    for message in plan.messages:
        terminal.warn(message)
    targets = outputs.targets(format, terminal.stdout.isatty(), FORMATS)
    style = LatexStyle.parse(latex, [target.format for target in targets])
    check_page_name(html)
    page = None
    if html is not None:
        from iqa_cli.page.store import check_page, folder_of

        page = Folder(folder_of(html), lambda file: True)
    protect(
        {"-o": files_of(targets), "--html": html, "the images of": page},
        [*prepared.reads, *(path for job in plan.jobs for path in job.files)],
    )
    outputs.refuse_existing({"-o": files_of(targets), "--html": html})
    if format is None and targets[0].path is None and targets[0].streams:
        terminal.info(f"rows go into the pipe; the comparison itself is in -f {alternatives(list(REPORT_FORMATS))}")
    if html is not None:
        check_page(html)
    rows = Rows.of(prepared.columns, [target for target in targets if target.streams], outputs.resume)
    check_methods(rows, plan.jobs)
    if not model and not scores:
        terminal.info(f"no --model: {' and '.join(DEFAULT_MODELS)}")
    if ref is None and not scores and plan.reference is not None:
        terminal.info(f"reference: {plan.reference}, the first path (--ref names another)")

    files = [*files_of(targets), *([html] if html else [])]
    with closing_line(terminal, rows.tally, files, resumable_files(targets)):
        from iqa_cli.comparison.answer import answer
        from iqa_cli.comparison.results import compare_plan, write_tables

        session = prepared.session()  # torch, at last
        found, records = compare_plan(plan, session, ComparisonProtocol(resamples, seed), rows, terminal)
        said = {*plan.messages, *(record.error for record in records)}
        if all(target.streams for target in targets):  # which have no place for notes
            for note in found.notes:
                if note not in said:
                    terminal.warn(note)
        written = write_tables(found, targets, show, terminal, said, style)
        if html is not None:
            from iqa_cli.page.compose import write_page

            with terminal.progress(len(found.images), "page") as advance:
                write_page(html, found, plan.jobs, session, maps, inline, lambda: advance(1))
    if not any(target.path is None and not target.streams for target in targets):  # else it stands below the tables
        for sentence in answer(found):
            terminal.info(sentence)
    failed = not written or any(record.error for record in records)
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)

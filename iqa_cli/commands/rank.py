"""`iqa rank`: plan → images → engine → records and glances → ranking → output."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.engine_options import EngineAlone
from iqa_cli.command_options.explain_options import ExplainOptions
from iqa_cli.command_options.output_options import OutputOptions
from iqa_cli.command_options.parsing import models_chosen
from iqa_cli.command_options.shared_options import OUTPUT
from iqa_cli.commands.closing import closing_line
from iqa_cli.comparison.targets import check_page_name
from iqa_cli.errors import ExitCode
from iqa_cli.ground.frame_names import frame_read
from iqa_cli.ground.wording import alternatives
from iqa_cli.guard import Folder, protect
from iqa_cli.jobs import Rows
from iqa_cli.output import files_of, resumable_files
from iqa_cli.plan import Inputs
from iqa_cli.ranking.requests import FORMATS, GROUPINGS, SIMILAR, Wanted, plan_photographs, written_targets
from iqa_cli.registry import FIRST, NONE
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa rank photos/

iqa rank photos/ -r --html sheet.html -o ranking.csv

iqa rank photos/ --worst 20

iqa rank photos/ --keep-best --null > keepers.txt && xargs -0 cp --parents -t keepers/ < keepers.txt

Exit codes: 0 all scored, 1 some photographs failed, 2 wrong use, 4 weights unavailable, 130 interrupted,
143 terminated: go on with -o FILE.csv --resume."""

Paths = Annotated[
    list[str] | None,
    Argument(metavar="PATH", help="Photographs, folders of them, or - for paths on standard input."),
]
Models = Annotated[
    list[str] | None,
    Option(
        "--model",
        "-m",
        metavar="MODEL,...",
        help=f"Models of `iqa models` that need no reference; the first ranks, {FIRST[NONE]} if left out.",
    ),
]
Group = Annotated[
    str,
    Option(
        "--group",
        metavar="|".join(GROUPINGS),
        help="Of which photographs the best is marked: of those that show the same, of a folder, or of none.",
        rich_help_panel=OUTPUT,
    ),
]
Top = Annotated[
    int | None,
    Option("--top", metavar="N", min=1, help="Show the N best alone; files of rows have all.", rich_help_panel=OUTPUT),
]
Worst = Annotated[
    int | None,
    Option("--worst", metavar="N", min=1, help="Show the N worst alone, worst first.", rich_help_panel=OUTPUT),
]
KeepBest = Annotated[
    bool,
    Option(
        "--keep-best",
        help="Print the names to keep instead of a table, a line each: the best of each group and what stands alone.",
        rich_help_panel=OUTPUT,
    ),
]
Null = Annotated[
    bool, Option("--null", "-0", help="End each name of --keep-best by NUL, for xargs -0.", rich_help_panel=OUTPUT)
]
Html = Annotated[
    Path | None,
    Option("--html", metavar="FILE", help="One page to look at all photographs, as a sheet.", rich_help_panel=OUTPUT),
]
Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"{alternatives(list(FORMATS))} on standard output; a table on a terminal, CSV in a pipe.",
        rich_help_panel=OUTPUT,
    ),
]


def rank(
    paths: Paths = None,
    model: Models = None,
    recursive: options.Recursive = False,
    frames: options.Frames = Inputs.frames,
    group: Group = SIMILAR,
    top: Top = None,
    worst: Worst = None,
    keep_best: KeepBest = False,
    null: Null = False,
    html: Html = None,
    format: Format = None,
    quiet: options.Quiet = False,
    *,
    outputs: OutputOptions,
    explain: ExplainOptions,
    engine: EngineAlone,
) -> None:
    """The best of a folder: rank photographs, and mark the best of those that show the same."""
    # Whatever can be wrong in the command is found before torch is imported.
    terminal = Terminal(quiet=quiet)
    wanted = Wanted(group, top, worst, keep_best, null)
    specs = models_chosen(model or [FIRST[NONE]])
    explained = explain.models(specs, engine.engine)
    inputs = Inputs(tuple(paths or ()), recursive=recursive, frames=frames, frame=engine.frame)
    jobs, messages = plan_photographs(inputs, specs)
    for message in messages:
        terminal.warn(message)
    how = engine.options(specs, frame=frame_read(engine.frame))
    tty = terminal.stdout.isatty()
    targets = written_targets(wanted, format, outputs.files, tty, lambda of: outputs.targets(of, tty, FORMATS))
    check_page_name(html)
    pictures = None
    if html is not None:
        from iqa_cli.page.store import check_page, folder_of

        pictures = Folder(folder_of(html), lambda file: True)
    protect(
        {"-o": files_of(targets), "--html": html, "the images of": pictures},
        [*how.weights.values(), *(path for job in jobs for path in job.files)],
    )
    outputs.refuse_existing({"-o": files_of(targets), "--html": html})
    if html is not None:
        check_page(html)

    from iqa_cli.ranking.fingerprints import check_hashes
    from iqa_cli.ranking.ranking_rows import columns_of

    if group == SIMILAR:
        check_hashes()
    columns = columns_of([spec.name for spec in specs], engine.constants(specs), explained)
    rows = Rows.of(columns, [target for target in targets if target.streams], outputs.resume)
    if not model:
        terminal.info(f"no --model: {FIRST[NONE]}, which judges each photograph alone")
    files = [*files_of(targets), *([html] if html else [])]
    with closing_line(terminal, rows.tally, files, resumable_files(targets)):
        from iqa_cli.engine.session import open_session  # torch, at last
        from iqa_cli.page.contact_sheet import write_contact_sheet
        from iqa_cli.page.thumbnails import Thumbnails
        from iqa_cli.ranking.ranking_grids import answer, print_names, write_rankings
        from iqa_cli.ranking.scoring_run import rank_photographs

        session = open_session(specs, how, explain.explain)
        with ExitStack() as stack:
            sheet = None if html is None else stack.enter_context(Thumbnails(html))
            ranking = rank_photographs(jobs, session, wanted, rows, terminal, None if sheet is None else sheet.add)
            try:
                if html is not None and sheet is not None:
                    write_contact_sheet(ranking, sheet, html)
            finally:  # last, for whoever reads the table may have seen enough of it: `| head`
                written = write_rankings(ranking, wanted, targets, terminal)
    if keep_best:
        print_names(wanted.listed(ranking), sys.stdout.buffer, null, terminal)
    if not any(target.path is None and not target.streams for target in targets):  # else it stands below the table
        for sentence in answer(ranking):
            terminal.info(sentence)
    failed = not written or any(photograph.error for photograph in ranking.photographs)
    raise typer.Exit(ExitCode.SOME_FAILED if failed else ExitCode.OK)

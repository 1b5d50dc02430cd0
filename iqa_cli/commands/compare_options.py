"""Options that `iqa compare` alone has."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from iqa_cli.commands.options import INPUT, OUTPUT

PAGE, STATISTICS = "The page", "Statistics"

Paths = Annotated[
    list[str] | None,
    Argument(metavar="PATH", help="Candidates: image files, or one folder a method. REFERENCE first, unless --ref."),
]
Models = Annotated[
    list[str] | None,
    Option("--model", "-m", help="A model of `iqa models`; repeat it for several. iqt and psnr if left out."),
]
Ref = Annotated[
    str | None, Option("--ref", metavar="PATH", help="The reference image, or its folder.", rich_help_panel=INPUT)
]
Names = Annotated[
    str | None,
    Option("--names", metavar="A,B,...", help="What the methods are called, in order.", rich_help_panel=INPUT),
]
AllowMissing = Annotated[
    bool,
    Option("--allow-missing", help="Compare on the images that all methods have, aloud.", rich_help_panel=INPUT),
]

Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help="table, csv, json, jsonl, parquet, markdown or latex; a table on a terminal, CSV in a pipe.",
        rich_help_panel=OUTPUT,
    ),
]
Outputs = Annotated[
    list[Path] | None,
    Option(
        "--output",
        "-o",
        help="FILE to write (replaced); its suffix gives the format. Repeat it: scores.csv, table.tex, ...",
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
    Option("--maps/--no-maps", help="Where iqt, iqt-c and triq looked, over each image.", rich_help_panel=PAGE),
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
Seed = Annotated[int, Option("--seed", min=0, help="Of draws and sign patterns.", rich_help_panel=STATISTICS)]

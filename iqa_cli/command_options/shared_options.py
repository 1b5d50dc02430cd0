"""Options that commands share, declared once: what `--model`, `--recursive`, `--overwrite`, ... mean everywhere."""

from typing import Annotated

from typer import Argument, Option

from iqa_cli.registry import BUILT_IN

INPUT, OUTPUT = "What is scored", "Output"
# The models that can show where they looked. Help does without those of plug-ins: to import them takes what they take.
MAPPED = ", ".join(spec.name for spec in BUILT_IN if spec.maps)

Paths = Annotated[
    list[str] | None,
    Argument(
        metavar="PATH",
        help="REFERENCE DISTORTED..., two folders, images to judge alone, or - for paths or a manifest on stdin.",
    ),
]
Models = Annotated[
    list[str] | None,
    Option("--model", "-m", metavar="MODEL,...", help="Models of `iqa models`, with commas or one by one."),
]

Manifest = Annotated[
    str | None,
    Option(
        "--manifest",
        help="CSV, JSON, JSON Lines, Parquet or .xlsx with columns reference,distorted or image; others pass.",
        rich_help_panel=INPUT,
    ),
]
Column = Annotated[
    list[str] | None,
    Option(
        "--column",
        metavar="OURS=THEIRS",
        help="What a table calls a column, as in image=filename; repeat it.",
        rich_help_panel=INPUT,
    ),
]
Recursive = Annotated[bool, Option("--recursive", "-r", help="Look into subfolders.", rich_help_panel=INPUT)]
Match = Annotated[
    list[str] | None,
    Option(
        "--match",
        metavar="[FOLDER=]TEMPLATE",
        help="Stem of the distorted file for a reference's {stem}; found by itself where one fits a whole folder.",
        rich_help_panel=INPUT,
    ),
]
AllowMissing = Annotated[
    bool, Option("--allow-missing", help="Skip images without a partner, aloud.", rich_help_panel=INPUT)
]
Frames = Annotated[
    str,
    Option("--frames", metavar="N|1/N|all", help="Of a clip: N evenly, every N-th, or all.", rich_help_panel=INPUT),
]

Overwrite = Annotated[
    bool,
    Option("--overwrite", help="Replace what is there already, which is refused otherwise.", rich_help_panel=OUTPUT),
]
Latex = Annotated[
    str,
    Option(
        "--latex",
        metavar="WHAT,...",
        help="What LaTeX tables show beside the best in bold: intervals, underline (of the second), or none.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No progress, no messages but errors.", rich_help_panel=OUTPUT)]

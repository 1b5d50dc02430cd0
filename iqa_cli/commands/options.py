"""Options that commands share, declared once: what `--model`, `--device`, ... mean everywhere."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

INPUT, OUTPUT, HOW, WHERE = "What is scored", "Output", "How it is scored", "Where it runs"

Paths = Annotated[
    list[str] | None,
    Argument(
        metavar="PATH",
        help="REFERENCE DISTORTED..., two folders, images for a no-reference model, or - for a manifest on stdin.",
    ),
]
Models = Annotated[
    list[str] | None, Option("--model", "-m", help="A model of `iqa models`; repeat it for several in one run.")
]

Manifest = Annotated[
    str | None,
    Option(
        "--manifest",
        help="CSV or JSONL with columns reference,distorted or image; other columns pass through.",
        rich_help_panel=INPUT,
    ),
]
Recursive = Annotated[bool, Option("--recursive", "-r", help="Look into subfolders.", rich_help_panel=INPUT)]
Match = Annotated[
    str, Option("--match", help="Stem of the distorted file for a reference's {stem}.", rich_help_panel=INPUT)
]
AllowMissing = Annotated[
    bool, Option("--allow-missing", help="Skip images without a partner, aloud.", rich_help_panel=INPUT)
]
OnSizeMismatch = Annotated[
    str,
    Option(
        "--on-size-mismatch",
        help="error; crop to the common top left; or resize the distorted image.",
        rich_help_panel=INPUT,
    ),
]

Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help="table, csv, json, jsonl or parquet; a table on a terminal, CSV in a pipe.",
        rich_help_panel=OUTPUT,
    ),
]
Output = Annotated[
    Path | None,
    Option("--output", "-o", help="FILE to write (replaced); its suffix gives the format.", rich_help_panel=OUTPUT),
]
Resume = Annotated[
    bool,
    Option(
        "--resume",
        help="Keep the rows that --output has already and score the rest, under the same options.",
        rich_help_panel=OUTPUT,
    ),
]
Map = Annotated[
    Path | None,
    Option(
        "--map",
        metavar="DIR",
        help="Also draw where iqt, iqt-c and triq looked, over each image, into DIR (extra: plot).",
        rich_help_panel=OUTPUT,
    ),
]
MapData = Annotated[bool, Option("--map-data", help="With --map: the maps as .npy too.", rich_help_panel=OUTPUT)]
FailBelow = Annotated[
    list[str] | None,
    Option(
        "--fail-below",
        metavar="[MODEL=]X",
        help="Leave with exit code 3 when any score is worse than X.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No progress, no messages but errors.", rich_help_panel=OUTPUT)]

Crops = Annotated[
    str,
    Option("--crops", help="Crops that IQT and IQT-C average: a number, or all.", rich_help_panel=HOW),
]
CropSeed = Annotated[
    int | None,
    Option("--crop-seed", min=0, help="Random crops, as in the paper, instead of the even grid.", rich_help_panel=HOW),
]
ScoreSeed = Annotated[
    int | None,
    Option("--seed", min=0, help="Random crops, as in the paper, instead of the even grid.", rich_help_panel=HOW),
]
Luma = Annotated[
    str,
    Option(
        "--luma",
        help="PSNR, SSIM, MS-SSIM on rgb, bt601 (studio-range Y, as MATLAB) or full (full-range Y).",
        rich_help_panel=HOW,
    ),
]
CropBorder = Annotated[
    int,
    Option("--crop-border", min=0, help="Pixels cut off all around for PSNR, SSIM, MS-SSIM.", rich_help_panel=HOW),
]
Icc = Annotated[bool, Option("--icc/--no-icc", help="Convert embedded colour profiles to sRGB.", rich_help_panel=HOW)]
MaxPixels = Annotated[int, Option("--max-pixels", min=1, help="Refuse larger images.", rich_help_panel=HOW)]

Weights = Annotated[
    list[str] | None,
    Option("--weights", metavar="[MODEL=]FILE", help="Use this weight file; no network.", rich_help_panel=WHERE),
]
Offline = Annotated[
    bool, Option("--offline", envvar="IQA_OFFLINE", help="Never download weights.", rich_help_panel=WHERE)
]
Device = Annotated[str, Option("--device", help="auto, cpu, cuda or cuda:N.", rich_help_panel=WHERE)]
Precision = Annotated[
    str, Option("--precision", help="fp32, or bf16 for trained models: faster.", rich_help_panel=WHERE)
]
BatchSize = Annotated[
    int | None,
    Option("--batch-size", min=1, help="Crops or images a batch; by size when left out.", rich_help_panel=WHERE),
]

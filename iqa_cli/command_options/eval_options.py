"""Options that `iqa eval` alone has."""

from pathlib import Path
from typing import Annotated

from typer import Option

from iqa_cli.command_options.shared_options import OUTPUT
from iqa_cli.ground.wording import alternatives
from iqa_cli.tables.report_formats import REPORTS

WHAT, SCORES, STATISTICS = "What is evaluated", "Scores that are there already", "Statistics"


Datasets = Annotated[
    list[str] | None,
    Option("--dataset", metavar="NAME", help="A dataset of --list; repeat it.", rich_help_panel=WHAT),
]
Roots = Annotated[
    list[Path] | None,
    Option("--root", metavar="DIR", help="Its folder: one for each --dataset, in order.", rich_help_panel=WHAT),
]
Manifests = Annotated[
    list[Path] | None,
    Option(
        "--manifest",
        metavar="FILE",
        help="CSV, JSON or .xlsx: reference,distorted,mos or image,mos, or choices: image_a,image_b,preference "
        "(share who preferred b, or a, b, tie); std, reference, count, type, group if there. Repeat it.",
        rich_help_panel=WHAT,
    ),
]
TestLists = Annotated[
    list[str] | None,
    Option(
        "--test-list",
        metavar="[NAME=]FILE",
        help="Only the images that FILE names, such as an official list.",
        rich_help_panel=WHAT,
    ),
]
SkipBad = Annotated[
    bool, Option("--skip-bad", help="Leave out bad images and labels, and say so.", rich_help_panel=WHAT)
]
List = Annotated[
    bool, Option("--list", help="Print the datasets, or with --dataset all there is to know of one, and leave.")
]

Scores = Annotated[
    list[str] | None,
    Option(
        "--scores",
        metavar="PATH",
        help="Scores that are there: CSV, JSON, .xlsx of iqa or another toolkit, or a folder of parts. Repeat it.",
        rich_help_panel=SCORES,
    ),
]
LowerIsBetter = Annotated[
    list[str] | None,
    Option(
        "--lower-is-better",
        metavar="MODEL",
        help="A model of FILE whose scores fall as quality rises; repeat it.",
        rich_help_panel=SCORES,
    ),
]

Split = Annotated[
    str,
    Option(
        "--split",
        help="whole; or reference: medians over random fifths of the references.",
        rich_help_panel=STATISTICS,
    ),
]
Repeats = Annotated[int, Option("--repeats", min=1, help="Splits by reference.", rich_help_panel=STATISTICS)]
Seed = Annotated[int, Option("--seed", min=0, help="Seed of splits and bootstrap.", rich_help_panel=STATISTICS)]
By = Annotated[
    list[str] | None,
    Option("--by", help="type or group: results for each, too; repeat it.", rich_help_panel=STATISTICS),
]
Logistic = Annotated[
    int, Option("--logistic", metavar="4|5", help="Parameters of the curve to the MOS.", rich_help_panel=STATISTICS)
]
Resamples = Annotated[
    int, Option("--resamples", min=0, help="Draws of the bootstrap; 0: no intervals, no p.", rich_help_panel=STATISTICS)
]

Krasula = Annotated[
    bool,
    Option(
        "--krasula", help="Tell different pairs of images, and the better one: needs std.", rich_help_panel=STATISTICS
    ),
]
Raters = Annotated[
    int | None,
    Option("--raters", min=2, help="How many rated each image, where it is not known.", rich_help_panel=STATISTICS),
]

Times = Annotated[
    bool,
    Option("--times", help="Add the seconds that each model took an image.", rich_help_panel=STATISTICS),
]

Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"{alternatives(list(REPORTS))}; a table on a terminal, CSV in a pipe.",
        rich_help_panel=OUTPUT,
    ),
]
Plot = Annotated[
    Path | None,
    Option("--plot", metavar="FILE", help="Scatter plots as .png, .svg or .pdf.", rich_help_panel=OUTPUT),
]
Keep = Annotated[
    Path | None,
    Option("--keep", metavar="FILE.csv", help="Write the scores here, row by row.", rich_help_panel=OUTPUT),
]

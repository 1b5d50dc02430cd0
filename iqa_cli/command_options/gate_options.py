"""The options that let a run fail by its scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from typer import Option

from iqa_cli.command_options.option_groups import OptionGroup
from iqa_cli.command_options.parsing import numbers_per_model
from iqa_cli.errors import UsageError
from iqa_cli.gate.baseline import Baseline, read_baseline
from iqa_cli.gate.drops import ROUNDING, Allowance
from iqa_cli.gate.reports import Reports
from iqa_cli.registry import Spec

CHECKS = "Whether it is good enough"


@dataclass(frozen=True)
class Gate(OptionGroup):
    """What scores are held against, and where to report what came of it."""

    fail_below: Annotated[
        list[str] | None,
        Option(
            "--fail-below",
            metavar="[MODEL=]X",
            help="Leave with exit code 3 when any score is worse than X, and say which.",
            rich_help_panel=CHECKS,
        ),
    ] = None
    baseline: Annotated[
        str | None,
        Option(
            "--baseline",
            metavar="PATH",
            help="Compare with an earlier output (CSV, JSON, JSONL, Parquet, a folder of parts): exit code 3 when an "
            "image or the mean is worse, and say which.",
            rich_help_panel=CHECKS,
        ),
    ] = None
    max_drop: Annotated[
        list[str] | None,
        Option(
            "--max-drop",
            metavar="[MODEL=]X",
            help=f"What an image may lose against --baseline; {ROUNDING:g}, for rounding, when left out.",
            rich_help_panel=CHECKS,
        ),
    ] = None
    max_mean_drop: Annotated[
        list[str] | None,
        Option(
            "--max-mean-drop",
            metavar="[MODEL=]X",
            help="What the mean may lose; as much as an image when left out.",
            rich_help_panel=CHECKS,
        ),
    ] = None
    report: Annotated[
        list[str] | None,
        Option(
            "--report",
            metavar="FILE|github",
            help="What was found: FILE.xml (JUnit), FILE.json or FILE.md, or github, annotations and a summary of the "
            "step. Repeat it for several.",
            rich_help_panel=CHECKS,
        ),
    ] = None

    def thresholds(self, specs: Sequence[Spec]) -> dict[str, float]:
        """What scores must reach, by model. Raises UsageError for a value that is no number of a model of the run."""
        return numbers_per_model("--fail-below", self.fail_below, specs)

    def earlier(self, specs: Sequence[Spec]) -> tuple[Baseline, Allowance] | None:
        """The run to compare with, and what may be lost against it.

        Raises:
            UsageError: the file is no output with scores of these models, or a drop is no number from 0.
        """
        for option, values in (("--max-drop", self.max_drop), ("--max-mean-drop", self.max_mean_drop)):
            if values and self.baseline is None:
                raise UsageError(f"{option} needs --baseline FILE: the scores that may drop by so much")
        if self.baseline is None:
            return None
        allowance = Allowance(
            _drops("--max-drop", self.max_drop, specs), _drops("--max-mean-drop", self.max_mean_drop, specs)
        )
        return read_baseline(self.baseline, [spec.name for spec in specs]), allowance

    @property
    def reports(self) -> Reports:
        """Where to report. Raises UsageError for a value that names no report."""
        return Reports.of(self.report or ())


def _drops(option: str, values: Sequence[str] | None, specs: Sequence[Spec]) -> dict[str, float]:
    found = numbers_per_model(option, values, specs)
    for name, number in found.items():
        if number < 0:
            raise UsageError(f"{option} {name}={number:g}: a drop is a number from 0, whichever scores are better")
    return found
